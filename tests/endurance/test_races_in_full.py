"""The races of tests/accounts/test_races.py in full size: `make endurance`."""

import uuid
from collections import Counter

import pytest
from django.db import connection

from accounts.acts import Conflict
from tests import factories as f
from tests.accounts.races import Cell, at_once, race, without_the_guards_of_a_cell

pytestmark = [pytest.mark.endurance, pytest.mark.django_db(transaction=True)]


def test_two_clients_250_rounds_on_one_cell():
    cell = Cell()
    assert race(2, 250, cell.version, cell.mark) == {"accepted": 250, "refused": 250}
    cell.assert_one_line(250)


def test_twenty_clients_25_rounds_on_one_cell():
    cell = Cell()
    assert race(20, 25, cell.version, cell.mark) == {"accepted": 25, "refused": 475}
    cell.assert_one_line(25)


def test_the_constraints_alone_250_rounds():
    cell = Cell()
    assert race(2, 250, cell.last, cell.append) == {"accepted": 250, "refused": 250}
    cell.assert_one_line(250)


def test_twin_without_the_constraints_nearly_every_round_forks():
    cell = Cell()
    with without_the_guards_of_a_cell():
        assert race(2, 100, cell.last, cell.append) == {"accepted": 200}
        assert cell.forks() >= 90


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_twin_without_the_constraints_looking_before_writing_does_not_help():
    cell = Cell()
    with without_the_guards_of_a_cell():
        race(2, 100, cell.version, cell.mark)
        assert cell.forks() >= 20


def test_the_same_key_ten_times_at_once_in_fifty_rounds():
    cell = Cell()
    for _round in range(50):
        seen, key = cell.version(), uuid.uuid4()
        answers = at_once(*[lambda seen=seen, key=key: cell.mark(seen, key=key)] * 10)
        assert answers == [cell.last()] * 10
    cell.assert_one_line(50)


def test_one_key_for_different_bodies_and_users_in_fifty_rounds():
    cell = Cell()
    other = f.RoleFactory(program=cell.program).user
    outcomes = Counter()
    for _round in range(50):
        seen, key = cell.version(), uuid.uuid4()
        wishes = ({}, {"kind": "no_go"}, {"user": other})
        answers = at_once(*(lambda seen=seen, key=key, wish=wish: cell.mark(seen, key=key, **wish) for wish in wishes))
        outcomes.update("refused" if isinstance(answer, Conflict) else type(answer).__name__ for answer in answers)
    assert outcomes == {"Record": 50, "refused": 100}
    cell.assert_one_line(50)
