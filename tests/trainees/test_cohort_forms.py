"""Setting up a cohort: what the form makes of what people write."""

import pytest
from django.urls import reverse

from tests import factories as f
from trainees.models import Cohort


@pytest.mark.parametrize("code", ["1", "BRG-2027-1", "brg-2027-1"])
def test_the_whole_code_is_understood_too(code, send, client, db):
    program = f.ProgramFactory(code="BRG-2027")
    client.force_login(f.RoleFactory(program=program).user)
    where = f"{reverse('trainees:cohort_create')}?program={program.slug}"
    assert send(where, code=code, starts_on="2027-08-02", ends_on="2027-08-27").status_code == 302
    assert str(Cohort.objects.get()) == "BRG-2027-1"


def test_what_is_left_empty_is_told_by_its_name_and_only_once(send, client, db):
    program = f.ProgramFactory()
    client.force_login(f.RoleFactory(program=program).user)
    where = f"{reverse('trainees:cohort_create')}?program={program.slug}"
    answer = send(where, code="1", starts_on="", ends_on="2027-08-27")
    assert answer.status_code == 422 and '<a href="#id_starts_on">Fill in “First day”.</a>' in answer.text
    assert "needed" in client.get(where).text


def test_a_module_of_two_versions_that_a_cohort_follows_is_rated(client, db):
    cohort = f.CohortFactory()
    entry = f.EntryFactory(curriculum__program=cohort.program)
    again = f.EntryFactory(curriculum__program=cohort.program, module=entry.module)
    for curriculum, since in ((entry.curriculum, cohort.starts_on), (again.curriculum, cohort.ends_on)):
        f.publish(curriculum)
        f.CohortCurriculumFactory(cohort=cohort, curriculum=curriculum, since=since)
    client.force_login(f.RoleFactory(program=cohort.program).user)
    where = reverse("trainees:cohort_rate", args=[cohort.slug, entry.module.code])
    assert client.get(where).status_code == 200
