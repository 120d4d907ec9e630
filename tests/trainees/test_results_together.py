"""What a result sheet does to many at once: bulk GO and its undo; closing and opening again; leave for a further attempt."""

import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accounts.models import Act
from tests import factories as f
from tests.trainees.test_session_results import attend, entered, sheet, write  # noqa: F401  sheet is a fixture
from trainees import services
from trainees.models import AttemptLeave, Record
from trainees.services.results import Mark, Place

pytestmark = pytest.mark.django_db


@pytest.fixture
def bulk(course, sheet):  # noqa: F811
    """The program has bulk GO. R-1 and R-2 were there, R-3 was away, R-4 is not marked."""
    write(course.program, bulk_go=True)
    third, _fourth = (f.EnrolmentFactory(cohort=course.cohort, trainee__roll_number=f"R-{n}").trainee for n in (3, 4))
    attend(course, third, "absent")
    return sheet


def undo(course, user):
    act = Act.objects.get(kind="record.bulk")
    return services.undo(user=user, key=uuid.uuid4(), act=act)


def place(course):
    course.program.refresh_from_db()
    course.session.refresh_from_db()
    return Place(course.program, course.module, course.session)


def test_bulk_go_marks_those_present_and_unmarked_in_one_act(bulk, course, client, send, acts):
    assert "GO for 2 present" in client.get(bulk).text
    before = acts()
    assert send(bulk, then="bulk").status_code == 302
    assert entered(course) == [("R-1", "go"), ("R-2", "go")]
    assert acts() == before + 1


def test_bulk_go_leaves_what_is_marked_already(bulk, course, client, send):
    send(bulk, **{f"kind_{course.trainee.pk}": "no_go"})
    assert "GO for 1 present" in client.get(bulk).text
    send(bulk, then="bulk")
    assert entered(course) == [("R-1", "no_go"), ("R-2", "go")]


def test_bulk_go_leaves_whoever_is_blocked_or_at_the_limit(bulk, course, client):
    f.RecordFactory(trainee=course.second, entry=course.entry, kind="no_go", holds_from="2023-08-08")
    write(course.program, attempt_limit=1)
    assert "GO for 1 present" in client.get(bulk).text
    draft = f.CurriculumFactory(program=course.program)
    first = f.EntryFactory(curriculum=draft, module=course.module, position=1)
    f.link_prerequisite(first, f.EntryFactory(curriculum=draft, module=course.scored.module, position=2))
    f.publish(draft)
    f.CohortCurriculumFactory(cohort=course.cohort, curriculum=draft, since="2023-08-10")
    assert 'value="bulk"' not in client.get(bulk).text


def test_bulk_go_is_off_unless_the_program_has_it(sheet, course, client):  # noqa: F811
    assert 'value="bulk"' not in client.get(sheet).text
    with pytest.raises(ValidationError, match="no GO for several"):
        services.mark_bulk_go(user=course.instructor, key=uuid.uuid4(), at=place(course))


def test_a_module_with_a_pass_mark_has_no_bulk_go_and_says_so(bulk, course, client):
    session = f.TrainingSessionFactory(cohort=course.cohort, module=course.scored.module, kind="assessment")
    page = client.get(reverse("trainees:session_results", args=[session.pk])).text
    assert 'value="bulk"' not in page
    assert "A GO needs a score here" in page


def test_bulk_go_twice_is_done_once_and_with_nobody_left_refused(bulk, course, acts):
    key = uuid.uuid4()
    once = {"user": course.instructor, "at": place(course)}
    first = services.mark_bulk_go(key=key, **once)
    assert services.mark_bulk_go(key=key, **once) == first
    with pytest.raises(ValidationError, match="Nobody is left"):
        services.mark_bulk_go(key=uuid.uuid4(), **once)


def test_bulk_go_is_undone_but_for_what_was_changed_since(bulk, course, client, send):
    send(bulk, then="bulk")
    assert "Several were marked GO at once" in client.get(bulk).text
    send(bulk, **{f"kind_{course.second.pk}": "no_go"})
    undone = undo(course, course.instructor)
    assert (undone.rows, undone.kept) == (1, ("R-2 SOKIL",))
    assert entered(course) == [("R-2", "no_go")]
    assert "Several were marked GO at once" not in client.get(bulk).text


