"""What if the rule changes: what a cohort's page would say if the cohort followed another version of its curriculum.

The same rule is asked twice about the same rows, with what is asked now and with what the other version asks. So what is told
before somebody decides is what the pages say afterwards.
"""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.digest import digest
from programs.access import Limits
from programs.models import Curriculum, Program, Track

from ..models import Cohort
from ..progress import ModuleProgress, Share, Standing
from ..words import STATE, state_of
from .loading import Entry, Person, load_entries
from .progress import CohortView, cohort_views


@dataclass(frozen=True)
class Difference:
    """One thing that the two versions say otherwise of a module, each in words. `moves`: it can change a status by itself."""

    what: str
    before: str
    after: str
    moves: bool = True


@dataclass(frozen=True)
class ModuleEffect:
    """A module of either version: what is asked otherwise, its numbers before and after (None: not asked), statuses changed."""

    entry: Entry
    differences: list[Difference]
    before: ModuleProgress | None
    after: ModuleProgress | None
    statuses: int

    @property
    def bands(self) -> list[str]:
        return [one.band.value if one and one.band else "" for one in (self.before, self.after)]

    @property
    def shares(self) -> list[Share | None]:
        return [one.share if one else None for one in (self.before, self.after)]

    @property
    def changes(self) -> bool:
        return (
            bool(self.differences or self.statuses)
            or self.bands[0] != self.bands[1]
            or self.shares[0] != self.shares[1]
        )


@dataclass(frozen=True)
class CellEffect:
    """A trainee in a module: the state before and after ("": not asked), and whether it is required; why it changes."""

    person: Person
    entry: Entry
    before: str
    after: str
    required: tuple[bool, bool]
    why: str
    completed: bool  # the trainee has completed: what that stood on stays as it was

    @property
    def states(self) -> list[tuple[str, "str | Promise"]]:
        """Both, each in words; whether it is required where that changes."""
        changes = bool(self.before and self.after) and self.required[0] != self.required[1]
        return [
            (state, f"{_words(state)}, {_required(required)}" if changes else _words(state))
            for state, required in zip((self.before, self.after), self.required, strict=True)
        ]


@dataclass(frozen=True)
class Effect:
    """What a cohort's page says, and what it would say if the cohort followed `curriculum` from `since` on."""

    curriculum: Curriculum
    since: datetime.date
    before: CohortView
    after: CohortView
    modules: list[ModuleEffect]
    cells: list[CellEffect]

    @property
    def cohort(self) -> Cohort:
        return self.before.cohort

    @property
    def waits(self) -> bool:
        """Whether it takes effect only on a day to come; then it is told with what is recorded by now."""
        return self.since > self.cohort.today()

    @property
    def holds(self) -> bool:
        """Whether it is what the cohort follows then, and not something that was said of a later day."""
        return self.after.curriculum == self.curriculum.number

    @property
    def numbers(self) -> list[tuple["str | Promise", Share, Share]]:
        before, after = self.before.progress, self.after.progress
        return [
            (gettext_lazy("Requirements met"), before.coverage, after.coverage),
            (gettext_lazy("Trainees who meet all requirements"), before.meeting, after.meeting),
            (gettext_lazy("First-time GO"), before.first_time, after.first_time),
        ]

    @property
    def people(self) -> list[Person]:
        """Whose status changes in some module, each once."""
        return list(dict.fromkeys(one.person for one in self.cells))

    @property
    def meeting(self) -> tuple[list[Person], list[Person]]:
        """Who would meet all requirements and does not now; who would not and does."""
        now, then = (set(view.progress.meet_all) for view in (self.before, self.after))
        gained, lost = (sorted(self._named(who), key=lambda one: one.roll_number) for who in (then - now, now - then))
        return gained, lost

    @property
    def completed(self) -> list[Person]:
        """Who has completed here, and keeps the snapshot of it."""
        return sorted(self._named(self.before.progress.all_completed), key=lambda one: one.roll_number)

    def _named(self, trainees: Sequence[int] | set[int]) -> list[Person]:
        return [self.before.names.people[pk] for pk in trainees]

    @property
    def told(self) -> list[object]:
        """All that would change, in plain values."""
        cells = [[one.person.id, one.entry.code, one.before, one.after, *one.required] for one in self.cells]
        bands = [[one.entry.code, *one.bands] for one in self.modules if one.changes]
        people = [[one.id for one in of] for of in self.meeting]
        return [self.cohort.pk, self.before.curriculum, self.after.curriculum, self.since, cells, bands, people]


