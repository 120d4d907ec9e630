"""Curriculum versions: drafted, published, then never edited."""

from collections.abc import Callable, Collection, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Manager, Max
from django.utils.translation import gettext as _

from accounts.acts import Key, add, change, perform, remove
from accounts.fields import Row
from accounts.models import Act, User
from programs.access import must_run

from ..models import Curriculum, CurriculumEntry, EntryTrack, PerformanceStep, Prerequisite, Program, SkillModule, Track

COPIED = ("module", "position", "required", "hours", "pass_mark", "validity_months", "steps_needed")
Step = tuple[str, bool]  # title, whether it is critical


def create_curriculum(
    *, user: User, key: Key, program: Program, copy_of: Curriculum | None = None, note: str = ""
) -> Curriculum:
    """The next version of a program's curriculum, as a draft: empty, or with everything of an earlier version."""

    def do(act: Act) -> None:
        must_run(user, program)
        if copy_of is not None and copy_of.program_id != program.pk:
            raise ValidationError({"copy_of": _("Copy a version of the same program.")})
        last = Curriculum.objects.filter(program=program).aggregate(n=Max("number"))["n"] or 0
        curriculum = add(Curriculum(program=program, number=last + 1, note=note), act)
        if copy_of is not None:
            _copy(act, copy_of, curriculum)

    body = [program, copy_of, note]
    act = perform(user=user, key=key, kind="curriculum.create", body=body, do=do, scope=program.pk)
    return act.made(Curriculum)


def _copy(act: Act, source: Curriculum, target: Curriculum) -> None:
    new = {}
    for entry in source.entries.all():
        new[entry.pk] = add(CurriculumEntry(curriculum=target, **{name: getattr(entry, name) for name in COPIED}), act)
        for link in entry.for_tracks.all():
            add(EntryTrack(entry=new[entry.pk], track_id=link.track_id), act)
        for step in entry.steps.all():
            add(
                PerformanceStep(entry=new[entry.pk], position=step.position, title=step.title, critical=step.critical),
                act,
            )
    for needed in Prerequisite.objects.filter(entry__curriculum=source):
        add(Prerequisite(entry=new[needed.entry_id], needs=new[needed.needs_id]), act)


def update_curriculum(*, user: User, key: Key, curriculum: Curriculum, seen: Key, note: str) -> Curriculum:
    """Change a draft's note."""

    def do(act: Act) -> None:
        _must_draft(user, curriculum)
        curriculum.note = note
        change(curriculum, act, seen=seen)

    body = [curriculum.pk, note]
    perform(user=user, key=key, kind="curriculum.change", body=body, do=do, scope=curriculum.program_id)
    return curriculum


def add_entry(
    *,
    user: User,
    key: Key,
    curriculum: Curriculum,
    module: SkillModule,
    tracks: Iterable[Track] = (),
    prerequisites: Iterable[CurriculumEntry] = (),
    steps: Iterable[Step] = (),
    **fields: Any,
) -> CurriculumEntry:
    """A module at the end of a draft. `steps`: pairs of title and whether it is critical."""
    tracks, prerequisites, steps = list(tracks), list(prerequisites), list(steps)

    def do(act: Act) -> None:
        _must_draft(user, curriculum)
        last = curriculum.entries.aggregate(n=Max("position"))["n"] or 0
        entry = add(CurriculumEntry(curriculum=curriculum, module=module, position=last + 1, **fields), act)
        _write_links(act, entry, tracks, prerequisites, steps)

    body = [curriculum.pk, module, tracks, prerequisites, steps, fields]
    act = perform(user=user, key=key, kind="entry.add", body=body, do=do, scope=curriculum.program_id)
    return act.made(CurriculumEntry)


def update_entry(
    *,
    user: User,
    key: Key,
    entry: CurriculumEntry,
    seen: Key,
    tracks: Collection[Track] | None = None,
    prerequisites: Collection[CurriculumEntry] | None = None,
    steps: Collection[Step] | None = None,
    **fields: Any,
) -> CurriculumEntry:
    """Change what a draft asks in a module; tracks, prerequisites and steps only where given."""

    def do(act: Act) -> None:
        _must_draft(user, entry.curriculum)
        for name, value in fields.items():
            setattr(entry, name, value)
        change(entry, act, seen=seen)
        _write_links(act, entry, tracks, prerequisites, steps)

    links = [None if part is None else list(part) for part in (tracks, prerequisites, steps)]
    body = [entry.pk, links, fields]
    perform(user=user, key=key, kind="entry.change", body=body, do=do, scope=entry.curriculum.program_id)
    return entry


def move_entry(*, user: User, key: Key, entry: CurriculumEntry, seen: Key, up: bool) -> CurriculumEntry:
    """Let an entry of a draft change places with its neighbour. At the end of the list nothing happens."""

    def do(act: Act) -> None:
        _must_draft(user, entry.curriculum)
        order = list(entry.curriculum.entries.select_related("act"))
        here = next(i for i, one in enumerate(order) if one.pk == entry.pk)
        there = here - 1 if up else here + 1
        if 0 <= there < len(order):
            neighbour = order[there]
            entry.position, neighbour.position = neighbour.position, entry.position
            change(entry, act, seen=seen)
            change(neighbour, act, seen=neighbour.seen)

    body = [entry.pk, up]
    perform(user=user, key=key, kind="entry.move", body=body, do=do, scope=entry.curriculum.program_id)
    return entry


