"""A report of an earlier day says what was known then, whatever was changed, added, taken back or deleted since."""

import datetime
import uuid
import zoneinfo
from types import SimpleNamespace

import pytest

from accounts.acts import backdated
from programs import services as of_programs
from programs.access import EVERYBODY
from tests import factories as f
from trainees import services
from trainees.models import Completion
from trainees.progress import Status
from trainees.selectors.completions import completions_on
from trainees.selectors.loading import Moment
from trainees.selectors.overview import overview_of
from trainees.selectors.progress import cohort_view, trainee_view
from trainees.selectors.record import record_of

pytestmark = pytest.mark.django_db
OSLO = zoneinfo.ZoneInfo("Europe/Oslo")


def on(day):
    """What is done inside was done, and written down, on this day of August 2023."""
    return backdated(datetime.datetime(2023, 8, day, 12, tzinfo=OSLO))


def august(day):
    return datetime.date(2023, 8, day)


def by(user):
    return {"user": user, "key": uuid.uuid4()}


@pytest.fixture
def told():
    """Two trainees in a cohort since the 7th, all of it written down then; MED, taught on the 8th, is asked of them."""
    with on(1):
        program = f.ProgramFactory()
        curriculum = f.CurriculumFactory(program=program)
        entry = f.EntryFactory(curriculum=curriculum, module__code="MED")
        f.publish(curriculum)
        cohort = f.CohortFactory(program=program)
        f.CohortCurriculumFactory(cohort=cohort, curriculum=curriculum)
        session = f.TrainingSessionFactory(
            cohort=cohort,
            module=entry.module,
            starts_at=datetime.datetime(2023, 8, 8, 8, tzinfo=OSLO),
            ends_at=datetime.datetime(2023, 8, 8, 9, tzinfo=OSLO),
        )
        user = f.RoleFactory(program=program).user
        assessor = f.AssignmentFactory(program=program).instructor
    with on(7):
        first, second = (f.EnrolmentFactory(cohort=cohort).trainee for _ in range(2))
    return SimpleNamespace(
        program=program, cohort=cohort, curriculum=curriculum, entry=entry, session=session,
        user=user, assessor=assessor, first=first, second=second,
    )  # fmt: skip


def seen_by(told, as_of, known):
    """The cohort, its first trainee in it, and the same trainee alone, on a day as known on another."""
    told.cohort.refresh_from_db()
    view = cohort_view(told.cohort, EVERYBODY, august(as_of), august(known))
    alone = trainee_view(told.first, told.program, august(as_of), august(known))
    return view, view.progress.trainees[told.first.pk], alone.progress


# ---- the curriculum followed


@pytest.fixture
def another(told):
    """A second version, which asks for two modules."""
    with on(2):
        curriculum = f.CurriculumFactory(program=told.program)
        f.EntryFactory(curriculum=curriculum, module=told.entry.module)
        f.EntryFactory(curriculum=curriculum)
        return f.publish(curriculum)


def follow(told, curriculum):
    return services.follow_curriculum(**by(told.user), cohort=told.cohort, curriculum=curriculum, since=august(9))


def asked(told, known):
    """How many modules are asked on the 15th: of the cohort, of its trainee there, and of the trainee alone."""
    view, one, alone = seen_by(told, 15, known)
    return len(view.entries), len(one.required), len(alone.required)


def test_a_version_that_was_entered_later_was_not_followed_then(told, another):
    with on(20):
        follow(told, another)
    assert asked(told, known=19) == (1, 1, 1)
    assert asked(told, known=20) == (2, 2, 2)


def test_a_version_that_was_taken_back_later_was_followed_then(told, another):
    with on(10):
        followed = follow(told, another)
    with on(20):
        services.unfollow_curriculum(**by(told.user), followed=followed, seen=followed.seen)
    assert asked(told, known=9) == (1, 1, 1)
    assert asked(told, known=19) == (2, 2, 2)
    assert asked(told, known=20) == (1, 1, 1)


# ---- what changes in place


def mark(told, **statuses):
    told.session.refresh_from_db()
    now = {row.trainee_id: row.seen for row in told.session.attendance.select_related("act")}
    marks = {getattr(told, who).pk: (status, "") for who, status in statuses.items()}
    services.mark_attendance(**by(told.user), session=told.session, marks=marks, seen=now)
    services.close_register(**by(told.user), session=told.session, seen=told.session.seen)


