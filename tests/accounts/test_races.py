"""Two people write at the same moment: one is accepted, the other is told, nothing is lost and nothing is doubled.

Each race has a twin without its guard, in which it really goes wrong. The full sizes are in tests/endurance.
"""

import uuid
from threading import Event, Lock

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import trail
from accounts.acts import add, change, perform, remove
from accounts.models import Act, User
from programs.models import Curriculum, CurriculumEntry, Invitation, Role, Track
from programs.services import accept_as_new
from tests import factories as f
from trainees.models import NameRead, Record

from .races import Cell, at_once, race, without_the_guards_of_a_cell, without_unique_keys

pytestmark = pytest.mark.django_db(transaction=True)
ON_POSTGRESQL = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")


# ---- one cell


def test_of_two_marks_in_one_cell_one_is_accepted_and_one_refused():
    cell = Cell()
    assert race(2, 20, cell.version, cell.mark) == {"accepted": 20, "refused": 20}
    cell.assert_one_line(20)


def test_of_twenty_marks_in_one_cell_one_is_accepted():
    cell = Cell()
    assert race(20, 3, cell.version, cell.mark) == {"accepted": 3, "refused": 57}
    cell.assert_one_line(3)


def test_the_constraints_alone_decide_too():
    cell = Cell()
    assert race(2, 20, cell.last, cell.append) == {"accepted": 20, "refused": 20}
    cell.assert_one_line(20)


def test_twin_without_the_constraints_the_line_forks():
    cell = Cell()
    with without_the_guards_of_a_cell():
        assert race(2, 20, cell.last, cell.append) == {"accepted": 40}
        assert cell.forks() >= 18


@ON_POSTGRESQL
def test_twin_without_the_constraints_looking_before_writing_does_not_help():
    cell = Cell()
    with without_the_guards_of_a_cell():
        accepted = race(2, 40, cell.version, cell.mark)["accepted"]
        assert accepted > 40
        assert cell.forks() > 0


def test_a_mark_that_followed_its_own_first_key_is_accepted():
    """A page without network chains its marks: the second names the first, before that was answered."""
    cell = Cell()
    first, second = uuid.uuid4(), uuid.uuid4()
    cell.mark("", key=first)
    cell.mark(str(first), key=second)
    cell.assert_one_line(2)


# ---- one key


def test_the_same_key_ten_times_at_once_is_one_record_and_ten_equal_answers():
    cell, key = Cell(), uuid.uuid4()
    answers = at_once(*[lambda: cell.mark("", key=key)] * 10)
    assert answers == [cell.records().get()] * 10
    cell.assert_one_line(1)


def test_the_same_key_with_another_body_or_user_at_once_is_refused():
    cell, key = Cell(), uuid.uuid4()
    other = f.RoleFactory(program=cell.program).user
    answers = at_once(
        lambda: cell.mark("", key=key),
        lambda: cell.mark("", key=key, kind="no_go"),
        lambda: cell.mark("", key=key, user=other),
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "Conflict", "Record"]
    cell.assert_one_line(1)


def read_a_name(trainee, user, key):
    return perform(
        user=user, key=key, kind="name.read", body=trainee, do=lambda act: add(NameRead(trainee=trainee), act)
    )


def test_what_only_its_key_guards_is_done_once():
    trainee, user, key = f.TraineeFactory(), f.UserFactory(), uuid.uuid4()
    answers = at_once(*[lambda: read_a_name(trainee, user, key)] * 10)
    assert answers == [Act.objects.get(key=key)] * 10
    assert NameRead.objects.count() == 1


def test_twin_without_unique_keys_it_is_done_ten_times():
    with without_unique_keys():
        trainee, user, key = f.TraineeFactory(), f.UserFactory(), uuid.uuid4()
        at_once(*[lambda: read_a_name(trainee, user, key)] * 10)
        assert NameRead.objects.count() == 10


# ---- one row and its version


def retitle(row, act, title, seen):
    row.title = title
    change(row, act, seen=seen)


def test_of_two_changes_of_one_row_one_is_accepted():
    pk = f.TrackFactory().pk

    def see():
        row = Track.objects.get(pk=pk)
        return row, row.seen

    outcome = race(2, 20, see, lambda seen, n, turn: f.do(lambda act: retitle(seen[0], act, f"{n}.{turn}", seen[1])))
    assert outcome == {"accepted": 20, "refused": 20}


def test_twin_without_the_version_every_other_change_is_lost():
    pk = f.TrackFactory().pk

    def save(row, number, turn):
        def do(act):
            row.title, row.act = f"{row.title}{number}", act
            row.save()

        f.do(do)

    start = len(Track.objects.get(pk=pk).title)
    assert race(2, 20, lambda: Track.objects.get(pk=pk), save) == {"accepted": 40}
    assert len(Track.objects.get(pk=pk).title) - start < 40


