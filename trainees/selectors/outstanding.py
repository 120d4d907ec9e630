"""What is not recorded, and what waits to be done: since when, whose it is, and where it is done."""

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Act, Change, User
from accounts.trail import as_known
from programs.access import Limits

from ..models import Cohort, SessionStaff, Sheet, TrainingSession, Unlisted
from ..progress import Need, Recorded, Status, recorded
from .loading import Entry, Moment, Person
from .progress import CohortView


class What(StrEnum):
    """What an item is about, in the order of the page."""

    REGISTER = "register"  # a register is open
    RESULTS = "results"  # results of an assessment are missing
    UNLISTED = "unlisted"  # somebody was there of whom nobody knows who they are
    SHEET = "sheet"  # a printed sheet has not come back
    COMPLETE = "complete"  # trainees meet all and are not completed
    RENEW = "renew"  # a pass or an exemption has ended, or ends soon


WORDS = {
    What.REGISTER: gettext_lazy("Registers open"),
    What.RESULTS: gettext_lazy("Results missing"),
    What.UNLISTED: gettext_lazy("People to be resolved"),
    What.SHEET: gettext_lazy("Sheets not entered"),
    What.COMPLETE: gettext_lazy("To be completed"),
    What.RENEW: gettext_lazy("To be renewed"),
}
RUN = (What.UNLISTED, What.COMPLETE)  # for those who run the program; the others for those who record
ONE_EACH = (What.REGISTER, What.RENEW)  # counted as one, however many people it is about


@dataclass(frozen=True)
class Item:
    """One thing to do. `n`: how many records, sheets or people it lacks; `people`: whose, as far as that is known.

    `since` is the day from which on it waits; of what ends soon, its last day.
    """

    what: What
    view: CohortView
    since: datetime.date
    today: datetime.date  # until when it has waited
    n: int
    people: Sequence[Person] = ()
    session: TrainingSession | None = None
    mine: bool = False  # the reader is on the staff of the session
    entry: Entry | None = None  # what is to be renewed
    ends: str = ""  # how: "expired", "due" (a pass), "ends" (an exemption)

    @property
    def cohort(self) -> Cohort:
        return self.view.cohort

    @property
    def counts(self) -> int:
        """What it adds to the number of its kind: registers and renewals count themselves, all others what they lack."""
        return 1 if self.what in ONE_EACH else self.n

    @property
    def days(self) -> int:
        """For how many days it has waited; of what ends soon, a negative number."""
        return (self.today - self.since).days

    @property
    def age(self) -> str:
        if self.days < 0:
            return _("until %(day)s") % {"day": date_format(self.since)}
        if self.days == 0:
            return _("since today")
        return ngettext("for %(n)s day", "for %(n)s days", self.days) % {"n": self.days}

    @property
    def may_do(self) -> bool:
        return bool(self.cohort.may_run if self.what in RUN else self.cohort.may_record)

    @property
    def module(self) -> str:
        return self.session.module.code if self.session else self.entry.code if self.entry else ""

    @property
    def sentence(self) -> str:
        said = {"n": self.n, "module": self.session.module.title if self.session else self.module}
        match self.what:
            case What.REGISTER if self.n:
                told = ngettext(
                    "Register of %(module)s open, %(n)s trainee not marked",
                    "Register of %(module)s open, %(n)s trainees not marked",
                    self.n,
                )
            case What.REGISTER:
                told = _("Register of %(module)s open, everybody marked")
            case What.RESULTS:
                told = ngettext("%(n)s result of %(module)s missing", "%(n)s results of %(module)s missing", self.n)
            case What.UNLISTED:
                told = ngettext(
                    "%(n)s person was at %(module)s and is not on its roster",
                    "%(n)s people were at %(module)s and are not on its roster",
                    self.n,
                )
            case What.SHEET:
                told = ngettext(
                    "%(n)s printed sheet of %(module)s not entered",
                    "%(n)s printed sheets of %(module)s not entered",
                    self.n,
                )
            case What.COMPLETE:
                told = ngettext(
                    "%(n)s trainee meets all and is not completed",
                    "%(n)s trainees meet all and are not completed",
                    self.n,
                )
            case What.RENEW:
                said["who"] = str(self.people[0])
                told = {
                    "expired": _("%(who)s: %(module)s has expired"),
                    "due": _("%(who)s: %(module)s is due to expire"),
                    "ends": _("%(who)s: the exemption from %(module)s ends"),
                }[self.ends]
        return told % said

    @property
    def link(self) -> str:
        """Where everybody can read it."""
        if self.session:
            return reverse("trainees:session_detail", args=[self._pk]) + (
                "#unlisted" if self.what is What.UNLISTED else ""
            )
        if self.what is What.COMPLETE:
            return reverse("trainees:cohort_progress", args=[self.cohort.slug]) + f"{self.view.link}&show=met"
        return reverse("trainees:cell", args=self._cell) + self.view.link

    @property
    def address(self) -> str:
        """Where it is done."""
        match self.what:
            case What.REGISTER:
                return reverse("trainees:session_register", args=[self._pk])
            case What.RESULTS:
                return reverse("trainees:session_results", args=[self._pk])
            case What.UNLISTED:
                return self.link
            case What.SHEET:
                return reverse("trainees:sheet_list")
            case What.COMPLETE:
                return reverse("trainees:cohort_closing", args=[self.cohort.slug])
            case What.RENEW:
                return reverse("trainees:record_create", args=self._cell)

    @property
    def button(self) -> str:
        return {
            What.REGISTER: _("Open register"),
            What.RESULTS: _("Record results"),
            What.UNLISTED: _("Say who"),
            What.SHEET: _("Enter sheet"),
            What.COMPLETE: _("Go to closing"),
            What.RENEW: _("Record a result"),
        }[self.what]

    @property
    def spoken(self) -> str:
        """What a button needs beside its words, for whoever hears one after the other."""
        return str(self.session or (self.cohort if self.what is What.COMPLETE else f"{self.people[0]} {self.module}"))

    @property
    def _pk(self) -> int:
        return self.session.pk if self.session else 0

    @property
    def _cell(self) -> list[str]:
        return [str(self.people[0].uuid), self.cohort.program.slug, self.module]

    def order(self) -> tuple[datetime.date, str, int, int]:
        """The oldest first."""
        return self.since, str(self.cohort), list(What).index(self.what), self._pk


