"""The Trondheim example is loaded once, through the services, and stands in August 2023."""

import datetime

import pytest
import time_machine
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from accounts.models import Act, Change, User
from programs.access import EVERYBODY
from programs.models import Program
from seeds import accounts, loader
from tests.factories import PASSWORD, do
from trainees.models import Cohort, Identity, Record, Trainee
from trainees.progress import PlaceStatus, Status
from trainees.selectors.progress import cohort_view

DAY = datetime.date


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """The example, loaded once for all tests of this file; each of them works in a savepoint of its own."""
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), transaction.atomic():
        patch.setenv("MUSTER_DEMO_PASSWORD", PASSWORD)
        call_command("seed")
        yield
        transaction.set_rollback(True)


@pytest.fixture
def seeded(loaded, db):
    return {cohort.code: cohort for cohort in Cohort.objects.select_related("program")}


def test_the_example_has_everything_that_a_page_has_to_show(seeded):
    view = cohort_view(seeded["2"], EVERYBODY)
    statuses = {standing.status for one in view.progress.trainees.values() for standing in one.standings.values()}
    assert statuses == set(Status)
    assert view.progress.places[PlaceStatus.WITHDRAWN] and cohort_view(seeded["1"], EVERYBODY).progress.transferred
    assert any(one.due_to_expire for who in view.progress.trainees.values() for one in who.standings.values())
    assert any(one.by_credit for who in view.progress.trainees.values() for one in who.standings.values())
    assert Record.objects.filter(voids__isnull=False).exists()
    assert [Trainee.objects.filter(enrolments__cohort=seeded[code]).distinct().count() for code in "12"] == [24, 31]


def test_loaded_again_it_changes_nothing(seeded):
    before = Act.objects.count(), Change.objects.count()
    call_command("seed")
    assert (Act.objects.count(), Change.objects.count()) == before


def test_what_was_known_in_august_2023_can_be_asked(seeded):
    then, now = (
        cohort_view(seeded["2"], EVERYBODY, as_of=DAY(2023, 8, 18), known=known).progress
        for known in (DAY(2023, 8, 18), None)
    )
    assert then.coverage.part < now.coverage.part  # results of that week which were typed later
    assert cohort_view(seeded["2"], EVERYBODY, known=DAY(2023, 8, 6)).progress.coverage.part == 0
    assert not Act.objects.filter(kind__startswith="record.", at__year__gt=2023, scope__isnull=False).exclude(
        pk__in=Record.objects.filter(holds_from__year__gt=2023).values("act")
    )


def test_every_row_of_it_is_in_the_trail(seeded):
    noted = set(Change.objects.filter(table="trainees_record", before__isnull=True).values_list("row", flat=True))
    assert noted == {str(pk) for pk in Record.objects.values_list("pk", flat=True)}


def test_nobody_in_it_has_a_name_but_those_invented_for_trying(seeded):
    roots = ("приклад", "вигад", "pryklad", "vygad", "zrazk")  # example, invented, specimen
    names = [f"{row.family_name} {row.given_name}".casefold() for row in Identity.objects.all()]
    assert len(names) == 3 and all(any(root in name for root in roots) for name in names), names


def test_the_practice_intake_moves_with_the_day(seeded):
    (first,) = Cohort.objects.filter(practice=True, archived_at=None)
    assert first.starts_on == timezone.localdate() - datetime.timedelta(days=loader.BEGUN_DAYS_AGO)
    call_command("seed", refresh_practice=True)
    assert Cohort.objects.filter(practice=True).get() == first  # begun today already
    with time_machine.travel(timezone.now() + datetime.timedelta(days=3)):
        call_command("seed", refresh_practice=True)
    (second,) = Cohort.objects.filter(practice=True, archived_at=None)
    assert second.starts_on == first.starts_on + datetime.timedelta(days=3)
    first.refresh_from_db()
    assert first.archived_at is not None


def test_other_files_than_those_loaded_are_told_and_change_nothing(seeded, tmp_path, monkeypatch, capsys):
    for path in loader.FOLDER.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "ratings.csv").write_text("changed\n")
    monkeypatch.setattr(loader, "FOLDER", tmp_path)
    before = Act.objects.count()
    call_command("seed")
    assert "loaded earlier" in capsys.readouterr().err
    assert Act.objects.count() == before


def test_the_accounts_have_the_roles_that_the_readme_names(seeded, capsys):
    program = Program.objects.get()
    kinds = dict(program.roles.values_list("user__username", "kind"))
    assert kinds == {
        "administrator": "coordinator",
        "coordinator": "coordinator",
        "instructor": "instructor",
        "liaison": "viewer",
    }
    assert User.objects.get(username="administrator").is_superuser
    call_command("seed", accounts=True)
    told = capsys.readouterr().out
    assert "administrator, coordinator, instructor, liaison; password correct horse" in told and "Not with" not in told


def test_a_password_is_told_for_those_only_who_have_it(seeded, capsys):
    def change(act):
        for name, field, value in (
            ("coordinator", "password", make_password("a word of their own")),
            ("instructor", "is_active", False),
            ("liaison", "username", "somebody"),
        ):
            User.objects.filter(username=name).update(**{field: value, "act": act})

    do(change)
    call_command("seed", accounts=True)
    told = capsys.readouterr().out
    assert "Sign in as administrator; password correct horse" in told
    assert "Not with the demonstration's password: coordinator, instructor, liaison (" in told
    do(lambda act: User.objects.update(is_active=False, act=act))
    call_command("seed", accounts=True)
    assert PASSWORD not in capsys.readouterr().out


def test_a_password_is_made_once_and_kept_outside_the_repository(settings, tmp_path, monkeypatch):
    monkeypatch.delenv("MUSTER_DEMO_PASSWORD", raising=False)
    settings.VAR_DIR = tmp_path
    assert accounts.password() == accounts.password() == (tmp_path / "demo-password").read_text()
    assert (tmp_path / "demo-password").stat().st_mode & 0o077 == 0
