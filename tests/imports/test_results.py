"""Files of results, credits and exemptions."""

import datetime
import uuid
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.imports import Refused
from accounts.models import Act
from programs.models import AssignmentModule, SkillModule
from tests import factories as f
from trainees import services
from trainees.models import AttemptLeave, Attendance, Record, Trainee, TrainingSession

from .telling import said, tell
from .test_modules import changes, outcome

HEAD = "roll_number,module,kind,assessed_on,score,assessor,reason,session,record,at_time,recertification\n"


def refused(program, user, *rows):
    return [
        (line, label, words)
        for line, label, _value, words in said(tell("results", HEAD + "\n".join(rows), user, program, rehearse=True))
    ]


def test_a_row_met_by_a_row_before_it_counts_for_those_after(program, coordinator, cohort):
    rows = ["R-1,TAC,go,2023-08-10,,NOR-1", "R-1,MED,go,2023-08-11,,NOR-1"]
    pad = ",,,,"
    assert outcome(tell("results", HEAD + "\n".join(row + pad + "," for row in rows), coordinator, program)) == {
        "new": 2
    }
    assert refused(program, coordinator, "R-2,MED,go,2023-08-11,,NOR-1,,,,,") == [
        (2, "Reason", "A prerequisite is missing. Say why the result is recorded nevertheless.")
    ]


NOBODY = ("Roll number", "Nobody with the roll number R-9 is in this program. Import the roster first.")
ASSESSOR, RECORD = "Staff number of the assessor", "Number of the record"
NO_PASS = ("Recertification", "There is no earlier pass to recertify. Record an ordinary result.")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            "R-9,TAC,go,2023-08-10,,NOR-1,,,,,",
            NOBODY,
        ),
        ("R-1,XXX,go,2023-08-10,,NOR-1,,,,,", ("Module", "There is no module XXX in the catalogue.")),
        (
            "R-1,TAC,go,2023-08-10,,NOR-9,,,,,",
            (ASSESSOR, "There is no instructor with the staff number NOR-9."),
        ),
        ("R-1,TAC,go,2023-08-10,,,,,,,", (ASSESSOR, "Name the assessor.")),
        ("R-1,TAC,go,,,NOR-1,,,,,", ("Assessed on", "Say on which day, or name the session.")),
        ("R-1,TAC,go,2023-08-01,,NOR-1,,,,,", ("", "R-1 SOKIL1 was not on the roster on 1 Aug 2023.")),
        ("R-1,TAC,go,2099-08-10,,NOR-1,,,,,", ("Assessed on", "This day has not come yet.")),
        ("R-1,TAC,not_assessed,2023-08-10,,,,,,,", ("Reason", "Say why it could not be assessed.")),
        ("R-1,TAC,go,2023-08-10,101,NOR-1,,,,,", ("Score", "Ensure this value is less than or equal to 100.")),
        ("R-1,TAC,go,2023-08-10,,NOR-1,,999999,,,", ("Number of the session", "This program has no session 999999.")),
        (
            "R-1,TAC,go,2023-08-10,,NOR-1,,,999999,,",
            (RECORD, "No record 999999 of this trainee, module and day stands."),
        ),
        (
            "R-1,TAC,go,2023-08-10,,NOR-1,,,,,yes",
            NO_PASS,
        ),
    ],
)
def test_what_the_page_would_refuse_is_refused_in_its_words(row, told, program, coordinator, cohort):
    assert refused(program, coordinator, row) == [(2, *told)]


def test_a_module_with_a_pass_mark_wants_the_score(program, coordinator, cohort):
    entry = f.EntryFactory(curriculum=f.CurriculumFactory(program=program, number=2), module__code="NAV", pass_mark=70)
    f.publish(entry.curriculum)
    f.CohortCurriculumFactory(cohort=cohort, curriculum=entry.curriculum, since=datetime.date(2023, 8, 9))
    rows = (
        "R-1,NAV,go,2023-08-10,,NOR-1,,,,,",
        "R-1,NAV,go,2023-08-10,69.5,NOR-1,,,,,",
        "R-2,NAV,no_go,2023-08-10,80,NOR-1,,,,,",
    )
    assert [words for _line, _label, words in refused(program, coordinator, *rows)] == [
        "A GO needs a score here: the pass mark is 70.",
        "A GO needs a score of at least 70.",
        "The score reaches the pass mark of 70. Say why it is a NO-GO nevertheless.",
    ]