def test_a_viewer_neither_marks_nor_undoes(bulk, course, send):
    with pytest.raises(PermissionDenied):
        services.mark_bulk_go(user=course.viewer, key=uuid.uuid4(), at=place(course))
    send(bulk, then="bulk")
    with pytest.raises(PermissionDenied):
        undo(course, course.viewer)


def test_results_close_once_everybody_who_was_there_has_one_or_a_reason_why_not(sheet, course, client, send):  # noqa: F811
    refused = send(sheet, then="close", **{f"kind_{course.trainee.pk}": "go"})
    assert refused.status_code == 422
    assert "R-2 SOKIL" in refused.text
    assert not Record.objects.exists()  # both or neither
    words = {f"kind_{course.second.pk}": "not_assessed", f"reason_{course.second.pk}": "weather"}
    assert send(sheet, then="close", **{f"kind_{course.trainee.pk}": "go"}, **words).status_code == 302
    course.session.refresh_from_db()
    assert course.session.results_closed_at is not None
    assert "A change needs a reason" in client.get(sheet).text


def test_who_was_away_keeps_no_results_open(sheet, course, send):  # noqa: F811
    attend(course, course.second, "excused")
    assert send(sheet, then="close", **{f"kind_{course.trainee.pk}": "go"}).status_code == 302


def test_closed_results_open_again_with_a_reason(sheet, course, send, client):  # noqa: F811
    for one in (course.trainee, course.second):
        attend(course, one, "absent")
    send(sheet, then="close")
    where = reverse("trainees:results_reopen", args=[course.session.pk])
    assert send(where, reason="").status_code == 422
    assert send(where, reason="a paper came late").status_code == 302
    course.session.refresh_from_db()
    assert course.session.results_closed_at is None
    assert Act.objects.get(kind="results.reopen").reason == "a paper came late"


def test_results_of_a_session_of_instruction_are_never_closed(course, client):
    with pytest.raises(ValidationError, match="assessment or retake"):
        services.close_results(
            user=course.coordinator, key=uuid.uuid4(), session=course.session, seen=course.session.act.key
        )


def test_a_substitute_goes_on_where_somebody_left_off(sheet, course, client, send):  # noqa: F811
    send(sheet, **{f"kind_{course.trainee.pk}": "go"})
    client.force_login(course.coordinator)
    assert send(sheet, **{f"kind_{course.second.pk}": "go"}).status_code == 302
    page = client.get(sheet)
    assert [row.line.needs_word for row in page.context["form"].here] == [True, False]
    assert "instructor" in page.text


def test_only_a_coordinator_allows_a_further_attempt_and_says_why(course, client, send):
    write(course.program, attempt_limit=1)
    where = reverse("trainees:leave_create", args=[course.trainee.uuid, "trd", "MED"])
    client.force_login(course.coordinator)
    assert (
        "Allow a further attempt" in client.get(reverse("trainees:cell", args=[course.trainee.uuid, "trd", "MED"])).text
    )
    assert send(where, reason=" ").status_code == 422
    assert send(where, reason="injured at the first").status_code == 302
    assert AttemptLeave.objects.get().reason == "injured at the first"
    of = {"trainee": course.trainee, "program": course.program, "module": course.module, "reason": "so"}
    with pytest.raises(PermissionDenied):
        services.allow_attempt(user=course.instructor, key=uuid.uuid4(), **of)


def test_several_marks_refused_are_named_by_trainee(course, sheet):  # noqa: F811
    marks = {course.trainee: Mark("not_assessed", ""), course.second: Mark("go", "")}
    with pytest.raises(ValidationError) as refused:
        services.mark_results(user=course.instructor, key=uuid.uuid4(), at=place(course), marks=marks)
    assert list(refused.value.message_dict) == [f"reason_{course.trainee.pk}"]
