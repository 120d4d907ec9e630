"""Equal wishes have one digest, on any day; other wishes another one."""

import datetime
import uuid
from decimal import Decimal

import pytest
from django.http import QueryDict

from accounts.digest import digest
from programs.models import SkillModule
from trainees.models import Trainee


@pytest.mark.parametrize(
    ("one", "same"),
    [
        (Decimal("70.0"), Decimal("70")),
        (Decimal("100"), Decimal("1E2")),
        ({"b": 1, "a": 2}, {"a": 2, "b": 1}),
        ({1, 2, 3}, {3, 2, 1}),
        ((1, 2), [1, 2]),
        (datetime.date(2023, 8, 10), datetime.date.fromisoformat("2023-08-10")),
        (uuid.UUID(int=5), uuid.UUID(int=5)),
        (Trainee(pk=1, call_sign="A"), Trainee(pk=1, call_sign="B")),
        (b"a file", b"a file"),
        (QueryDict("a=1&a=2"), QueryDict("a=1&a=2")),
    ],
)
def test_equal_wishes_have_one_digest(one, same):
    assert digest("k", {"x": one}, "") == digest("k", {"x": same}, "")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Decimal("70"), Decimal("70.01")),
        (None, ""),
        (None, "None"),
        (True, "True"),
        ([1, 2], [2, 1]),
        (Trainee(pk=1), SkillModule(pk=1)),
        (datetime.date(2023, 8, 10), datetime.date(2023, 8, 11)),
        (b"a file", b"another"),
        (QueryDict("a=1&a=2"), QueryDict("a=3&a=2")),
    ],
)
def test_other_wishes_have_another_digest(one, other):
    assert digest("k", one, "") != digest("k", other, "")


def test_a_digest_needs_lasting_text():
    with pytest.raises(TypeError, match="object"):
        digest("k", object(), "")


def test_a_digest_does_not_let_a_name_be_guessed(settings):
    here = digest("name.write", "Shevchenko", "")
    settings.SECRET_KEY = "another installation's"
    assert digest("name.write", "Shevchenko", "") != here
