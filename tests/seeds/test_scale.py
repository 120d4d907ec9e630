"""Programs of any size: the same from the same seed, through the services, once."""

import io
from collections import Counter

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Act
from programs.access import EVERYBODY
from programs.models import Program
from tests.factories import PASSWORD
from trainees.models import Attendance, Cohort, Enrolment, Record
from trainees.selectors.progress import cohort_view


def load(*words):
    said, warned = io.StringIO(), io.StringIO()
    call_command("seed", *words, stdout=said, stderr=warned)
    return said.getvalue(), warned.getvalue()


SAME = (
    {"go": 156, "no_go": 81},
    {"present": 167, "late": 5, "excused": 5, "absent": 3},
    {"active": 10},
)


def counted():
    return (
        Counter(Record.objects.values_list("kind", flat=True)),
        Counter(Attendance.objects.values_list("status", flat=True)),
        Counter(Enrolment.objects.values_list("status", flat=True)),
    )


@pytest.fixture(autouse=True)
def password(monkeypatch):
    monkeypatch.setenv("MUSTER_DEMO_PASSWORD", PASSWORD)


def test_a_scale_is_loaded_once_and_its_pages_have_its_numbers(db):
    said, _ = load("--scale", "3x8x12", "--programs", "2")
    assert said.splitlines() == ["1 of 3 cohorts", "2 of 3 cohorts", "3 of 3 cohorts"]
    assert [Cohort.objects.filter(program=one).count() for one in Program.objects.order_by("code")] == [2, 1]
    before, acts = counted(), Act.objects.count()
    for cohort in Cohort.objects.all():
        progress = cohort_view(cohort, EVERYBODY).progress
        cells = {
            (record.trainee_id, record.module_id)
            for record in Record.objects.filter(kind="go", entry__required=True, trainee__enrolments__cohort=cohort)
        }
        assert progress.coverage.part == len({cell for cell in cells if cell[0] in progress.counted})
        assert progress.attendance.whole and not progress.open_registers
    _, warned = load("--scale", "3x8x12", "--programs", "2")
    assert warned == "It is there already, and stays as it is.\n"
    assert (counted(), Act.objects.count()) == (before, acts)


def test_the_same_seed_gives_the_same_and_another_gives_others(db):
    load("--scale", "1x10x20")
    one = counted()
    assert one == SAME
    load("--scale", "1x10x20", "--seed", "2")
    assert counted() != tuple(some + some for some in one)


@pytest.mark.parametrize("words", ["", "10", "10x10", "0x1x1", "10x10x10x10", "tenxtenxten"])
def test_a_scale_that_is_none_is_refused_in_words(db, words):
    with pytest.raises(CommandError, match="--scale 100x30x40"):
        load(f"--scale={words}")
