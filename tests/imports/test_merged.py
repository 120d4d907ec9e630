"""A file that names a number which was merged into another one means that one, and says so."""

import uuid

import pytest

from tests import factories as f
from trainees import services
from trainees.models import Attendance, Enrolment, Identity, Record, SessionAudience, Trainee, TrainingSession

from .telling import tell


@pytest.fixture
def merged(program, cohort, coordinator):
    """R-2 goes on as R-1."""
    kept, old = Trainee.objects.select_related("act").filter(enrolments__cohort=cohort).order_by("roll_number")
    said = {"user": coordinator, "kept": kept, "old": old}
    report = services.rehearse_merging(**said)
    seen = {"seen_kept": kept.seen, "seen_old": old.seen}
    services.merge_trainees(key=uuid.uuid4(), expected=report.digest, reason="Twice", **seen, **said)
    return kept


def named(report):
    return [(sort, one.what) for sort, rows in report.rows.items() for _line, one in rows]


def test_of_a_roster_the_place_is_taken_and_the_person_left_as_they_are(merged, program, cohort, coordinator):
    f.GroupFactory(cohort=cohort, code="A")
    text = "roll_number,call_sign,family_name,group,since\nr-2,VOVK,Koval,A,2023-08-09"
    assert named(tell("roster", text, coordinator, program)) == [("changed", "r-2, now R-1 SOKIL1")]
    merged.refresh_from_db()
    assert merged.call_sign == "SOKIL1"
    assert not Identity.objects.exists()
    assert Enrolment.objects.standing().filter(group__code="A").get().trainee == merged


def test_somebody_new_is_not_asked_about_a_merged_number(merged, program, cohort, coordinator):
    report = tell("roster", "roll_number,call_sign\nR-9,SOKIL2", coordinator, program, cohort=cohort)
    assert named(report) == [("new", "R-9 SOKIL2, TRD-1")]


def test_marks_results_and_grants_are_of_the_kept_number(merged, program, cohort, coordinator):
    module = Record._meta.get_field("module").related_model.objects.get(code="TAC")
    session = f.TrainingSessionFactory(cohort=cohort, module=module)
    files = {
        "attendance": f"session,roll_number,attendance\n{session.pk},R-2,late",
        "results": "roll_number,module,kind,assessed_on,assessor\nR-2,TAC,go,2023-08-10,NOR-1",
        "grants": "roll_number,module,kind,holds_from,authority\nR-2,MED,credit,2023-08-10,Colonel",
    }
    for kind, text in files.items():
        ((sort, what),) = named(tell(kind, text, coordinator, program))
        assert (sort, what.startswith("R-2, now R-1 SOKIL1, ")) == ("new", True)
    assert Attendance.objects.get().trainee == merged
    assert {one.trainee for one in Record.objects.all()} == {merged}


def test_so_are_named_trainees_of_a_session(merged, program, cohort, coordinator):
    text = "cohort,module,kind,starts_at,ends_at,audience\n1,TAC,instruction,2023-08-09 08:00,2023-08-09 10:00,R-2"
    tell("sessions", text, coordinator, program)
    assert SessionAudience.objects.get(session=TrainingSession.objects.get()).trainee == merged