def reopen(told):
    told.session.refresh_from_db()
    services.reopen_register(**by(told.user), session=told.session, seen=told.session.seen, reason="wrong list")


def test_a_mark_changed_later_stood_as_it_was(told):
    with on(9):
        mark(told, first="absent", second="present")
    with on(20):
        reopen(told)
        mark(told, first="present", second="present")
    for known, attended, status in ((19, 0, Status.NOT_STARTED), (20, 1, Status.IN_TRAINING)):
        view, one, alone = seen_by(told, 15, known)
        assert view.progress.attendance == (1 + attended, 2)
        assert one.attendance.share == alone.attendance.share == (attended, 1)
        assert one.standings[told.entry.module_id].status == status


def test_a_mark_made_later_was_not_there(told):
    with on(20):
        mark(told, first="present", second="present")
    view, one, alone = seen_by(told, 15, 19)
    assert view.progress.open_registers == (told.session.pk,) and view.progress.attendance == (0, 0)
    assert one.attendance.open == alone.attendance.open == (told.session.pk,)
    assert one.standings[told.entry.module_id].status == Status.NOT_STARTED
    assert seen_by(told, 15, 20)[0].progress.attendance == (2, 2)


def test_whom_a_session_was_for_is_told_as_it_stood(told):
    with on(20):
        services.update_session(**by(told.user), session=told.session, seen=told.session.seen, audience=[told.second])
    for known, waits in ((19, (told.session.pk,)), (20, ())):
        _view, one, alone = seen_by(told, 15, known)
        assert one.attendance.open == alone.attendance.open == waits


def test_whom_a_session_was_for_before_it_was_for_all_is_told(told):
    with on(8):
        services.update_session(**by(told.user), session=told.session, seen=told.session.seen, audience=[told.second])
    with on(20):
        services.update_session(**by(told.user), session=told.session, seen=told.session.seen, audience=[])
    for known, waits in ((19, ()), (20, (told.session.pk,))):
        _view, one, alone = seen_by(told, 15, known)
        assert one.attendance.open == alone.attendance.open == waits


def test_a_session_deleted_since_was_held(told):
    with on(20):
        services.delete_session(**by(told.user), session=told.session, seen=told.session.seen)
    for known, held in ((19, 1), (20, 0)):
        view, one, alone = seen_by(told, 15, known)
        assert len(view.progress.sessions) == held
        assert len(one.attendance.open) == len(alone.attendance.open) == held


def test_settings_of_the_program_changed_later_were_as_they_were(told):
    with on(9):
        mark(told, first="absent", second="present")
    with on(10):
        f.RecordFactory(trainee=told.first, entry=told.entry, assessor=told.assessor)  # one of two: 50 %
    new = {"attendance_limit": 80, "trained_from": 50, "practised_from": 20, "weighs_no_go": 7}
    with on(20):
        of_programs.update_program(**by(told.user), program=told.program, seen=told.program.seen, **new)
    for known, band, met, weight in ((19, "U", True, 3), (20, "T", False, 7)):
        view, one, alone = seen_by(told, 15, known)
        assert view.weights["no_go"] == weight
        assert view.progress.modules[told.entry.module_id].band == band
        assert one.requirements_met == alone.requirements_met == met


# ---- tracks


def test_a_track_added_after_the_publication_takes_nothing_from_those_without_one(told):
    """What was for all the tracks there were is for everybody, and stays so."""
    with on(2):
        tracks = [f.TrackFactory(program=told.program) for _ in range(2)]
        curriculum = f.CurriculumFactory(program=told.program)
        entry = f.EntryFactory(curriculum=curriculum)
        for track in tracks:
            f.link_track(entry, track)
        f.publish(curriculum)
    with on(9):
        follow(told, curriculum)
        new = f.TrackFactory(program=told.program)
        in_it = f.EnrolmentFactory(cohort=told.cohort, track=new, since=august(9)).trainee
    view, one, alone = seen_by(told, 15, 20)
    for progress in (one, alone, view.progress.trainees[in_it.pk]):
        assert list(progress.standings) == [entry.module_id]