@pytest.mark.parametrize("turn", range(5))
def test_a_row_changed_just_now_is_not_removed(turn):
    row = f.TrackFactory()
    seen = row.seen
    answers = at_once(
        lambda: f.do(lambda act: retitle(row, act, "New", seen)),
        lambda: f.do(lambda act: remove(Track(pk=row.pk), seen=seen)),
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["Act", "Conflict"]
    assert Track.objects.filter(title="New").count() == isinstance(answers[0], Act)


# ---- rules between rows


def publish_while_adding(wait):
    """Somebody adds a module to a draft while it is being published; how the adding ended."""
    curriculum, module = f.CurriculumFactory(), f.SkillModuleFactory()
    published, added = Event(), Event()

    def publish(act):
        Curriculum.objects.filter(pk=curriculum.pk).update(published_at=act.at, act=act)
        published.set()
        added.wait(wait)

    def put_in():
        published.wait(10)
        try:
            return f.do(lambda act: add(CurriculumEntry(curriculum=curriculum, module=module, position=1), act))
        finally:
            added.set()

    _published, answer = at_once(lambda: f.do(publish), put_in)
    return answer


def test_nothing_slips_into_a_curriculum_while_it_is_published():
    answer = publish_while_adding(wait=0.3)
    assert isinstance(answer, ValidationError)
    assert not CurriculumEntry.objects.exists()


@ON_POSTGRESQL
def test_twin_without_the_lock_a_module_slips_in():
    (insert,) = [t for t in trail.triggers("postgresql") if t.name == "muster_rule_entry_in_draft_insert"]
    with connection.cursor() as cursor:
        cursor.execute(insert.sql("postgresql")[0].replace(" FOR SHARE", ""))
    publish_while_adding(wait=10)
    assert CurriculumEntry.objects.get().curriculum.published_at is not None


@ON_POSTGRESQL
def test_two_acts_that_wait_for_each_other_end_with_one_conflict():
    first, second = f.TrackFactory(), f.TrackFactory()
    here, there = Event(), Event()

    def both(one, other, mine, theirs):
        def do(act):
            retitle(one, act, "New", one.seen)
            mine.set()
            theirs.wait(10)
            retitle(other, act, "New", other.seen)

        return lambda: f.do(do)

    again = list(Track.objects.filter(pk__in=[first.pk, second.pk]).order_by("-pk"))
    answers = at_once(both(first, second, here, there), both(*again, there, here))
    assert sorted(type(answer).__name__ for answer in answers) == ["Act", "Conflict"]


# ---- an invitation


def join(invitation, number, turn):
    accept_as_new(key=uuid.uuid4(), invitation=invitation, username=f"user-{turn}-{number}", password=f.PASSWORD)


def join_without_asking_again(invitation, number, turn):
    """What was seen is believed: the link was good a moment ago."""

    def do(act):
        account = add(User(username=f"user-{turn}-{number}", password="!"), act)
        invitation.accepted_at, invitation.accepted_by, invitation.act = act.at, account, act
        invitation.save()
        add(invitation.role_for(account), act)

    f.do(do)


def open_links(program, rounds, clients):
    """In each round all clients open one link: what they see there, one after the other."""
    links = [f.InvitationFactory(program=program).pk for _ in range(rounds)]
    opened = iter([pk for pk in links for _client in range(clients)])
    lock = Lock()

    def see():
        with lock:
            pk = next(opened)
        return Invitation.objects.select_related("act", "program", "invited_by").get(pk=pk)

    return see


def test_of_those_who_open_one_link_at_once_one_joins():
    program = f.ProgramFactory()
    assert race(4, 5, open_links(program, 5, 4), join) == {"accepted": 5, "refused": 15}
    joined = Role.objects.filter(program=program, kind="instructor")
    assert joined.count() == User.objects.filter(username__startswith="user-").count() == 5


def test_twin_without_asking_again_everybody_joins_by_it():
    program = f.ProgramFactory()
    see = open_links(program, 5, 4)
    with connection.cursor() as cursor:
        on = ' ON "programs_invitation"' if connection.vendor == "postgresql" else ""
        cursor.execute(f'DROP TRIGGER "muster_rule_invitation_ends_once_update"{on}')
    assert race(4, 5, see, join_without_asking_again) == {"accepted": 20}
    assert Role.objects.filter(program=program, kind="instructor").count() == 20


def test_the_database_alone_lets_nobody_join_by_a_used_link():
    program = f.ProgramFactory()
    outcome = race(4, 5, open_links(program, 5, 4), join_without_asking_again)
    assert outcome.pop("accepted") == 5 and sum(outcome.values()) == 15
    assert Role.objects.filter(program=program, kind="instructor").count() == 5


# ---- what it costs


def test_one_mark_through_the_service_is_a_known_number_of_statements():
    cell = Cell()
    cell.mark("")
    seen = cell.version()
    with CaptureQueriesContext(connection) as captured:
        cell.mark(seen)
    asked = [q["sql"] for q in captured if not q["sql"].startswith(("BEGIN", "COMMIT"))]
    assert len(asked) == 6, "\n".join(asked)
    assert sum(not sql.startswith("SELECT") for sql in asked) == 2  # the act and the record
    assert Record.objects.count() == 2