def effects_of(
    cohorts: Sequence[Cohort], curriculum: Curriculum, limits: Limits, since: datetime.date | None = None
) -> list[Effect]:
    """What would change in each of `cohorts`, of one program, if it followed `curriculum` from `since` on: seven queries.

    `curriculum` may be a draft: it is taken as published now. Without `since`, from the day that a cohort's pages tell about.
    A day to come is taken as that day: nobody knows yet what will be recorded by then.
    """
    if not cohorts:
        return []
    asked = load_entries(curriculum=curriculum.pk)
    tracks = dict(Track.objects.filter(program=curriculum.program_id).values_list("pk", "code"))
    found = []
    for before in cohort_views(cohorts, limits):
        day = before.moment.as_of
        from_ = since or day
        after = before.following(curriculum, day if from_ > before.cohort.today() else from_, asked)
        cells = list(_cells(before, after, tracks))
        found.append(Effect(curriculum, from_, before, after, list(_modules(before, after, cells, tracks)), cells))
    return found


def may_follow(program: Program, curriculum: Curriculum) -> list[Cohort]:
    """The cohorts that are not over and follow an older version than `curriculum` by now: two queries."""
    rows = Cohort.objects.filter(program=program).current().select_related("program", "act")
    found = []
    for one in rows.prefetch_related("curricula__curriculum").order_by("starts_on", "code"):
        lines = sorted((line for line in one.curricula.all() if not line.taken_back_at), key=lambda line: line.since)
        begun = [line for line in lines if line.since <= one.today()] or lines[:1]
        if begun and one.ends_on >= one.today() and begun[-1].curriculum.number < curriculum.number:
            found.append(one)
    return found


def digest_of(effects: Sequence[Effect]) -> str:
    """Equal where the same would change."""
    return digest("cohort.follow", [one.told for one in effects], "")


def _words(state: str) -> "str | Promise":
    return STATE[state] if state else _("not asked")


def _required(required: bool) -> str:
    return _("required") if required else _("elective")


def _entries(before: CohortView, after: CohortView) -> dict[int, Entry]:
    """Of both versions, in the order of the new one; what it does not ask any more comes last."""
    return {**after.entries, **{pk: entry for pk, entry in before.entries.items() if pk not in after.entries}}


def _modules(
    before: CohortView, after: CohortView, cells: Sequence[CellEffect], tracks: dict[int, str]
) -> Iterator[ModuleEffect]:
    for pk, entry in _entries(before, after).items():
        differences = list(_differences(before, after, pk, tracks))
        changed = sum(one.entry.module == pk for one in cells)
        now, then = before.progress.modules.get(pk), after.progress.modules.get(pk)
        yield ModuleEffect(entry, differences, now, then, changed)


def _differences(before: CohortView, after: CohortView, module: int, tracks: dict[int, str]) -> Iterator[Difference]:
    """What the two versions say otherwise of a module."""
    was, is_ = before.entries.get(module), after.entries.get(module)
    if was is None or is_ is None:
        now, then = (_required(one.required) if one else _("not asked") for one in (was, is_))
        yield Difference(_("Asked"), now, then)
        return
    codes = {pk: entry.code for pk, entry in _entries(before, after).items()}
    for what, moves, name, word in (
        (_("Asked"), True, "required", _required),
        (_("Tracks"), True, "tracks", lambda of: ", ".join(sorted(tracks[pk] for pk in of)) or _("all")),
        (_("Needs"), True, "needs", lambda of: ", ".join(sorted(codes[pk] for pk in of)) or "–"),
        (_("Pass mark"), False, "pass_mark", lambda mark: "–" if mark is None else f"{mark.normalize():f}"),
        (_("Valid"), False, "validity_months", _months),
        (_("Hours"), False, "hours", lambda hours: f"{hours.normalize():f}"),
        (_("Steps needed, %"), False, "steps_needed", lambda of: "–" if of is None else str(of)),
    ):
        one, other = getattr(was, name), getattr(is_, name)
        if one != other:
            yield Difference(what, word(one), word(other), moves)


def _months(n: int | None) -> str:
    return ngettext("%(n)s month", "%(n)s months", n) % {"n": n} if n else _("for ever")


def _cells(before: CohortView, after: CohortView, tracks: dict[int, str]) -> Iterator[CellEffect]:
    """Cells that would say something else, by roll number and in the order of the new version."""
    entries = _entries(before, after)
    why = {
        pk: [f"{one.what}: {one.before} → {one.after}" for one in _differences(before, after, pk, tracks) if one.moves]
        for pk in entries
    }
    completed = set(before.progress.all_completed)
    people = before.names.people
    for trainee in sorted(before.progress.trainees, key=lambda pk: people[pk].roll_number):
        was, is_ = (view.progress.trainees[trainee].standings for view in (before, after))
        for module, entry in entries.items():
            one, other = was.get(module), is_.get(module)
            if _said(one) != _said(other):
                required = (bool(one and one.need == "required"), bool(other and other.need == "required"))
                told = "; ".join(why[module]) or _("The tracks of the program changed.")
                now, then = (state_of(standing) if standing else "" for standing in (one, other))
                yield CellEffect(people[trainee], entry, now, then, required, told, trainee in completed)


def _said(standing: Standing | None) -> tuple[str, str]:
    return (state_of(standing), standing.need.value) if standing else ("", "")
