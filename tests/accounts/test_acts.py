"""Every write is an act: done once, refused when something was missed, told in words."""

import datetime
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext

from accounts.acts import Conflict, add, backdated, change, hanging, perform, remove
from accounts.models import Act, User
from programs.models import Assignment, CurriculumEntry, PerformanceStep, Program, Role, Track
from tests import factories as f
from trainees.models import Record, Trainee

from .rows import MAKE, written

pytestmark = pytest.mark.django_db


def program(**fields):
    return Program(**{"code": "TRD", "slug": "trd", "title": "Title", "host": "Norway"} | fields)


def create(*, key, user=None, title="Title", **more):
    wish = {"user": user, "key": key, "kind": "command.create", "body": title} | more
    return perform(**wish, do=lambda act: add(program(title=title), act))


# ---- done once


def test_an_act_notes_who_when_what_why_and_where(time_machine):
    time_machine.move_to(datetime.datetime(2023, 8, 10, 9, tzinfo=datetime.UTC), tick=False)
    user = f.UserFactory()
    act = create(key=uuid.uuid4(), user=user, kind="program.create", reason="It begins", scope=7)
    act = Act.objects.get(pk=act.pk)
    assert (act.user, act.kind, act.reason, act.scope) == (user, "program.create", "It begins", 7)
    assert act.at == datetime.datetime(2023, 8, 10, 9, tzinfo=datetime.UTC)


def test_the_same_key_again_does_nothing_and_answers_the_same():
    key = uuid.uuid4()
    first, second = create(key=key), create(key=str(key))
    assert first == second
    assert first.made(Program) == second.made(Program) == Program.objects.get()


@pytest.mark.parametrize("other", [{"title": "Other"}, {"reason": "Other"}, {"kind": "command.other"}, {"user": True}])
def test_the_same_key_for_something_else_or_by_somebody_else_is_refused(other):
    key = uuid.uuid4()
    create(key=key)
    with pytest.raises(Conflict, match="already sent with other content"):
        create(key=key, **(other if "user" not in other else {"user": f.UserFactory()}))
    assert Program.objects.get().title == "Title"


def test_a_refused_act_leaves_its_key_free():
    key = uuid.uuid4()
    with pytest.raises(ValidationError):
        perform(user=None, key=key, kind="command.x", body="Title", do=lambda act: add(program(code="no spaces"), act))
    assert not Act.objects.filter(key=key).exists()
    create(key=key)


@pytest.mark.parametrize("key", ["", None, "forged"])
def test_what_is_no_key_is_refused(key):
    with pytest.raises(Conflict, match="lost its key"):
        create(key=key)


def test_an_act_of_nobody_is_a_command():
    with pytest.raises(IntegrityError, match="act_has_a_user_or_is_a_command"):
        create(key=uuid.uuid4(), kind="program.create")


def test_an_act_is_undone_once():
    act = f.do(lambda act: None)
    create(key=uuid.uuid4(), undoes=act)
    with pytest.raises(Conflict):
        perform(user=None, key=uuid.uuid4(), kind="command.undo", body="", do=lambda act: None, undoes=act)


def test_only_within_backdated_an_act_happened_earlier():
    then = datetime.datetime(2023, 8, 18, tzinfo=datetime.UTC)
    with backdated(then):
        assert f.do(lambda act: None).at == then
    assert f.do(lambda act: None).at > then


# ---- the version


def test_a_change_needs_the_version_that_was_seen():
    row = f.TrackFactory(title="Old")
    first = row.seen
    row.title = "New"
    f.do(lambda act: change(row, act, seen=first))
    assert Track.objects.get().title == "New"

    row.title = "Newer"
    with pytest.raises(Conflict) as refused:
        f.do(lambda act: change(row, act, seen=first))
    assert refused.value.current.title == "New"
    assert Track.objects.get().title == "New"


def test_ones_own_second_save_is_never_refused():
    row = f.TrackFactory()
    for title in ("One", "Two", "Three"):
        row.title = title
        act = f.do(lambda act: change(row, act, seen=row.seen))
        assert row.seen == str(act.key)
    assert Track.objects.get().title == "Three"


@pytest.mark.parametrize("seen", ["", None, "forged", str(uuid.UUID(int=7)), "' OR 1=1"])
@pytest.mark.parametrize("write", [change, remove], ids=["change", "remove"])
def test_without_a_true_version_nothing_is_written(write, seen):
    row = f.TrackFactory(title="Old")
    row.title = "New"
    with pytest.raises(Conflict) as refused:
        f.do(lambda act: write(row, act, seen=seen) if write is change else write(row, seen=seen))
    assert refused.value.current == row
    assert Track.objects.get().title == "Old"


def test_a_key_of_another_act_is_no_version():
    row, other = f.TrackFactory(), f.TrackFactory()
    with pytest.raises(Conflict):
        f.do(lambda act: remove(row, seen=other.seen))
    assert Track.objects.count() == 2


def test_what_is_gone_cannot_be_changed():
    row = f.TrackFactory()
    f.do(lambda act: remove(row, seen=row.seen))
    with pytest.raises(Conflict) as refused:
        f.do(lambda act: change(row, act, seen=row.seen))
    assert refused.value.current is None


def test_a_conflict_says_that_nothing_was_saved():
    assert "Nothing of yours was saved" in str(Conflict())


# ---- what hangs on something


