"""A file of one kind, rehearsed and imported: for pages and the command line alike."""

import hashlib
import io
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from accounts.acts import Key
from accounts.imports import Report, recognised, run
from accounts.models import User
from accounts.spreadsheets import Spreadsheet, read
from programs.imports import OfProgram
from programs.models import Program

from ..models import Cohort
from . import KINDS

Tell = Callable[[int], object]


@dataclass
class File:
    """A file, and what it is taken for. `mapping`: by heading, the column it stands for; `decided`: by line, what was decided."""

    kind: type[OfProgram]
    program: Program
    content: bytes
    cohort: Cohort | None = None
    mapping: Mapping[str, str] | None = None
    decided: Mapping[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.table: Spreadsheet = read(io.BytesIO(self.content))
        if self.mapping is None:
            self.mapping = recognised(self.kind.columns, self.table.columns)

    @property
    def missing(self) -> list[Any]:
        """The columns that have to be there and are not."""
        there = set((self.mapping or {}).values())
        return [one for one in self.kind.columns if one.needed and one.name not in there]

    @property
    def unknown(self) -> list[str]:
        """The headings that stand for nothing."""
        return [heading for heading in self.table.columns if heading not in (self.mapping or {})]

    def rehearse(self, user: User, tell: Tell = lambda n: None) -> Report:
        """What an import would do. Nothing of it stays."""
        return self._run(user, uuid.uuid4(), tell, rehearse=True)

    def import_for(self, user: User, key: Key, expected: str, tell: Tell = lambda n: None) -> Report:
        """Do it, as the act `key`; `expected` is the digest of what was rehearsed."""
        return self._run(user, key, tell, expected=expected)

    def _run(self, user: User, key: Key, tell: Tell, **how: Any) -> Report:
        about: dict[str, Any] = {"program": self.program}
        if self.cohort is not None:
            about["cohort"] = self.cohort
        return run(
            partial(self.kind, **about),
            self.table,
            self.mapping or {},
            user=user,
            key=key,
            kind=f"import.{self.kind.name}",
            body=[hashlib.sha256(self.content).hexdigest(), self.mapping, sorted(self.decided.items()), self.cohort],
            scope=self.program.pk,
            decided=self.decided,
            tell=tell,
            **how,
        )


def kinds_for(program: Program) -> dict[str, type[OfProgram]]:
    """The kinds that the reader of `program`, fetched with rights, may import there."""
    mine = KINDS if program.may_run else {name: KINDS[name] for name in ("attendance", "results")}
    return dict(mine) if program.may_record else {}