def test_somebody_of_another_program_is_nobody_here_and_a_session_is_of_its_day_and_cohort(
    program, coordinator, cohort
):
    f.EnrolmentFactory(trainee=f.TraineeFactory(roll_number="R-9"))
    assert refused(program, coordinator, "R-9,TAC,go,2023-08-10,,NOR-1,,,,,") == [(2, *NOBODY)]
    module = SkillModule.objects.get(code="TAC")
    session = f.TrainingSessionFactory(cohort=cohort, module=module)
    other = f.TrainingSessionFactory(cohort=f.CohortFactory(program=program, code="2"), module=module)
    day = session.starts_on + datetime.timedelta(days=1)
    rows = (
        f"R-1,TAC,go,{day},,NOR-1,,{session.pk},,,",
        f"R-2,TAC,go,{other.starts_on},,NOR-1,,{other.pk},,,",
    )
    assert [(label, words.split(" ")[0]) for _line, label, words in refused(program, coordinator, *rows)] == [
        ("Assessed on", "The"),
        ("Number of the session", "R-2"),
    ]


def test_two_attempts_of_one_day_are_two_where_session_or_time_tell_them_apart(program, coordinator, cohort):
    first = "R-1,TAC,no_go,2023-08-10,,NOR-1,,,,,"
    tell("results", HEAD + first, coordinator, program)
    [(_line, label, words)] = refused(program, coordinator, "R-1,TAC,go,2023-08-10,,NOR-1,,,,,")
    assert label == "Result" and words.startswith("NO-GO stands on this day already.")
    assert outcome(tell("results", HEAD + "R-1,TAC,go,2023-08-10,,NOR-1,,,,15:00,", coordinator, program)) == {"new": 1}
    both = HEAD + first + "\nR-1,TAC,go,2023-08-10,,NOR-1,,,,15:00,"
    assert outcome(tell("results", both, coordinator, program, rehearse=True)) == {"unchanged": 2}


def test_a_correction_names_the_record_and_the_reason(program, coordinator, cohort):
    tell("results", HEAD + "R-1,TAC,no_go,2023-08-10,,NOR-1,,,,,", coordinator, program)
    wrong = Record.objects.get()
    row = f"R-1,TAC,go,2023-08-10,,NOR-1,{{why}},,{wrong.pk},,"
    assert refused(program, coordinator, row.format(why="")) == [(2, "Reason", "Say what was wrong.")]
    report = tell("results", HEAD + row.format(why="Wrong line"), coordinator, program)
    assert changes(report) == [("Result", "NO-GO", "GO")]
    assert Record.objects.latest("pk").voids == wrong


def test_the_limit_of_attempts_counts_the_rows_of_the_file(program, coordinator, cohort):
    f.do(lambda act: type(program).objects.filter(pk=program.pk).update(act=act, attempt_limit=2))
    program.refresh_from_db()
    rows = [f"R-1,TAC,no_go,2023-08-1{n},,NOR-1,,,,," for n in range(3)]
    [(line, _label, words)] = refused(program, coordinator, *rows)
    assert line == 4 and words.startswith("This would be attempt 3, and the program allows 2.")
    who, module = Trainee.objects.get(roll_number="R-1"), SkillModule.objects.get(code="TAC")
    f.do(lambda act: AttemptLeave.objects.create(act=act, trainee=who, program=program, module=module, reason="x"))
    assert refused(program, coordinator, *rows) == []


