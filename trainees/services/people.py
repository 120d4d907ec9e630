"""Trainees, and their names, which stand in one table and are read only on request."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import refusals
from accounts.acts import Conflict, Key, add, change, perform
from accounts.models import Act, User
from programs.access import must_run
from programs.models import Track

from ..models import Cohort, Group, Identity, NameRead, Trainee
from ..selectors.names import READ, SHOWN_FOR
from .places import first_place


def create_trainee(
    *,
    user: User,
    key: Key,
    cohort: Cohort,
    since: datetime.date,
    track: Track | None = None,
    group: Group | None = None,
    status: str = "active",
    **fields: Any,
) -> Trainee:
    """A new trainee with a place in `cohort` since a day. `fields`: roll_number, call_sign, nation, family_name, given_name."""

    def do(act: Act) -> None:
        must_run(user, cohort.program_id)
        place: dict[str, Any] = {"since": since, "track": track, "group": group, "status": status}
        add_trainee(act, cohort=cohort, place=place, **fields)

    body = [cohort, since, track, group, status, fields]
    act = perform(user=user, key=key, kind="trainee.create", body=body, do=do, scope=cohort.program_id)
    return act.made(Trainee)


def enrol_many(
    *,
    user: User,
    key: Key,
    cohort: Cohort,
    new: Iterable[dict[str, Any]],
    known: Iterable[Trainee],
    since: datetime.date,
    track: Track | None = None,
    group: Group | None = None,
    status: str = "active",
) -> Act:
    """Give several trainees a place in `cohort`, in one act: `new` ones (dicts of their fields), and `known` ones."""
    new, known = list(new), list(known)
    place: dict[str, Any] = {"since": since, "track": track, "group": group, "status": status}

    def do(act: Act) -> None:
        must_run(user, cohort.program_id)
        for fields in new:
            try:
                with transaction.atomic():
                    add_trainee(act, cohort=cohort, place=place, **fields)
            except IntegrityError as error:
                words = refusals.in_words(error)
                if words is not None and "roll_number" not in getattr(words, "error_dict", {}):
                    raise words from error
                raise ValidationError(
                    {"lines": _("Roll number %(roll)s is taken.") % {"roll": fields["roll_number"]}}
                ) from error
        for trainee in known:
            may_name(user, trainee)  # a place here would open the name to whoever only reads it elsewhere
            first_place(act, trainee=trainee, cohort=cohort, **place)

    body = [cohort, new, sorted(trainee.pk for trainee in known), place]
    return perform(user=user, key=key, kind="place.enrol", body=body, do=do, scope=cohort.program_id)


def add_trainee(
    act: Act, *, cohort: Cohort, place: dict[str, Any], family_name: str = "", given_name: str = "", **fields: Any
) -> Trainee:
    """Within `act`: the trainee, the name if one is given, and the first place. Also the import's way."""
    trainee = add(Trainee(**fields), act)
    if family_name or given_name:
        add(Identity(trainee=trainee, family_name=family_name, given_name=given_name), act)
    first_place(act, trainee=trainee, cohort=cohort, **place)
    return trainee


def update_trainee(*, user: User, key: Key, trainee: Trainee, seen: Key, **fields: Any) -> Trainee:
    """Change roll number, call sign or nation: by a coordinator of every program the trainee has a place in.

    Somebody who runs one program must not rename a trainee under the feet of another.
    """

    def do(act: Act) -> None:
        may_rename(user, trainee)
        for name, value in fields.items():
            setattr(trainee, name, value)
        change(trainee, act, seen=seen)

    perform(user=user, key=key, kind="trainee.change", body=[trainee, fields], do=do, scope=_scope(trainee))
    return trainee


def write_name(*, user: User, key: Key, trainee: Trainee, family_name: str, given_name: str) -> Identity:
    """Enter or correct a trainee's name. The newest counts; the trail says only that it changed."""

    def do(act: Act) -> None:
        may_name(user, trainee)
        add(Identity(trainee=trainee, family_name=family_name, given_name=given_name), act)

    body = [trainee, family_name, given_name]
    act = perform(user=user, key=key, kind="name.write", body=body, do=do, scope=_scope(trainee))
    return act.made(Identity)


def read_names(
    *, user: User, key: Key, trainees: Iterable[Trainee], reason: str, scope: int | None = None, kind: str = READ
) -> Act:
    """Ask for the names of `trainees`, as a coordinator or administrator who says why; each reading is kept.

    `names_by(act)` tells them. A page, a print or an export that shows names asks here first; `kind` says what it is.
    """
    trainees = list(trainees)
    may_name(user, *trainees)

    def do(act: Act) -> None:
        if not reason.strip():
            raise ValidationError({"reason": _("Say why you need the name.")})
        if not trainees:
            raise ValidationError(_("There is nobody whose name you may read."))
        NameRead.objects.bulk_create(NameRead(act=act, trainee=one) for one in trainees)

    body = sorted(trainee.pk for trainee in trainees)
    act = perform(user=user, key=key, kind=kind, body=body, do=do, reason=reason, scope=scope)
    if timezone.now() - act.at > SHOWN_FOR:
        raise Conflict(_("This name was shown some time ago. Ask once more."))
    return act


def may_name(user: User, *trainees: Trainee) -> None:
    """Refuse whoever coordinates, for one of `trainees`, no program in which they have or had a place."""
    wanted = {trainee.pk for trainee in trainees}
    if Trainee.objects.run_by(user).filter(pk__in=wanted).count() != len(wanted):
        raise PermissionDenied


def may_rename(user: User, trainee: Trainee) -> None:
    """Refuse whoever does not coordinate every program in which the trainee has or had a place."""
    may_name(user, trainee)
    if not user.is_superuser:
        run = set(trainee.enrolments.run_by(user).values_list("program_id", flat=True))
        if set(trainee.enrolments.values_list("program_id", flat=True)) - run:
            raise ValidationError(
                _("This trainee also has a place in a program that you do not run. Ask an administrator to change it.")
            )


def _scope(trainee: Trainee) -> int | None:
    """The program of the trainee's newest entry: where this act is looked for first."""
    return trainee.enrolments.order_by("-pk").values_list("program_id", flat=True).first()
