"""Setting up cohorts: the intake itself, its groups, the curriculum it follows, the commander's ratings."""

import datetime
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.acts import Key, add, change, perform, remove, together
from accounts.models import Act, User
from programs import services as programs
from programs.access import EVERYBODY, must_run
from programs.models import Curriculum, Program, SkillModule

from ..models import Cohort, CohortCurriculum, CommanderRating, Group
from ..selectors.effect import Effect, digest_of, effects_of, may_follow


def create_cohort(
    *, user: User, key: Key, program: Program, curriculum: Curriculum | None = None, **fields: Any
) -> Cohort:
    """A new cohort of `program`; it follows `curriculum` (published) from its first day, when one is given."""

    def do(act: Act) -> None:
        must_run(user, program)
        cohort = add(Cohort(program=program, slug=f"{program.slug}-{fields['code']}".lower(), **fields), act)
        if curriculum is not None:
            add(CohortCurriculum(cohort=cohort, curriculum=curriculum, since=cohort.starts_on), act)

    body = [program, curriculum, fields]
    return perform(user=user, key=key, kind="cohort.create", body=body, do=do, scope=program.pk).made(Cohort)


def update_cohort(*, user: User, key: Key, cohort: Cohort, seen: Key, **fields: Any) -> Cohort:
    """Change a cohort's own fields. Its code stays: the address is made of it."""

    def do(act: Act) -> None:
        must_run(user, cohort.program_id)
        for name, value in fields.items():
            setattr(cohort, name, value)
        change(cohort, act, seen=seen)

    perform(user=user, key=key, kind="cohort.change", body=[cohort, fields], do=do, scope=cohort.program_id)
    return cohort


def archive_cohort(*, user: User, key: Key, cohort: Cohort, seen: Key, archived: bool = True) -> Cohort:
    """Take a cohort out of the lists, or put it back. Nothing of it is lost."""

    def do(act: Act) -> None:
        must_run(user, cohort.program_id)
        cohort.archived_at = act.at if archived else None
        change(cohort, act, seen=seen)

    kind = "cohort.archive" if archived else "cohort.unarchive"
    perform(user=user, key=key, kind=kind, body=cohort, do=do, scope=cohort.program_id)
    return cohort


def delete_cohort(*, user: User, key: Key, cohort: Cohort, seen: Key) -> None:
    """Delete a cohort nobody was ever in. ValidationError names what hangs on it otherwise."""

    def do(act: Act) -> None:
        must_run(user, cohort.program_id)
        if not (cohort.enrolments.exists() or cohort.sessions.exists()):
            for followed in cohort.curricula.all():  # a cohort of nobody may drop its curriculum and groups with it
                followed.delete()
            for group in cohort.groups.all():
                group.delete()
        remove(cohort, seen=seen)

    perform(user=user, key=key, kind="cohort.delete", body=cohort.pk, do=do, scope=cohort.program_id)


def follow_curriculum(
    *, user: User, key: Key, cohort: Cohort, curriculum: Curriculum, since: datetime.date, expected: str | None = None
) -> CohortCurriculum:
    """From `since` on, the cohort follows `curriculum`, a published version of its program.

    `expected` is the digest of what was shown to change by it (`selectors/effect.py`): refused where something else would.
    """

    def do(act: Act) -> None:
        must_run(user, cohort.program_id)
        if curriculum.program_id != cohort.program_id or curriculum.published_at is None:
            raise ValidationError({"curriculum": _("A cohort follows a published curriculum of its own program.")})
        if expected is not None:
            _must_be_expected(effects_of([cohort], curriculum, EVERYBODY, since), expected)
        add(CohortCurriculum(cohort=cohort, curriculum=curriculum, since=since), act)

    body = [cohort, curriculum, since]
    act = perform(user=user, key=key, kind="cohort.follow", body=body, do=do, scope=cohort.program_id)
    return act.made(CohortCurriculum)


def unfollow_curriculum(*, user: User, key: Key, followed: CohortCurriculum, seen: Key) -> None:
    """Take back that a cohort follows a curriculum from a day, while it still follows another one before."""

    def do(act: Act) -> None:
        must_run(user, followed.cohort.program_id)
        if not followed.cohort.curricula.standing().filter(since__lt=followed.since).exists():
            raise ValidationError(_("A cohort keeps the curriculum that it began with."))
        followed.taken_back_at = act.at
        change(followed, act, seen=seen)

    scope = followed.cohort.program_id
    perform(user=user, key=key, kind="cohort.unfollow", body=followed.pk, do=do, scope=scope)


def publish_curriculum(*, user: User, key: Key, curriculum: Curriculum, seen: Key, expected: str) -> None:
    """Publish a draft, knowing what would change in the cohorts that may follow it: `expected` is the digest of that."""

    def do(act: Act) -> None:
        with together(act):
            programs.publish_curriculum(user=user, key=key, curriculum=curriculum, seen=seen)
        cohorts = may_follow(curriculum.program, curriculum)
        _must_be_expected(effects_of(cohorts, curriculum, EVERYBODY), expected)

    perform(user=user, key=key, kind="curriculum.publish", body=curriculum.pk, do=do, scope=curriculum.program_id)


def _must_be_expected(effects: Sequence[Effect], expected: str) -> None:
    if digest_of(effects) != expected:
        raise ValidationError(
            _("What would change is not what was shown. It is shown anew below: confirm it once more.")
        )


def create_group(*, user: User, key: Key, cohort: Cohort, **fields: Any) -> Group:
    """A squad or syndicate in a cohort."""

    def do(act: Act) -> None:
        must_run(user, cohort.program_id)
        add(Group(cohort=cohort, **fields), act)

    act = perform(user=user, key=key, kind="group.create", body=[cohort, fields], do=do, scope=cohort.program_id)
    return act.made(Group)


def update_group(*, user: User, key: Key, group: Group, seen: Key, **fields: Any) -> Group:
    """Change a group's code or title."""

    def do(act: Act) -> None:
        must_run(user, group.cohort.program_id)
        for name, value in fields.items():
            setattr(group, name, value)
        change(group, act, seen=seen)

    perform(user=user, key=key, kind="group.change", body=[group, fields], do=do, scope=group.cohort.program_id)
    return group


def delete_group(*, user: User, key: Key, group: Group, seen: Key) -> None:
    """Delete a group nobody was ever in."""

    def do(act: Act) -> None:
        must_run(user, group.cohort.program_id)
        remove(group, seen=seen)

    perform(user=user, key=key, kind="group.delete", body=group.pk, do=do, scope=group.cohort.program_id)


def rate_module(*, user: User, key: Key, cohort: Cohort, module: SkillModule, **fields: Any) -> CommanderRating:
    """Enter the commander's own rating of a cohort in a module: a person's judgement, never computed."""

    def do(act: Act) -> None:
        must_run(user, cohort.program_id)
        if fields["rated_on"] > cohort.today():
            raise ValidationError({"rated_on": _("This day has not come yet.")})
        add(CommanderRating(cohort=cohort, module=module, **fields), act)

    body = [cohort, module, fields]
    act = perform(user=user, key=key, kind="cohort.rate", body=body, do=do, scope=cohort.program_id)
    return act.made(CommanderRating)