def test_a_track_archived_before_the_publication_was_none_of_them(told):
    with on(2):
        there, gone = (f.TrackFactory(program=told.program) for _ in range(2))
        of_programs.archive_track(**by(told.user), track=gone, seen=gone.seen)
    with on(3):
        curriculum = f.CurriculumFactory(program=told.program)
        entry = f.EntryFactory(curriculum=curriculum)
        f.link_track(entry, there)
        f.publish(curriculum)
    with on(9):
        follow(told, curriculum)
    _view, one, alone = seen_by(told, 15, 20)
    assert list(one.standings) == list(alone.standings) == [entry.module_id]


# ---- the commander's rating


def test_a_rating_is_told_from_its_day_and_from_when_it_was_written_down(told):
    rate = {"cohort": told.cohort, "module": told.entry.module, "rated_by": "FJELL"}
    with on(9):
        services.rate_module(**by(told.user), **rate, band="U", rated_on=august(9))
    with on(20):
        services.rate_module(**by(told.user), **rate, band="T", rated_on=august(12))

    def rated(as_of, known):
        [line] = overview_of(cohort_view(told.cohort, EVERYBODY, august(as_of), august(known))).modules
        return line.rating and line.rating.band

    assert rated(as_of=15, known=8) is None
    assert rated(as_of=8, known=20) is None
    assert rated(as_of=15, known=19) == "U"
    assert rated(as_of=11, known=20) == "U"
    assert rated(as_of=15, known=20) == "T"


# ---- completions


@pytest.fixture
def completed(told, time_machine):
    """The first trainee, completed as of the 15th; written down on the 18th."""
    with on(10):
        f.RecordFactory(trainee=told.first, entry=told.entry, assessor=told.assessor)
    time_machine.move_to(datetime.datetime(2023, 8, 18, 12, tzinfo=OSLO))
    last = told.first.enrolments.get()
    services.complete(
        **by(told.user), cohort=told.cohort, completed_on=august(15), seen={told.first.pk: str(last.act.key)}
    )
    time_machine.move_to(datetime.datetime(2023, 8, 28, 12, tzinfo=OSLO))
    return Completion.objects.get()


def told_of(told, as_of, known):
    """What a report says of completions, and the page of the trainee: whether one is told, and as revoked."""
    moment = Moment.of(told.program, august(as_of), august(known))
    report = [one.revoked for one in completions_on(moment, EVERYBODY, {}, program=told.program)]
    page = record_of(told.first, told.program, august(as_of), august(known)).completed
    assert report == ([] if page is None else [page.revoked])
    return report


def test_a_completion_is_told_from_its_day_and_from_when_it_was_entered(told, completed):
    assert told_of(told, as_of=14, known=20) == []
    assert told_of(told, as_of=15, known=17) == []
    assert told_of(told, as_of=15, known=18) == [False]


def test_a_revocation_is_told_from_its_day_and_from_when_it_was_entered(told, completed):
    with on(25):
        services.revoke_completion(
            **by(told.user),
            completion=completed,
            seen=completed.seen,
            revoked_on=august(22),
            reason="scores were false",
        )
    assert told_of(told, as_of=26, known=24) == [False]
    assert told_of(told, as_of=21, known=26) == [False]
    assert told_of(told, as_of=22, known=25) == [True]
    assert told_of(told, as_of=15, known=17) == []


# ---- one answer on every page


def test_the_matrix_and_the_page_of_somebody_transferred_agree_on_what_is_outstanding(told):
    """The register of the cohort that they left is still open."""
    with on(15):
        to = f.CohortFactory(program=told.program)
        f.CohortCurriculumFactory(cohort=to, curriculum=told.curriculum)
        before = told.first.enrolments.get()
        f.EnrolmentFactory(trainee=told.first, cohort=to, since=august(15), previous=before)
    row = cohort_view(to, EVERYBODY, august(20)).progress.trainees[told.first.pk]
    alone = trainee_view(told.first, told.program, august(20)).progress
    outstanding = [one.standings[told.entry.module_id].outstanding_in for one in (row, alone)]
    assert outstanding == [(told.session.pk,), (told.session.pk,)]
