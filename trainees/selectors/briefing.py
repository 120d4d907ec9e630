"""The briefing of a program: its running cohorts on one page. That of a cohort is its overview with a chart."""

from collections.abc import Sequence
from dataclasses import dataclass

from programs.access import Limits
from programs.models import Program

from ..models import Cohort, TrainingSession
from .attention import Case, ranked
from .bottom_line import (
    BottomLine,
    Together,
    bottom_line_of,
    last_over,
    missing_of,
    program_bottom_line,
)
from .loading import Entry, Moment
from .over_time import MOST, Chart, program_over_time
from .overview import ModuleLine, module_lines, newest_ratings, next_sessions
from .progress import CohortView, cohort_views

FEW = 5  # who stand on a briefing as those to look after first


@dataclass(frozen=True)
class CohortRow:
    """A cohort of the program, `counts` whether the program's sentence counts it: one that runs, and not for practice."""

    view: CohortView
    line: BottomLine
    counts: bool

    @property
    def results_missing(self) -> int:
        return missing_of(self.view)


@dataclass(frozen=True)
class ProgramBriefing:
    line: BottomLine
    rows: list[CohortRow]
    together: Together  # of those that the sentence counts
    first: Sequence[
        tuple[CohortView, Case]
    ]  # the gravest of those whom the sentence counts, as many as stand on the page
    bands: list[tuple[Entry, list[ModuleLine | None]]]  # by module, one for each row
    chart: Chart | None
    next_sessions: list[TrainingSession]


def program_briefing(
    program: Program, cohorts: Sequence[Cohort], limits: Limits, moment: Moment, asked: Moment | None
) -> ProgramBriefing:
    """Its cohorts that run on the day of `moment`; where there is none but for practice, the one that ended last too.

    `cohorts` are all of the program that count; `asked` is None where the address asks for no day. Seven queries, six for one
    cohort, one more to look back.
    """
    shown = [one for one in cohorts if one.runs_on(moment.as_of)]
    if all(one.practice for one in shown) and (over := last_over(cohorts, moment)):
        shown.insert(0, over)
    views = cohort_views(shown, limits, asked.as_of if asked else None, moment.known)
    ratings = newest_ratings(views)
    lines = {view.cohort.pk: bottom_line_of(view, ratings[view.cohort.pk]) for view in views}
    rows = [
        CohortRow(view, lines[view.cohort.pk], view.cohort.runs_on(moment.as_of) and not view.cohort.practice)
        for view in views
    ]
    modules = [{one.entry.code: one for one in module_lines(view, ratings[view.cohort.pk])} for view in views]
    entries = {code: one.entry for of in reversed(modules) for code, one in of.items()}
    counted = [row.view for row in rows if row.counts]
    drawn = program_over_time(views[:MOST])
    return ProgramBriefing(
        line=program_bottom_line(program, moment, views, lines, cohorts),
        rows=rows,
        together=Together.of(counted, lines),
        first=ranked((view, lines[view.cohort.pk].attention) for view in counted)[:FEW],
        bands=[
            (entry, [of.get(entry.code) for of in modules])
            for entry in sorted(entries.values(), key=lambda one: (one.position, one.code))
        ],
        chart=drawn.chart if drawn else None,
        next_sessions=list(next_sessions(views)),
    )
