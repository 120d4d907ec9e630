"""What Muster gives away as a file it takes back: every row says what stands there already, as CSV and as XLSX."""

import pytest
from django.urls import reverse

from accounts.models import User
from programs.access import with_rights
from programs.models import Curriculum, Program
from tests.seeds.test_seed import loaded, seeded  # noqa: F401  fixtures
from trainees.imports.running import File, kinds_for
from trainees.models import Cohort, Record, Trainee, TrainingSession


def cohorts():
    return list(Cohort.objects.filter(practice=False).select_related("program").order_by("code"))


def of_cohorts(kind, name):
    return [(kind, reverse(name, args=[one.slug]), {}, one) for one in cohorts()]


def of_sessions(kind, name, **which):
    found = TrainingSession.objects.filter(cohort__practice=False, **which).distinct().order_by("pk")
    return [(kind, reverse(name, args=[one.pk]), {}, None) for one in found]


def of_people(kind, table):
    people = Trainee.objects.filter(enrolments__cohort__practice=False).distinct().order_by("roll_number")
    return [(kind, one.get_absolute_url(), {"table": table}, None) for one in people]


FILES = {
    "modules": lambda: [("modules", reverse("programs:module_list"), {}, None)],
    "instructors": lambda: [("instructors", reverse("programs:instructor_list"), {}, None)],
    "people of the program": lambda: [("instructors", reverse("programs:program_people", args=["trd-2023"]), {}, None)],
    "curriculum": lambda: [("curriculum", one.get_absolute_url(), {}, None) for one in Curriculum.objects.all()],
    "rosters": lambda: of_cohorts("roster", "trainees:cohort_roster"),
    "sessions": lambda: of_cohorts("sessions", "trainees:session_list"),
    "schedules": lambda: of_cohorts("sessions", "trainees:cohort_schedule"),
    "registers": lambda: of_sessions("attendance", "trainees:session_detail", attendance__isnull=False)[:8],
    "result sheets": lambda: of_sessions("results", "trainees:session_results", records__isnull=False),
    "records of trainees": lambda: of_people("results", ""),
}


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("files", FILES)
def test_what_is_downloaded_can_be_imported_and_changes_nothing(files, ending, seeded, client):  # noqa: F811
    user = User.objects.get(username="coordinator")
    client.force_login(user)
    program = with_rights(Program.objects.visible_to(user), user).get(code="TRD-2023")
    kinds = kinds_for(program)
    read = 0
    for kind, where, asked, cohort in FILES[files]():
        file = File(kinds[kind], program, client.get(where, asked | {"format": ending}).getvalue(), cohort)
        assert (file.missing, file.unknown) == ([], []), where
        report = file.rehearse(user)
        assert (report.problems, report.undecided, report.writes) == ({}, {}, 0), where
        read += report.counts["unchanged"]
    assert read > 5


def test_a_voided_record_and_a_credit_are_left_where_they_stand(seeded):  # noqa: F811
    """What the test above would not see if the example had none."""
    assert Record.objects.filter(kind="void").exists() or Record.objects.exclude(voids=None).exists()
    assert Record.objects.filter(kind__in=["credit", "exemption"]).exists()
