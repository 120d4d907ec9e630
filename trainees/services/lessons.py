"""Lessons identified: noted by whoever records, closed by whoever runs the program."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.acts import Key, add, change, perform, remove
from accounts.models import Act, User
from programs.access import must_record, must_run
from programs.models import SkillModule

from ..models import Cohort, Lesson


def add_lesson(*, user: User, key: Key, cohort: Cohort, module: SkillModule | None = None, **fields: Any) -> Lesson:
    """Note a lesson of `cohort`, about `module` or the whole. `fields`: kind, text, follow_up, due_on."""

    def do(act: Act) -> None:
        must_record(user, cohort.program_id)
        add(Lesson(cohort=cohort, module=module, added_by=user, **fields), act)

    body = [cohort, module, fields]
    return perform(user=user, key=key, kind="lesson.add", body=body, do=do, scope=cohort.program_id).made(Lesson)


def update_lesson(*, user: User, key: Key, lesson: Lesson, seen: Key, **fields: Any) -> Lesson:
    """Change what an open lesson says: one's own, or any for whoever runs the program."""

    def do(act: Act) -> None:
        must_change_lesson(user, lesson)
        for name, value in fields.items():
            setattr(lesson, name, value)
        change(lesson, act, seen=seen)

    scope = lesson.cohort.program_id
    perform(user=user, key=key, kind="lesson.change", body=[lesson.pk, fields], do=do, scope=scope)
    return lesson


def close_lesson(*, user: User, key: Key, lesson: Lesson, seen: Key, state: str, outcome: str) -> Lesson:
    """It is learned, and `outcome` says what was changed; or dropped, and it says why. `reopen_lesson` takes it back."""

    def do(act: Act) -> None:
        must_run(user, lesson.cohort.program_id)
        _must_be_open(lesson)
        lesson.state, lesson.outcome, lesson.closed_on = state, outcome.strip(), lesson.cohort.today()
        change(lesson, act, seen=seen)

    scope = lesson.cohort.program_id
    perform(user=user, key=key, kind="lesson.close", body=[lesson.pk, state, outcome], do=do, scope=scope)
    return lesson


def reopen_lesson(*, user: User, key: Key, lesson: Lesson, seen: Key) -> Lesson:
    """It is to be learned still. What came of it stays in the history."""

    def do(act: Act) -> None:
        must_run(user, lesson.cohort.program_id)
        lesson.state, lesson.outcome, lesson.closed_on = Lesson.State.OPEN, "", None
        change(lesson, act, seen=seen)

    perform(user=user, key=key, kind="lesson.reopen", body=lesson.pk, do=do, scope=lesson.cohort.program_id)
    return lesson


def delete_lesson(*, user: User, key: Key, lesson: Lesson, seen: Key) -> None:
    """What was entered by mistake goes; the trail keeps it. What came to nothing is no mistake: drop it."""

    def do(act: Act) -> None:
        must_change_lesson(user, lesson)
        remove(lesson, seen=seen)

    perform(user=user, key=key, kind="lesson.delete", body=lesson.pk, do=do, scope=lesson.cohort.program_id)


def must_change_lesson(user: User, lesson: Lesson) -> None:
    """Refuse whoever neither noted it nor runs the program, and what is closed."""
    must_record(user, lesson.cohort.program_id)
    if lesson.added_by_id != user.pk:
        must_run(user, lesson.cohort.program_id)
    _must_be_open(lesson)


def _must_be_open(lesson: Lesson) -> None:
    if not lesson.is_open:
        raise ValidationError(_("This lesson is closed. Open it again first."))
