"""Who is known in advance to be sick or away. Registers of these days begin with it (registers.py)."""

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.acts import Key, add, change, perform, remove
from accounts.models import Act, User
from programs.access import must_record
from programs.models import Program

from ..models import Enrolment, Excusal, Trainee


def create_excusal(*, user: User, key: Key, program: Program, trainee: Trainee, **fields: Any) -> Excusal:
    """Excuse somebody who has a place in `program`. `fields`: kind, since, until, reason."""

    def do(act: Act) -> None:
        must_record(user, program)
        if not Enrolment.objects.standing().filter(program=program, trainee=trainee).exists():
            raise ValidationError(_("%(trainee)s has no place in this program.") % {"trainee": trainee})
        add(Excusal(program=program, trainee=trainee, **fields), act)

    body = [program, trainee, fields]
    return perform(user=user, key=key, kind="excusal.create", body=body, do=do, scope=program.pk).made(Excusal)


def update_excusal(*, user: User, key: Key, excusal: Excusal, seen: Key, **fields: Any) -> Excusal:
    """Change kind, days or remark. Registers that were marked by it keep their marks."""

    def do(act: Act) -> None:
        must_record(user, excusal.program_id)
        for name, value in fields.items():
            setattr(excusal, name, value)
        change(excusal, act, seen=seen)

    body, scope = [excusal, fields], excusal.program_id
    perform(user=user, key=key, kind="excusal.change", body=body, do=do, scope=scope)
    return excusal


def end_excusal(*, user: User, key: Key, excusal: Excusal, seen: Key, until: datetime.date) -> Excusal:
    """Back again: `until` is the last day excused."""

    def do(act: Act) -> None:
        must_record(user, excusal.program_id)
        if until < excusal.since:
            words = _("It began on %(day)s. If it was entered by mistake, delete it.")
            raise ValidationError({"until": words % {"day": date_format(excusal.since)}})
        excusal.until = until
        change(excusal, act, seen=seen)

    body, scope = [excusal, until], excusal.program_id
    perform(user=user, key=key, kind="excusal.end", body=body, do=do, scope=scope)
    return excusal


def delete_excusal(*, user: User, key: Key, excusal: Excusal, seen: Key) -> None:
    """What was entered by mistake goes; the trail keeps it. Marks that were made by it stay."""

    def do(act: Act) -> None:
        must_record(user, excusal.program_id)
        remove(excusal, seen=seen)

    perform(user=user, key=key, kind="excusal.delete", body=excusal.pk, do=do, scope=excusal.program_id)
