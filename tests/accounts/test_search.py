"""Searching finds a word in any case and script, and thousands of numbers, on both engines."""

import pytest

from accounts.fields import folded
from tests import factories as f
from trainees.models import Enrolment, Trainee

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("Олена", "олена"),
        ("олена", "ОЛЕНА"),
        ("ЇЖАК", "їжак"),
        ("Їжак", "и\u0306жак".replace("и\u0306", "і\u0308")),
        ("Ґедзь", "ґЕДЗЬ"),
        ("BJØRN", "bjørn"),
        ("Ærlig", "ÆRLIG"),
        ("Ålesund", "a\u030alesund"),
        ("STRASSE", "straße"),
        ("SOKIL", "okil"),
        ("100%", "0%"),
        ("A_B", "a_b"),
    ],
)
def test_a_word_is_found_whatever_its_case_and_form(stored, asked):
    f.TraineeFactory(call_sign=stored)
    f.TraineeFactory(call_sign="OTHER")
    assert [trainee.call_sign for trainee in Trainee.objects.searched(asked)] == [stored]


def test_every_word_has_to_occur_somewhere():
    f.TraineeFactory(roll_number="UA-17", call_sign="СОКІЛ")
    assert Trainee.objects.searched("сокіл ua-17").exists()
    assert not Trainee.objects.searched("сокіл ua-18").exists()


@pytest.mark.parametrize("nothing", ["", "  ", None])
def test_no_words_find_everything(nothing):
    f.TraineeFactory()
    assert Trainee.objects.searched(nothing).count() == 1


@pytest.mark.parametrize("wild", ["%", "_", "\\"])
def test_wild_cards_are_plain_letters(wild):
    f.TraineeFactory(call_sign="SOKIL")
    assert not Trainee.objects.searched(wild).exists()


def test_folding_twice_is_folding_once():
    for text in ("Олена", "straße", "ǅ", "ﬁ", "İ", "\u0345"):
        assert folded(folded(text)) == folded(text)


def test_rows_are_found_among_any_number_of_others():
    places = [f.EnrolmentFactory() for _ in range(3)]
    wanted = {places[0].trainee_id, places[2].trainee_id, *range(10**6, 10**6 + 40_000)}
    found = Enrolment.objects.filter(trainee__among=wanted).order_by("pk")
    assert list(found) == [places[0], places[2]]
    assert not Enrolment.objects.filter(trainee__among=[]).exists()