@dataclass(frozen=True)
class Outstanding:
    """A page's items: `shown` is what its filters leave of them all."""

    items: Sequence[Item]
    shown: Sequence[Item]
    recorded: Recorded

    @property
    def counts(self) -> dict[What, int]:
        """By kind, what all items add up to: of registers and results, what lacks in `recorded`."""
        found = Counter[What]()
        for one in self.items:
            found[one.what] += one.counts
        return {what: found[what] for what in What if found[what]}


def outstanding_of(
    views: Sequence[CohortView], user: User, limits: Limits, *, what: str = "", mine: bool = False, now: bool = False
) -> Outstanding:
    """Everything outstanding in the cohorts of one program, the oldest first: three queries, four when the question looks back.

    Registers, results, completions and renewals are those of `views`; people to be resolved and printed sheets as they stood
    at the end of the same `known`. `now`: also of what was held after a cohort's last day. `what` and `mine` narrow it.
    """
    then, views = views, [view.now() for view in views] if now else views
    items = [item for of, view in zip(then, views, strict=True) for item in without_sessions(of, view.moment.as_of)]
    by_cohort = {view.cohort.pk: view for view in views}
    strangers, sheets = _counts(views, limits) if views else (Counter[int](), Counter[int]())
    wanted = {*strangers, *sheets, *(pk for view in views for pk in open_sessions(view))}
    own = Exists(SessionStaff.objects.filter(session=OuterRef("pk"), instructor__account=user.pk))
    rows = TrainingSession.objects.filter(pk__in=wanted, cohort__in=list(by_cohort)).annotate(own=own)
    for session in rows.select_related("module", "cohort__program"):
        view = by_cohort[session.cohort_id]
        items += of_session(view, session, strangers[session.pk], sheets[session.pk], mine=session.own)  # type: ignore[attr-defined]  # annotated
    items.sort(key=Item.order)
    shown = [one for one in items if what in ("", one.what) and (one.mine or not mine)]
    return Outstanding(items, shown, recorded([one for view in views for one in view.progress.sessions.values()]))


def open_sessions(view: CohortView) -> list[int]:
    """The sessions held whose register is open or whose results are missing."""
    return [pk for pk, one in view.progress.sessions.items() if not one.closed or one.results_missing]


