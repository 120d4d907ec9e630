"""A cohort over time, and the cohorts of a program by day of course: the charts of a page, each with the table behind it."""

import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ..charts import Line, drawn, fields, place, ticks
from ..progress import DayProgress, OverTime, Share
from .loading import Entry
from .progress import CohortView

Numbers = dict[str, Callable[[DayProgress], Share]]  # by the name of its line

MOST = 8  # cohorts in one chart: more lines nobody tells apart


class Field(NamedTuple):
    """Where a chart can be touched: a day leads to its page."""

    x: str
    width: str
    words: str
    link: str


class Row(NamedTuple):
    """A day in the table behind a chart. `link`: the dates of that day, as its page takes them."""

    words: str
    link: str
    cells: list[tuple[Share, str]]  # each with a link of its own, if it has one


@dataclass(frozen=True)
class Chart:
    """What components/chart.html shows. `now`: where the day stands that the numbers are about, unless at the end."""

    key: str
    title: str
    lines: list[Line]
    ticks: list[tuple[str, str]]
    fields: list[Field]
    columns: list[str]
    rows: list[Row]
    now: str = ""


@dataclass(frozen=True)
class ModuleLine:
    """A module of a cohort: its chart, and how its number went, day by day."""

    entry: Entry
    line: Line
    days: list[tuple[datetime.date, Share]]


@dataclass(frozen=True)
class CohortOverTime:
    days: Sequence[DayProgress]
    charts: list[Chart]
    modules: list[ModuleLine]
    unplanned: list[Entry]  # required of somebody, and no session is planned


def cohort_over_time(view: CohortView) -> CohortOverTime | None:
    """How a cohort came to the numbers of `view`; None before its first day. No query: `view` has all of it."""
    found = view.over_time()
    if found is None:
        return None
    scale = _Scale(view)
    last = found.days[-1].modules
    meeting: Numbers = {_("meet all"): lambda day: day.meeting}
    if any(day.completed.part for day in found.days):
        meeting[_("completed")] = lambda day: Share(day.completed.part, day.counted)
    charts = [
        scale.met(found),
        scale.chart("all", _("Trainees who meet all requirements"), found, meeting),
        scale.chart("first", _("First-time GO"), found, {_("GO"): lambda day: day.first_time}),
        scale.chart("attendance", _("Attendance"), found, {_("attended"): lambda day: day.attendance}),
    ]
    return CohortOverTime(
        days=found.days,
        charts=charts,
        modules=[line for entry in view.entries.values() if (line := scale.module(entry, found))],
        unplanned=[one for pk, one in view.entries.items() if last[pk].whole and pk not in found.plan],
    )


def met_over_time(view: CohortView) -> Chart | None:
    """The first of these charts alone: requirements met against the plan."""
    found = view.over_time()
    return _Scale(view).met(found) if found else None


