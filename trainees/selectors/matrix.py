"""The progress matrix: one row for each trainee, its cells as finished strings.

A cell in a template costs a hundred times one built here, and a page has thousands. Only integers, ISO dates, codes, UUIDs
and fixed words go into the strings, and the words are escaped once; what people typed goes through the template.
"""

from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from .. import progress
from ..words import FLAG, STATE, flags_of, state_of
from .loading import Entry, Person
from .progress import CohortView

SORTS = ("roll_number", "call_sign", "fewest", "most")
SHOWS = ("met", "one_short", "not_met", "overdue", "unrecorded", "completed", "no_track", "provisional")
MARKS = {"blocked": "blocked", "due": "due", "ends": "due", "outstanding": "dot"}  # the gravest first, with its glyph
_TAGS = {flag: f'<svg class="flag" aria-hidden="true"><use href="#i-{mark}"/></svg>' for flag, mark in MARKS.items()}


@dataclass(frozen=True)
class Filters:
    """What the address asks to see. Whatever is unknown there asks for nothing."""

    track: str = ""
    group: str = ""
    status: str = ""
    show: str = ""
    sort: str = "roll_number"

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "Filters":
        def one(name: str, among: Container[str], otherwise: str = "") -> str:
            value = asked.get(name, "")
            return value if value in among else otherwise

        return cls(
            track=asked.get("track", ""),
            group=asked.get("group", ""),
            status=one("status", {*STATE, *FLAG}),
            show=one("show", SHOWS),
            sort=one("sort", SORTS, "roll_number"),
        )


@dataclass(frozen=True)
class Row:
    person: Person
    address: str
    progress: progress.TraineeProgress
    track: str
    cells: SafeString


@dataclass(frozen=True)
class Column:
    entry: Entry
    module: progress.ModuleProgress


@dataclass(frozen=True)
class Matrix:
    """The rows that `filters` leave, the columns, and how many cells are in each state before the filter by state."""

    rows: list[Row]
    columns: list[Column]
    counts: Mapping[str, int]
    flags: Mapping[str, int]
    cells: int
    tracks: list[tuple[str, str]]
    groups: list[tuple[str, str]]
    filters: Filters


def matrix(view: CohortView, filters: Filters) -> Matrix:
    """The matrix of a cohort. No query: `view` has all of it."""
    shown = [one for one in view.progress.trainees.values() if _wanted(view, one, filters)]
    states = {
        one.trainee: {module: (state_of(standing), flags_of(standing)) for module, standing in one.standings.items()}
        for one in shown
    }
    counts = Counter(state for of in states.values() for state, _flags in of.values())
    flags = Counter(flag for of in states.values() for _state, flags in of.values() for flag in flags)
    if filters.status:
        shown = [
            one
            for one in shown
            if any(filters.status == state or filters.status in flags for state, flags in states[one.trainee].values())
        ]
    columns = [Column(view.entries[module], of) for module, of in view.progress.modules.items()]
    base = reverse("trainees:trainee_list")
    labels = {name: escape(str(words)) for name, words in {**STATE, **FLAG}.items()}
    program = view.cohort.program.slug
    return Matrix(
        rows=[
            Row(
                person := view.names.people[one.trainee],
                f"{base}{person.uuid}/",
                one,
                view.names.tracks[one.place.track][0] if one.place and one.place.track else "",
                _cells(
                    one, columns, states[one.trainee], f"{base}{person.uuid}/{program}/", view.link, labels, filters
                ),
            )
            for one in sorted(shown, key=_order(view, filters.sort))
        ],
        columns=columns,
        counts={state: counts[state] for state in STATE},
        flags={flag: flags[flag] for flag in FLAG if flags[flag]},
        cells=sum(counts.values()),
        tracks=_present(view, "track", view.names.tracks),
        groups=_present(view, "group", view.names.groups),
        filters=filters,
    )


def _cells(
    one: progress.TraineeProgress,
    columns: Sequence[Column],
    states: Mapping[int, tuple[str, Sequence[str]]],
    base: str,
    link: str,
    labels: Mapping[str, str],
    filters: Filters,
) -> SafeString:
    link = link.replace("&", "&amp;")
    cells = []
    for column in columns:
        found = states.get(column.entry.module)
        edge = "" if column.entry.required else ' class="elective"'
        if found is None:
            cells.append(f"<td{edge}></td>")
            continue
        state, flags = found
        attempts = len(one.standings[column.entry.module].attempts)
        words = ", ".join([labels[state], *(labels[flag] for flag in flags)])
        hit = " off" if filters.status and filters.status != state and filters.status not in flags else ""
        gravest = next((_TAGS[flag] for flag in MARKS if flag in flags), "")
        more = gravest + (f"<sup>{attempts}</sup>" if attempts > 1 else "")
        cells.append(
            f'<td{edge}><a class="s s-{state}{hit}" href="{base}{column.entry.code}/{link}" title="{words}" '
            f'aria-label="{words}"><svg aria-hidden="true"><use href="#i-{state}"/></svg>{more}</a></td>'
        )
    return mark_safe("".join(cells))  # noqa: S308  made of codes, UUIDs, ISO dates and escaped words only


def _wanted(view: CohortView, one: progress.TraineeProgress, filters: Filters) -> bool:
    place = one.place
    if filters.track and (place is None or view.names.tracks.get(place.track or 0, ("",))[0] != filters.track):
        return False
    if filters.group and (place is None or view.names.groups.get(place.group or 0, ("",))[0] != filters.group):
        return False
    return {
        "": True,
        "met": one.requirements_met,
        "one_short": len(one.required) - len(one.satisfied) == 1,
        "not_met": not one.requirements_met,
        "overdue": one.trainee in view.overdue,
        "unrecorded": one.trainee in view.unrecorded,
        "completed": one.trainee in view.progress.completed,
        "no_track": one.no_track,
        "provisional": one.provisional,
    }[filters.show]


def _order(view: CohortView, sort: str) -> Callable[[progress.TraineeProgress], tuple[float | str, ...]]:
    people = view.names.people

    def key(one: progress.TraineeProgress) -> tuple[float | str, ...]:
        person, share = people[one.trainee], one.share
        part = share.part / share.whole if share.whole else -1
        return {
            "roll_number": (person.roll_number,),
            "call_sign": (person.call_sign.casefold(), person.roll_number),
            "fewest": (part, person.roll_number),
            "most": (-part, person.roll_number),
        }[sort]

    return key


def _present(view: CohortView, what: str, names: Mapping[int, tuple[str, str]]) -> list[tuple[str, str]]:
    """The tracks or groups that somebody counted is in, by code."""
    here = {getattr(one.place, what) for one in view.progress.trainees.values() if one.place}
    return sorted(names[pk] for pk in here if pk is not None)
