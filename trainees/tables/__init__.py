"""Pages about cohorts and trainees as tables: each function makes one of what its page shows (its context).

What a column means stands in docs/files.md. No table has a column for names.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.exports import Table

from ..progress import Share
from ..selectors.clock import zone_of

WHO = {"roll_number": _("Roll number"), "call_sign": _("Call sign")}
SHARE = {"met": _("How many"), "of": _("Of how many"), "percent": _("Per cent, rounded down")}


def who(person: Any) -> tuple[str, str]:
    """The columns WHO, of a trainee or of a person that stands for one."""
    return person.roll_number, person.call_sign


def share(of: Share) -> tuple[int, int, int | None]:
    """The columns SHARE."""
    return of.part, of.whole, of.percent


def of_cohort(
    page: Mapping[str, Any],
    what: str,
    title: str,
    columns: Mapping[str, Any],
    rows: Iterable[Sequence[Any]],
    **more: Any,
) -> Table:
    """A table about one cohort, of the days that its page tells about; `title` names it by `%(cohort)s`."""
    cohort, moment = page["cohort"], page.get("moment")
    if moment:
        more = {"as_of": moment.as_of, "known": moment.known} | more
    return Table(
        f"{what} {cohort.slug}", title % {"cohort": cohort}, columns, rows, zone=zone_of(cohort.program), **more
    )


def of_program(
    page: Mapping[str, Any],
    what: str,
    title: str,
    columns: Mapping[str, Any],
    rows: Iterable[Sequence[Any]],
    **more: Any,
) -> Table:
    """A table about one program; `title` names it by `%(program)s`. Without a day asked about, each cohort has its own."""
    program, moment = page["program"], page["moment"]
    days = {"as_of": moment.as_of, "known": moment.known} if moment else {"known": page["dates"].known}
    title %= {"program": program.code}
    return Table(f"{what} {program.code}", title, columns, rows, zone=zone_of(program), **days, **more)