def of_session(
    view: CohortView, session: TrainingSession, strangers: int, sheets: int, *, mine: bool
) -> Iterable[Item]:
    """What is outstanding at one session: a sheet only once it is held, somebody unlisted as soon as it has begun."""
    one, day = view.progress.sessions.get(session.pk), view.moment.day_of(session.ends_at)
    today = view.moment.as_of

    def item(what: What, since: datetime.date, n: int, people: Iterable[int] = ()) -> Item:
        return Item(what, view, since, today, n, _people(view, people), session, mine)

    if one and not one.closed:
        yield item(What.REGISTER, day, len(one.unmarked), one.unmarked)
    if one and one.results_missing:
        yield item(What.RESULTS, day, len(one.results_missing), one.results_missing)
    if strangers and session.starts_on <= today:
        yield item(What.UNLISTED, session.starts_on, strangers)
    if one and sheets:
        yield item(What.SHEET, day, sheets)


def without_sessions(view: CohortView, today: datetime.date) -> Iterable[Item]:
    """Whom to complete, and what to renew. A finished cohort does not decay."""
    progress = view.progress
    left = sorted(set(progress.meet_all).difference(progress.completed))
    if left:
        since = min(_met_on(view, one) for one in left)
        yield Item(What.COMPLETE, view, since, today, len(left), _people(view, left))
    if view.cohort.ends_on < view.cohort.today():
        return
    for trainee, of in progress.trainees.items():
        for module, standing in of.standings.items():
            ends = {"due": standing.due_to_expire, "ends": standing.exemption_ends}
            ends["expired"] = standing.status is Status.EXPIRED and standing.need is Need.REQUIRED
            for how, so in ends.items():
                if so and standing.holds_until:
                    yield Item(
                        What.RENEW, view, standing.holds_until, today, 1, [view.names.people[trainee]],
                        entry=view.entries[module], ends=how,
                    )  # fmt: skip


def _people(view: CohortView, trainees: Iterable[int]) -> list[Person]:
    return sorted((view.names.people[pk] for pk in trainees), key=lambda one: one.roll_number)


def _met_on(view: CohortView, trainee: int) -> datetime.date:
    """The day of the last pass that a trainee who meets all needed."""
    standings = view.progress.trainees[trainee].standings.values()
    deciding = {pk for one in standings for pk in one.deciding}
    lines = [line for of in view.evidence.get(trainee, {}).values() for line in of if line.id in deciding]
    return max((line.holds_from for line in lines), default=view.moment.as_of)


OPEN = Q(outcome=Unlisted.Outcome.OPEN)
OUT = Q(returned_at=None, lost_reason="")


def _counts(views: Sequence[CohortView], limits: Limits) -> tuple[Counter[int], Counter[int]]:
    """By session, how many people are to be resolved, and how many printed sheets have not come back."""
    program, moment = views[0].cohort.program_id, views[0].moment
    here = Q(session__cohort__in=[view.cohort for view in views])
    found: list[dict[int, dict[str, Any]]] = [
        {row["id"]: row for row in rows.filter(here).values()}
        for rows in (Unlisted.objects.filter(OPEN), Sheet.objects.filter(OUT))
    ]
    if moment.looks_back:
        found = _as_known(moment, program, found)
    strangers, sheets = found
    if program in limits:
        strangers = {}  # of whom nobody knows who they are, they are nobody's trainees
    return (
        Counter(row["session_id"] for row in strangers.values() if row["outcome"] == Unlisted.Outcome.OPEN),
        Counter(row["session_id"] for row in sheets.values() if row["returned_at"] is None and not row["lost_reason"]),
    )


def _as_known(moment: Moment, program: int, found: list[dict[int, dict[str, Any]]]) -> list[dict[int, dict[str, Any]]]:
    """The same rows as they stood at the end of `known`: one query to the trail."""
    tables: dict[str, type[models.Model]] = {one._meta.db_table: one for one in (Unlisted, Sheet)}
    acts = Act.objects.filter(scope=program, at__gte=moment.end_of(moment.known))
    changes = Change.objects.filter(act__in=acts, table__in=list(tables)).order_by("pk")
    noted: Mapping[str, list[tuple[str, Any]]] = {table: [] for table in tables}
    for table, row, before in changes.values_list("table", "row", "before"):
        noted[table].append((row, before))
    return [as_known(model, rows, noted[table]) for (table, model), rows in zip(tables.items(), found, strict=True)]
