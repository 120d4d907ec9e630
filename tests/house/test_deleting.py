"""What others hang on cannot be deleted: the page says what hangs there and offers archiving instead."""

import uuid

import pytest
from django.urls import reverse

from tests import factories as f
from trainees.models import Cohort, Group


@pytest.fixture
def used(db):
    """A program in use, and pages that ask whether to delete something of it that others hang on."""
    program = f.ProgramFactory(code="TRD")
    entry = f.EntryFactory(curriculum__program=program, module__code="MED")
    f.publish(entry.curriculum)
    cohort = f.CohortFactory(program=program, code="1")
    f.CohortCurriculumFactory(cohort=cohort, curriculum=entry.curriculum)
    track = f.TrackFactory(program=program, code="SL")
    f.EnrolmentFactory(cohort=cohort, track=track)
    instructor = f.AssignmentFactory(program=program).instructor
    f.RecordFactory(trainee=cohort.enrolments.get().trainee, entry=entry, assessor=instructor)
    program.coordinator = f.RoleFactory(program=program).user
    program.pages = {
        "program": (program, "programs:program", [program.slug], "1 cohort"),
        "track": (track, "programs:track", [program.slug, "SL"], "1 place"),
        "module": (entry.module, "programs:module", ["MED"], "1 module of a curriculum"),
        "instructor": (instructor, "programs:instructor", [instructor.code], "1 record"),
        "cohort": (cohort, "trainees:cohort", [cohort.slug], "1 place"),
    }
    return program


@pytest.mark.parametrize("what", ["program", "track", "module", "instructor", "cohort"])
def test_before_anything_is_pressed_the_page_says_what_hangs_there_and_offers_archiving(what, used, client):
    row, name, args, hangs = used.pages[what]
    client.force_login(used.coordinator)
    where = reverse(f"{name}_delete", args=args)
    text = client.get(where).text
    assert hangs in text and f'formaction="{reverse(f"{name}_archive", args=args)}"' in text
    assert "btn danger" not in text

    form = client.get(where).context["form"]
    sent = {"key": form["key"].value(), "seen": form["seen"].value(), "archived": "1"}
    refused = client.post(where, sent)  # whoever presses all the same
    assert refused.status_code == 422 and hangs in refused.text
    row.refresh_from_db()
    assert row.archived_at is None
    answer = client.post(reverse(f"{name}_archive", args=args), sent | {"key": uuid.uuid4()}, follow=True)
    row.refresh_from_db()
    assert answer.status_code == 200 and row.archived_at is not None


def test_what_goes_along_does_not_keep_it(client, db):
    cohort = f.CohortFactory(code="1", program__code="TRD")
    f.GroupFactory(cohort=cohort)
    client.force_login(f.RoleFactory(program=cohort.program).user)
    where = reverse("trainees:cohort_delete", args=[cohort.slug])
    page = client.get(where)
    assert "btn danger" in page.text and "Archive it instead" not in page.text
    form = page.context["form"]
    assert client.post(where, {"key": form["key"].value(), "seen": form["seen"].value()}).status_code == 302
    assert not Cohort.objects.exists() and not Group.objects.exists()