class _Scale:
    """The days of one cohort, from its first to its last, or to the one asked about."""

    def __init__(self, view: CohortView) -> None:
        self.first, self.ends_on = view.cohort.starts_on, view.cohort.ends_on
        self.as_of, self.known = view.moment.as_of, view.moment.known
        self.length = self.number(max(self.ends_on, self.as_of))
        self.ticks = [
            (place(n, self.length), date_format(self.first + datetime.timedelta(n - 1), "j M"))
            for n in ticks(self.length)
        ]

    def number(self, day: datetime.date) -> int:
        """Which day of the course it is."""
        return (day - self.first).days + 1

    def met(self, found: OverTime) -> Chart:
        """Requirements met, and how many should be by the plan."""
        ahead = list(found.ahead(max(self.ends_on, self.as_of)))
        return self.chart("met", _("Requirements met"), found, {_("met"): lambda day: day.coverage}, _("plan"), ahead)

    def chart(
        self,
        key: str,
        title: str,
        found: OverTime,
        numbers: Numbers,
        plan: str = "",
        ahead: Sequence[tuple[datetime.date, Share]] = (),
    ) -> Chart:
        """One line for each of `numbers`; with `plan`, named so, one for what was planned."""
        named = {name: [(self.number(day.day), of(day)) for day in found.days] for name, of in numbers.items()}
        columns = dict(numbers)
        if plan and found.plan:
            named[plan] = [(self.number(day.day), day.planned) for day in found.days]
            named[plan] += [(self.number(day), share) for day, share in ahead]
            columns[plan] = lambda day: day.planned
        rows = []
        before: list[Share] = []
        for day in found.days:
            cells = [of(day) for of in columns.values()]
            if cells != before or day is found.days[-1]:
                rows.append((day.day, cells))
            before = cells
        places = fields([self.number(day) for day, _cells in rows], self.length)
        return Chart(
            key=key,
            title=title,
            lines=drawn(named.items(), self.length),
            ticks=self.ticks,
            fields=[
                Field(x, width, date_format(day), self.link(day))
                for (day, _cells), (x, width) in zip(rows, places, strict=True)
            ],
            columns=list(columns),
            rows=[Row(date_format(day), self.link(day), [(cell, "") for cell in cells]) for day, cells in rows],
            now=place(self.number(self.as_of), self.length) if self.number(self.as_of) < self.length else "",
        )

    def link(self, day: datetime.date) -> str:
        return f"?as_of={day.isoformat()}&known={self.known.isoformat()}"

    def module(self, entry: Entry, found: OverTime) -> ModuleLine | None:
        """The line of one module, where it is required of somebody."""
        days = [(day.day, day.modules.get(entry.module, Share(0, 0))) for day in found.days]
        changed = [one for n, one in enumerate(days) if not n or one[1] != days[n - 1][1]]
        lines = drawn([(entry.code, [(self.number(day), share) for day, share in days])], self.length)
        return ModuleLine(entry, lines[0], changed) if lines else None


# ---- the cohorts of a program


@dataclass(frozen=True)
class ProgramOverTime:
    chart: Chart
    days: list[tuple[CohortView, int, DayProgress]]  # each cohort's days, with their number in the course


def program_over_time(views: Iterable[CohortView]) -> ProgramOverTime | None:
    """The requirements met in several cohorts, laid over each other by day of course; None where none has begun. No query."""
    begun = [(view, found) for view in views if (found := view.over_time())]
    if not begun:
        return None
    days = [(view, (day.day - view.cohort.starts_on).days + 1, day) for view, found in begun for day in found.days]
    courses = {view.cohort.pk: (view.cohort.ends_on - view.cohort.starts_on).days + 1 for view, _found in begun}
    length = max([*courses.values(), *(n for _view, n, _day in days)])
    of = {
        view.cohort.pk: [(n, day) for other, n, day in days if other is view] for view, _found in begun
    }  # by cohort, its days
    rows = []
    for n in sorted({n for _view, n, _day in days}):
        cells = []
        for view, _found in begun:
            day = next((day for number, day in reversed(of[view.cohort.pk]) if number <= n), None)
            over = n > of[view.cohort.pk][-1][0]
            if day is None or over:
                cells.append((Share(0, 0), ""))
                continue
            page = reverse("trainees:cohort_progress", args=[view.cohort.slug])
            cells.append((day.coverage, f"{page}?as_of={day.day.isoformat()}&known={view.moment.known.isoformat()}"))
        rows.append(Row(_("day %(n)s") % {"n": n}, "", cells))
    names = [_("cohort %(code)s") % {"code": view.cohort.code} for view, _found in begun]
    lines = [[(n, day.coverage) for n, day in of[view.cohort.pk]] for view, _found in begun]
    return ProgramOverTime(
        Chart(
            key="cohorts",
            title=_("Requirements met, by day of course"),
            lines=drawn(zip(names, lines, strict=True), length),
            ticks=[(place(n, length), _("day %(n)s") % {"n": n}) for n in ticks(length)],
            fields=[],
            columns=names,
            rows=rows,
        ),
        days,
    )