def test_what_others_hang_on_is_not_deleted_and_what_hangs_is_named():
    row = f.ProgramFactory()
    f.TrackFactory(program=row)
    f.TrackFactory(program=row)
    f.RoleFactory(program=row)
    with pytest.raises(ValidationError) as refused:
        f.do(lambda act: remove(row, seen=row.seen))
    assert refused.value.messages == [
        "This cannot be deleted: it is still used by 1 role and 2 tracks. Archive it instead."
    ]
    assert Program.objects.exists()


def test_hanging_counts_one_and_many():
    assert hanging(ProtectedError("", {Track(pk=1)})) == "This cannot be deleted: it is still used by 1 track."


# ---- what the database refuses, in words


@pytest.mark.parametrize(
    ("make", "field", "words"),
    [
        (lambda: Trainee(roll_number=f.TraineeFactory().roll_number, call_sign="X"), "roll_number", "is taken"),
        (lambda: program(code=f.ProgramFactory().code), "code", "already a program"),
        (lambda: program(slug=f.ProgramFactory().slug), "slug", "already a program"),
        (lambda: User(username=f.UserFactory().username, password="!"), "username", "already exists"),
        (lambda: program(practised_from=95), "__all__", "Band P must begin below band T"),
        (lambda: program(title=""), "title", "cannot be blank"),
        (lambda: program(host="x" * 61), "host", "at most 60 characters"),
        (lambda: program(attendance_limit=101), "attendance_limit", "less than or equal to 100"),
        (lambda: Role(user=f.UserFactory(), program=f.ProgramFactory(), kind="king"), "kind", "not a valid choice"),
    ],
)
def test_a_refusal_names_the_field_and_says_what_is_wrong(make, field, words):
    row = make()
    with pytest.raises(ValidationError) as refused:
        f.do(lambda act: add(row, act))
    told = refused.value.message_dict if hasattr(refused.value, "error_dict") else {"__all__": refused.value.messages}
    assert list(told) == [field]
    assert words in told[field][0]


@pytest.mark.parametrize("model", [Role, Track, Assignment, CurriculumEntry], ids=lambda model: model.__name__)
def test_a_pair_that_may_be_there_only_once_is_told_in_its_words(model):
    first = written(MAKE[model]())
    words = next(c.violation_error_message for c in model._meta.constraints if hasattr(c, "fields"))
    first.pk = None
    with pytest.raises(ValidationError) as refused:
        f.do(lambda act: add(first, act))
    assert refused.value.messages == [str(words)]


def test_bulk_writes_are_refused_in_words_too():
    first = f.TraineeFactory()
    twin = Trainee(roll_number=first.roll_number, call_sign="X")
    with pytest.raises(ValidationError, match="is taken"):
        f.do(lambda act: Trainee.objects.bulk_create([setattr(twin, "act", act) or twin]))


@pytest.mark.parametrize("model", [Record, PerformanceStep], ids=lambda model: model.__name__)
def test_a_place_that_somebody_else_took_is_a_conflict(model):
    first = written(MAKE[model]())
    first.pk = None
    with pytest.raises(Conflict):
        f.do(lambda act: add(first, act))


@pytest.mark.django_db(transaction=True)
def test_pointing_to_what_is_gone_is_a_conflict():
    gone = f.ProgramFactory()
    f.do(lambda act: remove(gone, seen=gone.seen))
    with pytest.raises(Conflict):
        f.do(lambda act: add(Track(program_id=gone.pk, code="X", title="X"), act))


def test_a_mistake_of_ours_stays_an_error():
    record = written(MAKE[Record]())
    with pytest.raises(IntegrityError, match="is only added to"):
        f.do(lambda act: record.save())
    with pytest.raises(IntegrityError):
        f.do(lambda act: Track.objects.create(program=f.ProgramFactory(), code="X", title="X"))  # forgot its act


# ---- what it costs


def statements(write):
    with CaptureQueriesContext(connection) as captured:
        write()
    return [q["sql"] for q in captured if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))]


ENGINE = {"sqlite": 0, "postgresql": 1}  # within a longer transaction PostgreSQL is told that the act is over


def test_one_mark_is_five_statements_at_most():
    """Its act, and its record: everything else is done by the triggers."""
    first = written(MAKE[Record]())
    first.pk, first.previous_id = None, first.pk
    assert len(statements(lambda: f.do(lambda act: add(first, act)))) == 2 + ENGINE[connection.vendor]


def test_one_change_is_three_statements():
    """Its act, the version that was seen, and the row."""
    row = f.TrackFactory()
    seen = row.seen
    row.title = "New"
    assert len(statements(lambda: f.do(lambda act: change(row, act, seen=seen)))) == 3 + ENGINE[connection.vendor]


def test_a_thousand_rows_are_not_a_thousand_statements():
    many = [Trainee(roll_number=f"B{n}", call_sign="SOKIL") for n in range(1000)]

    def write(act):
        for trainee in many:
            trainee.act = act
        Trainee.objects.bulk_create(many, batch_size=500)

    act = None

    def go():
        nonlocal act
        act = f.do(write)

    assert len(statements(go)) <= 10 + ENGINE[connection.vendor]
    assert act.changes.count() == 1000


def test_an_act_within_a_transaction_of_its_caller_is_undone_with_it():
    with transaction.atomic():
        create(key=uuid.uuid4())
        transaction.set_rollback(True)
    assert not Program.objects.exists() and not Act.objects.exists()