def remove_entry(*, user: User, key: Key, entry: CurriculumEntry, seen: Key) -> None:
    """Take a module out of a draft, and it as a prerequisite of others."""

    def do(act: Act) -> None:
        _must_draft(user, entry.curriculum)
        remove(entry, seen=seen)

    perform(user=user, key=key, kind="entry.remove", body=entry.pk, do=do, scope=entry.curriculum.program_id)


def publish_curriculum(*, user: User, key: Key, curriculum: Curriculum, seen: Key) -> Curriculum:
    """Publish a draft: from then on cohorts may follow it and nothing in it changes."""

    def do(act: Act) -> None:
        _must_draft(user, curriculum)
        entries = list(
            curriculum.entries.select_related("module").prefetch_related("for_tracks", "prerequisites__needs__module")
        )
        if not any(entry.required for entry in entries):
            raise ValidationError(_("A curriculum needs at least one required module before it is published."))
        for entry in entries:
            _prerequisites_are_asked(entry, {one.pk: one for one in entries})
            _prerequisites_come_before(entry)
        curriculum.published_at = act.at
        change(curriculum, act, seen=seen)

    perform(user=user, key=key, kind="curriculum.publish", body=curriculum.pk, do=do, scope=curriculum.program_id)
    return curriculum


def delete_curriculum(*, user: User, key: Key, curriculum: Curriculum, seen: Key) -> None:
    """Throw a draft away."""

    def do(act: Act) -> None:
        _must_draft(user, curriculum)
        remove(curriculum, seen=seen)

    perform(user=user, key=key, kind="curriculum.delete", body=curriculum.pk, do=do, scope=curriculum.program_id)


def _must_draft(user: User, curriculum: Curriculum) -> None:
    must_run(user, curriculum.program_id)
    if curriculum.published_at is not None:
        raise ValidationError(_("A published curriculum is never edited. Make a new version."))


def _prerequisites_come_before(entry: CurriculumEntry) -> None:
    """The order is the order of teaching: nothing stands before what it needs."""
    for link in entry.prerequisites.all():
        if link.needs.position > entry.position:
            raise ValidationError(
                _("%(module)s needs %(needs)s, which comes after it. Change the order.")
                % {"module": entry.module.code, "needs": link.needs.module.code}
            )


def _prerequisites_are_asked(entry: CurriculumEntry, entries: dict[int, CurriculumEntry]) -> None:
    """A module may not wait for one that its own trainees are never asked for."""
    tracks = {link.track_id for link in entry.for_tracks.all()}
    for link in entry.prerequisites.all():
        needed = {one.track_id for one in entries[link.needs_id].for_tracks.all()}
        if needed and not (tracks and tracks <= needed):
            raise ValidationError(
                _("%(module)s needs %(needs)s, which not all of its tracks are taught.")
                % {"module": entry.module, "needs": link.needs.module}
            )


def _write_links(
    act: Act,
    entry: CurriculumEntry,
    tracks: Collection[Track] | None,
    prerequisites: Collection[CurriculumEntry] | None,
    steps: Collection[Step] | None,
) -> None:
    if tracks is not None:
        _write(
            act,
            entry.for_tracks,
            "track_id",
            {track.pk for track in tracks},
            lambda pk: EntryTrack(entry=entry, track_id=pk),
        )
    if prerequisites is not None:
        wanted = {one.pk for one in prerequisites}
        _no_circle(entry, wanted)
        _write(act, entry.prerequisites, "needs_id", wanted, lambda pk: Prerequisite(entry=entry, needs_id=pk))
    if steps is not None and list(steps) != list(entry.steps.values_list("title", "critical")):
        entry.steps.all().delete()
        for position, (title, critical) in enumerate(steps, start=1):
            add(PerformanceStep(entry=entry, position=position, title=title, critical=critical), act)


def _write(act: Act, rows: Manager[Row], column: str, wanted: set[int], make: Callable[[int], Row]) -> None:
    now = {getattr(row, column): row for row in rows.all()}
    for pk in now.keys() - wanted:
        now[pk].delete()
    for pk in sorted(wanted - now.keys()):
        add(make(pk), act)


def _no_circle(entry: CurriculumEntry, wanted: set[int]) -> None:
    """Refuse prerequisites that would wait for each other, naming the way round."""
    if entry.pk in wanted:
        raise ValidationError({"prerequisites": _("A module cannot be its own prerequisite.")})
    Curriculum.objects.select_for_update().get(pk=entry.curriculum_id)  # two halves of a circle, written at once
    needs: dict[int, set[int]] = {}
    for link in Prerequisite.objects.filter(entry__curriculum=entry.curriculum_id):
        needs.setdefault(link.entry_id, set()).add(link.needs_id)
    needs[entry.pk] = wanted
    ways = [(pk, [entry.pk, pk]) for pk in wanted]
    while ways:
        at, way = ways.pop()
        for after in needs.get(at, ()):
            if after == entry.pk:
                codes = dict(CurriculumEntry.objects.filter(pk__in=way).values_list("pk", "module__code"))
                names = " < ".join(codes[pk] for pk in [*way, entry.pk])
                raise ValidationError(
                    {"prerequisites": _("These modules would wait for each other: %(way)s.") % {"way": names}}
                )
            if after not in way:
                ways.append((after, [*way, after]))
