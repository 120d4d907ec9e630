"""Completions as they stood: entered, revoked, and whether what they stood on was declared wrong since."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from programs.access import Limits

from .. import progress
from ..models import Completion
from .loading import Moment
from .merging import MERGE


@dataclass(frozen=True)
class Completed:
    """One completion on a day. `under_review`: a record that it stood on was voided. `name`: empty unless asked for."""

    completion: Completion
    revoked: bool
    under_review: bool
    name: str = ""


def completions_on(
    moment: Moment, limits: Limits, evidence: Mapping[int, Mapping[int, Iterable[progress.Evidence]]], **which: Any
) -> list[Completed]:
    """The completions that `which` filters and that were known at `moment`, by roll number: one query.

    One that goes on under another number is told there. `evidence` by trainee and module. The snapshot tells when a completion
    was entered: its act may be the revocation's.
    """
    rows = Completion.objects.within(limits).filter(completed_on__lte=moment.as_of, **which)
    found = []
    for row in rows.select_related("act__user", "trainee", "cohort__program").order_by("trainee__roll_number", "pk"):
        if row.snapshot.get("known", "") > moment.known.isoformat():
            continue
        stood_on = {record for module in row.snapshot["modules"] for record in module["records"]}
        lines = [line for of in evidence.get(row.trainee_id, {}).values() for line in of]
        revoked = row.revoked_on is not None and row.revoked_on <= moment.as_of and moment.knows(row.act.at)
        if revoked and row.act.kind == MERGE:
            continue  # it stands under the number that was kept
        found.append(Completed(row, revoked, bool(progress.voided_since(stood_on, lines, moment.known))))
    return found
