"""What a coordinator decides about a trainee's module: that it was met before, or is not asked."""

import datetime
from functools import partial

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.acts import Key, perform
from accounts.models import Act, User
from programs.access import must_run
from programs.models import Program, SkillModule

from ..models import Record, Trainee
from ..selectors.cells import load_cell
from .records import append_record


def _grant(
    kind: Record.Kind,
    *,
    user: User,
    key: Key,
    trainee: Trainee,
    program: Program,
    module: SkillModule,
    seen: Key,
    holds_from: datetime.date,
    authority: str,
    holds_until: datetime.date | None = None,
    reason: str = "",
    voids: Record | None = None,
) -> Record:
    """From a day and perhaps until one (both inclusive), on somebody's authority.

    `seen` is the key of the cell's last record, "" for none; `voids` a record of the cell whose place this one takes.
    """

    def do(act: Act) -> None:
        must_run(user, program)
        cell = load_cell(trainee, program, module, holds_from, expected=True)
        errors: dict[str, str] = {}
        if holds_from > cell.today:
            errors["holds_from"] = _("This day has not come yet.")
        if holds_until is not None and holds_until < holds_from:
            errors["holds_until"] = _("The last day cannot be before the first.")
        if not authority.strip():
            errors["authority"] = _("Name the authority that decided it.")
        if kind == Record.Kind.EXEMPTION and not reason.strip():
            errors["reason"] = _("Say why.")
        if errors:
            raise ValidationError(errors)
        append_record(
            act,
            cell,
            seen,
            kind=kind,
            holds_from=holds_from,
            holds_until=holds_until,
            authority=authority,
            reason=reason,
            voids=voids,
        )

    body = [trainee, program, module, str(seen), holds_from, holds_until, authority, voids]
    act = perform(user=user, key=key, kind=f"record.{kind}", body=body, do=do, reason=reason, scope=program.pk)
    return act.made(Record)


credit = partial(_grant, Record.Kind.CREDIT)  # what was met before is recognised here
exempt = partial(_grant, Record.Kind.EXEMPTION)  # the module is not asked of this trainee; the reason is needed
