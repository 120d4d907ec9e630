"""The result sheet of a cohort, trainees by modules: its cells as finished strings, for the reasons told in matrix.py."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Case, Value, When
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from programs.access import EVERYBODY
from programs.models import Instructor

from .. import progress
from ..models import Cohort, Record
from ..words import STATE, state_of
from .loading import Acts, Entry, Moment, Names, Person, load_entries_of, load_evidence, load_places, of_cohorts
from .registers import load_registers

ENTERED = {"go": _("GO"), "no_go": _("NO-GO"), "not_assessed": _("N/A")}  # what a small cell shows of a result


@dataclass(frozen=True)
class Row:
    """`values` say of each cell what `cells` show: what was entered on the day, in capitals, else the state."""

    person: Person
    group: str
    cells: SafeString
    values: list[str]


@dataclass(frozen=True)
class CohortSheet:
    """What the sheet shows on a day. `tracks` and `groups`: code and title of those that somebody is in."""

    day: datetime.date
    columns: list[Entry]
    modules: list[Entry]  # before the filter
    rows: list[Row]
    tracks: list[tuple[str, str]]
    groups: list[tuple[str, str]]
    assessors: list[Instructor]
    marked: int
    cells: int


def cohort_sheet(cohort: Cohort, reader: User, day: datetime.date, asked: Mapping[str, str]) -> CohortSheet:
    """Whoever counts in `cohort` on `day`, narrowed by `track`, `group` and `module` (codes): five queries. For recorders.

    A cell shows the result that was entered on the day, which a mark corrects; else how the trainee stood.
    """
    moment = Moment.of(cohort.program, day)
    program = {cohort.program_id: moment}
    names = Names()
    acts: Acts = {}
    places = load_places(program, EVERYBODY, names, trainee__in=of_cohorts([cohort.pk])).get(cohort.program_id, {})
    entries, tracks = load_entries_of(cohort.pk, moment)
    evidence = load_evidence(program, EVERYBODY, acts, trainee__in=of_cohorts([cohort.pk])).get(cohort.program_id, {})
    ever = {cohort.pk} | {place.cohort for line in places.values() for place in line}
    found = load_registers(
        {cohort.program: moment}, EVERYBODY, ever, of_cohorts([cohort.pk]), {cohort.program_id: places}
    )
    registers = found[cohort.program_id].registers
    seats = progress.call(registers, moment.as_of, moment.known).trainees
    here = {
        trainee: place
        for trainee, line in places.items()
        if (place := progress.place_on(line, day, moment.known))
        and place.cohort == cohort.pk
        and place.status in progress.COUNTED
    }
    shown = {
        trainee: place
        for trainee, place in here.items()
        if _is(asked.get("track"), names.tracks.get(place.track or 0))
        and _is(asked.get("group"), names.groups.get(place.group or 0))
    }
    columns = [entry for entry in entries if asked.get("module", "") in ("", entry.code)]
    cells = _Cells(cohort, moment, columns, entries, tracks, acts)
    rows = [
        Row(
            names.people[trainee],
            names.groups[place.group][1] if place.group else "",
            *cells.of(names.people[trainee], place.track, evidence.get(trainee, {}), seats.get(trainee, ())),
        )
        for trainee, place in sorted(shown.items(), key=lambda item: names.people[item[0]].roll_number)
    ]
    mine = Case(When(account=reader.pk, then=Value(0)), default=Value(1))
    return CohortSheet(
        day=moment.as_of,
        columns=columns,
        modules=entries,
        rows=rows,
        tracks=sorted({names.tracks[place.track] for place in here.values() if place.track}),
        groups=sorted({names.groups[place.group] for place in here.values() if place.group}),
        assessors=list(Instructor.objects.assessing(cohort.program).order_by(mine, "call_sign", "pk")),
        marked=cells.marked,
        cells=cells.all,
    )


def _is(code: str | None, named: tuple[str, str] | None) -> bool:
    return not code or (named is not None and named[0] == code)


class _Cells:
    """Makes the cells of one row after the other, and counts them."""

    def __init__(
        self,
        cohort: Cohort,
        moment: Moment,
        columns: Sequence[Entry],
        entries: Sequence[Entry],
        tracks: frozenset[int],
        acts: Acts,
    ):
        self.moment, self.columns, self.tracks, self.acts = moment, columns, tracks, acts
        self.requirements = [entry.requirement for entry in entries]
        self.base = reverse("trainees:trainee_list")
        self.program = cohort.program.slug
        self.states = {name: escape(str(words)) for name, words in STATE.items()}
        self.words = {kind.value: escape(str(kind.label)) for kind in Record.Kind}
        self.entered = {value: escape(str(words)) for value, words in ENTERED.items()}
        self.asked_of: dict[int | None, dict[int, progress.Requirement]] = {}
        self.marked = self.all = 0

    def of(
        self,
        person: Person,
        track: int | None,
        evidence: Mapping[int, list[progress.Evidence]],
        seats: Sequence[progress.Seat],
    ) -> tuple[SafeString, list[str]]:
        if track not in self.asked_of:
            self.asked_of[track] = progress.asked_of(track, self.requirements, self.tracks)
        asked = self.asked_of[track]
        day, known = self.moment.as_of, self.moment.known
        attended: dict[int, tuple[int, ...]] = {}
        for seat in seats:
            if seat.attended:
                attended[seat.session.module] = (*attended.get(seat.session.module, ()), seat.session.id)
        standings = {
            module: progress.assess(
                module,
                progress.Need.REQUIRED,
                evidence.get(module, ()),
                as_of=day,
                known=known,
                attended=attended.get(module, ()),
            )
            for module in asked
        }
        open_ = {module for module, one in standings.items() if not (one.satisfied or one.status == "exempt")}
        who, base = escape(str(person)), f"{self.base}{person.uuid}/{self.program}/"
        cells, values = [], []
        for entry in self.columns:
            if entry.module not in asked:
                cells.append("<td></td>")
                values.append("")
                continue
            lines = evidence.get(entry.module, [])
            missing = asked[entry.module].prerequisites & open_ if entry.module in open_ else frozenset()
            standing = standings[entry.module]._replace(blocked_by=tuple(sorted(missing)))
            cell, value = self._cell(entry, f"{base}{entry.code}/", f"{who}, {entry.code}", lines, standing)
            cells.append(cell)
            values.append(value)
        return mark_safe("".join(cells)), values  # noqa: S308  codes, UUIDs, ISO dates, fixed and escaped words only

    def _cell(
        self, entry: Entry, base: str, label: str, lines: list[progress.Evidence], standing: progress.Standing
    ) -> tuple[str, str]:
        seen = str(self.acts[lines[-1].id][0]) if lines else ""
        now = progress.entered(lines, None, self.moment.as_of) if lines else None
        state, value = state_of(standing), now.kind.value if now else ""
        self.all += 1
        self.marked += bool(value)
        told = f'<span class="visually-hidden">{self.states[state]}</span>'
        inner = (
            f'<b class="v v-{value}">{self.entered[value]}</b>'
            if value
            else f'<svg aria-hidden="true"><use href="#i-{state}"/></svg>{told}'
        )
        attempts = len(standing.attempts)
        more = f"<sup>{attempts}</sup>" if attempts > 1 else ""
        score = f' data-pass-mark="{entry.pass_mark.normalize():f}"' if entry.pass_mark is not None else ""
        blocked = " data-blocked" if standing.blocked_by else ""
        html = (
            f'<td><a class="s s-{state}" href="{base}record/?day={self.moment.as_of.isoformat()}" '
            f'data-cell="{base}mark/" data-seen="{seen}" data-value="{value}" data-label="{label}"{score}{blocked} '
            f'title="{label}: {self.words.get(value) or self.states[state]}">{inner}{more}</a></td>'
        )
        return html, value.upper() or state