def test_the_database_s_own_rules_name_the_row_too(program, coordinator, cohort):
    limited = f.AssignmentFactory(program=program, instructor__code="NOR-2")
    module = SkillModule.objects.get(code="MED")
    f.do(lambda act: AssignmentModule.objects.create(act=act, assignment=limited, module=module))
    session = f.TrainingSessionFactory(cohort=cohort, module=SkillModule.objects.get(code="TAC"))
    f.do(
        lambda act: Attendance.objects.create(
            act=act, session=session, trainee=Trainee.objects.get(roll_number="R-1"), status="absent"
        )
    )
    day = session.starts_on.isoformat()
    found = refused(
        program,
        coordinator,
        f"R-1,TAC,go,{day},,NOR-1,,{session.pk},,,",
        f"R-2,TAC,go,{day},,NOR-2,,,,,",
    )
    assert [line for line, _label, _words in found] == [2, 3]
    assert found[0][1:] == ("Reason", "The register says that they were not there. Say why there is a result.")


def test_a_file_costs_the_same_for_any_number_of_rows(program, coordinator, cohort):
    def file(many):
        people = [f"X{many}-{n}" for n in range(many)]
        tell(
            "roster",
            "roll_number,call_sign\n" + "\n".join(f"{one},C{one}" for one in people),
            coordinator,
            program,
            cohort=cohort,
        )
        rows = [(n, [one, "TAC", "go", "2023-08-10", "NOR-1"]) for n, one in enumerate(people, 2)]
        return SimpleNamespace(columns=("roll_number", "module", "kind", "assessed_on", "assessor"), rows=rows)

    costs = []
    for many in (3, 40):
        some = file(many)
        with CaptureQueriesContext(connection) as asked:
            tell("results", some, coordinator, program)
        costs.append(len(asked))
    assert costs == [costs[0]] * 2 and costs[0] < 25


def test_what_was_corrected_by_an_import_stands_again_once_that_is_undone(program, coordinator, cohort):
    tell("results", HEAD + "R-1,TAC,no_go,2023-08-10,40,NOR-1,,,,,", coordinator, program)
    wrong = Record.objects.get()
    tell("results", HEAD + f"R-1,TAC,go,2023-08-10,80,NOR-1,Wrong line,,{wrong.pk},,", coordinator, program)
    act = Act.objects.filter(kind="import.results").latest("pk")
    services.undo(user=coordinator, key=uuid.uuid4(), act=act)
    last = Record.objects.latest("pk")
    assert (last.kind, last.score, last.voids.act) == ("no_go", 40, act)


def test_what_somebody_recorded_since_stays_and_is_named(program, coordinator, cohort):
    rows = ["R-1,TAC,no_go,2023-08-10,,NOR-1,,,,,", "R-2,TAC,go,2023-08-10,,NOR-1,,,,,"]
    tell("results", HEAD + "\n".join(rows), coordinator, program)
    act = Act.objects.get(kind="import.results")
    tell("results", HEAD + "R-1,TAC,go,2023-08-11,,NOR-1,,,,,", coordinator, program)
    undone = services.undo(user=coordinator, key=uuid.uuid4(), act=act)
    assert (undone.rows, undone.kept) == (1, ("R-1 SOKIL1",))


# ---- credits and exemptions


def test_credits_and_exemptions_come_once_with_authority_and_reason(program, coordinator, cohort):
    text = "roll_number,module,kind,from,until,by,reason\nR-1,TAC,godskrevet,2023-08-08,,HQ,\n"
    text += "R-2,TAC,exemption,08.08.2023,2023-08-30,HQ,{}"
    report = tell("grants", text.format(""), coordinator, program, rehearse=True)
    assert said(report) == [(3, "Reason", "", "Say why.")]
    assert outcome(tell("grants", text.format("Shown before"), coordinator, program)) == {"new": 2}
    with pytest.raises(Refused) as caught:
        tell("grants", text.format("Shown before"), coordinator, program)
    assert outcome(caught.value.report) == {"unchanged": 2}
    assert TrainingSession.objects.count() == 0
