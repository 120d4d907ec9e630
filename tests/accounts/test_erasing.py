"""The one exception from what is only added to lets an act of erasing put the marker over what was written, and no more."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models.expressions import RawSQL

from accounts import trail
from accounts.acts import add
from accounts.erasing import ERASES, columns, erased_json
from accounts.models import Act, Change
from accounts.privacy import ERASED, about_a_person
from tests import factories as f
from trainees.models import AttemptLeave, Attendance, Completion, Enrolment, Record, Trainee

from . import rows

pytestmark = pytest.mark.django_db
WORDS = "Kovalenko had a cold"


def _enrolment(trainee):
    first = f.EnrolmentFactory(trainee=trainee)
    again = {"trainee": trainee, "cohort": first.cohort, "previous": first, "voids": first}
    return f.EnrolmentFactory(**again, reason=WORDS, correction=WORDS)


def _attendance(trainee):
    mark = rows.MAKE[Attendance]()
    mark.trainee, mark.reason = trainee, WORDS
    mark = rows.written(mark)
    f.do(lambda act: type(mark.session).objects.update(act=act, register_closed_at=act.at))
    return mark


def _completion(trainee):
    completion = rows.MAKE[Completion]()
    completion.trainee, completion.revoked_on, completion.revoked_reason = trainee, rows.DAY, WORDS
    return rows.written(completion)


def _record(trainee):
    record = rows.MAKE[Record]()
    record.trainee, record.reason, record.authority = trainee, WORDS, WORDS
    return rows.written(record)


def _leave(trainee):
    leave = rows.MAKE[AttemptLeave]()
    leave.trainee, leave.reason = trainee, WORDS
    return rows.written(leave)


GUARDED = {  # tables of which the database refuses to change a row like this
    Enrolment: _enrolment,
    Attendance: _attendance,
    Completion: _completion,
    Record: _record,
    AttemptLeave: _leave,
}
EACH = pytest.mark.parametrize("model", GUARDED, ids=lambda model: model.__name__)


def of(row):
    return type(row)._base_manager.filter(pk=row.pk)


def erasing(trainee, write, kind=ERASES):
    """Run `write` in an act that erases `trainee`."""

    def do(act):
        Trainee.objects.filter(pk=trainee.pk).update(act=act, erased_at=act.at, call_sign=ERASED)
        write()

    return f.do(do, user=f.UserFactory(), kind=kind)


def refused(work):
    with pytest.raises((IntegrityError, ValidationError)), transaction.atomic():
        work()


@pytest.fixture
def trainee():
    return f.TraineeFactory()


def test_every_guarded_table_with_something_written_is_here():
    guarded = {
        model
        for model, path in about_a_person()
        if path == "trainee"
        and columns(model)
        and (
            getattr(model, "append_only", False) or any("UPDATE" in rule.verbs for rule in getattr(model, "rules", ()))
        )
    }
    assert {model.__name__ for model in guarded} - {model.__name__ for model in GUARDED} == {"Excusal", "Unlisted"}


@EACH
def test_an_act_of_erasing_puts_the_marker_over_what_was_written(model, trainee):
    row = GUARDED[model](trainee)
    erasing(trainee, lambda: of(row).update(**dict.fromkeys(columns(model), ERASED)))
    row.refresh_from_db()
    assert {getattr(row, name) for name in columns(model)} == {ERASED}


@EACH
def test_no_other_act_does(model, trainee):
    row = GUARDED[model](trainee)
    marked = dict.fromkeys(columns(model), ERASED)
    refused(lambda: f.do(lambda act: of(row).update(**marked)))
    refused(lambda: erasing(trainee, lambda: of(row).update(**marked), kind="person.change"))
    refused(lambda: f.do(lambda act: of(row).update(**marked), user=f.UserFactory(), kind=ERASES))  # erases nobody


@EACH
def test_it_writes_nothing_but_the_marker(model, trainee):
    row = GUARDED[model](trainee)
    for name in columns(model):
        refused(lambda name=name: erasing(trainee, lambda: of(row).update(**{name: "He was well"})))


@EACH
def test_it_changes_no_other_column(model, trainee):
    row = GUARDED[model](trainee)
    other = f.TraineeFactory()
    act = f.do(lambda act: None)
    marked = dict.fromkeys(columns(model), ERASED)
    for more in ({"trainee": other}, {"act": act}):
        refused(lambda more=more: erasing(trainee, lambda: of(row).update(**marked, **more)))


@EACH
def test_it_touches_nobody_else(model, trainee):
    row = GUARDED[model](f.TraineeFactory())
    refused(lambda: erasing(trainee, lambda: of(row).update(**dict.fromkeys(columns(model), ERASED))))


@EACH
def test_it_deletes_nothing(model, trainee):
    row = GUARDED[model](trainee)
    refused(lambda: erasing(trainee, lambda: of(row)._raw_delete("default")))


# ---- the trail


def noted():
    return {one: RawSQL(erased_json(f'"{one}"', "", connection.vendor), ()) for one in ("before", "after")}


def test_what_the_trail_noted_is_erased_in_those_columns_only(trainee):
    record = _record(trainee)
    before = Change.objects.get(table="trainees_record", row=str(record.pk)).after
    erasing(trainee, lambda: Change.objects.filter(table="trainees_record").update(**noted()))
    after = Change.objects.get(table="trainees_record", row=str(record.pk)).after
    assert {name for name in before if before[name] != after[name]} == {"reason", "authority"}
    assert after["reason"] == after["authority"] == ERASED


def test_what_is_empty_stays_empty_in_the_trail(trainee):
    record = rows.MAKE[Record]()
    record.trainee = trainee
    record = rows.written(record)
    erasing(trainee, lambda: Change.objects.filter(table="trainees_record").update(**noted()))
    assert Change.objects.get(table="trainees_record", row=str(record.pk)).after["reason"] == ""


@pytest.mark.parametrize(
    "forged",
    [
        {"after": {"reason": ERASED}},
        {"after": None},
        {"before": {"kind": "go"}},
        {"row": "7"},
        {"table": "trainees_trainee"},
        {"after": RawSQL("after", ()), "act_id": 1},
    ],
    ids=str,
)
def test_the_trail_is_not_changed_otherwise(forged, trainee):
    record = _record(trainee)
    forged = forged | ({"act_id": record.act_id - 1} if "act_id" in forged else {})
    one = Change.objects.filter(table="trainees_record", row=str(record.pk))
    refused(lambda: erasing(trainee, lambda: one.update(**noted() | forged)))
    refused(lambda: f.do(lambda act: one.update(**noted())))
    refused(lambda: erasing(trainee, lambda: one._raw_delete("default")))


def test_of_an_act_only_the_reason_is_erased_and_only_so(trainee):
    act = f.do(lambda act: None, reason=WORDS)
    one = Act.objects.filter(pk=act.pk)
    for forged in (
        {"reason": ""},
        {"reason": "x"},
        {"reason": ERASED, "kind": "x"},
        {"reason": ERASED, "user": None, "at": act.at, "digest": ""},
    ):
        refused(lambda forged=forged: erasing(trainee, lambda: one.update(**forged)))
    refused(lambda: f.do(lambda _act: one.update(reason=ERASED)))
    refused(lambda: erasing(trainee, lambda: one._raw_delete("default")))
    erasing(trainee, lambda: one.update(reason=ERASED))
    act.refresh_from_db()
    assert act.reason == ERASED


def test_the_trail_stays_whole_with_it(trainee):
    erasing(trainee, lambda: None)
    assert trail.missing() == []
    assert f.do(lambda act: add(rows.MAKE[AttemptLeave](), act)).changes.count() == 1
