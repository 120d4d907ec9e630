"""Where things stand in a chart: nothing outside of it, nothing divided by zero, labels apart."""

import re
from itertools import pairwise

import pytest

from trainees.charts import MARKS, drawn, fields, path, place, spread, ticks
from trainees.progress import Share


def test_a_day_is_told_at_its_end_and_the_last_day_ends_the_chart():
    assert [place(n, 4) for n in (1, 2, 4)] == ["25%", "50%", "100%"]
    assert place(1, 1) == "100%"


def test_a_line_changes_within_a_day_and_stays_until_the_next_change():
    assert path([(1, Share(0, 4)), (2, Share(1, 4)), (5, Share(4, 4))], 5) == "M20 100L40 75H80L100 0"


def test_where_nothing_is_counted_there_is_a_gap_and_no_number_stands_for_it():
    points = [(1, Share(0, 0)), (2, Share(1, 2)), (3, Share(0, 0)), (4, Share(2, 2))]
    assert path(points, 4) == "M50 50M100 0"
    assert path([(1, Share(0, 0))], 1) == ""
    assert [line.name for line in drawn([("none", points[:1]), ("some", points)], 4)] == ["some"]


@pytest.mark.parametrize("part", [0, 1, 3])
def test_a_course_of_a_single_day_is_a_point(part):
    [line] = drawn([("met", [(1, Share(part, 3))])], 1)
    assert (line.x, line.first, line.last) == ("100%", Share(part, 3), Share(part, 3))
    assert re.fullmatch(r"M100 (0|100|66\.67)", line.path) and line.y == line.path.partition(" ")[2] + "%"


def test_a_line_keeps_its_look_when_another_has_no_number():
    looks = [line.look for line in drawn([("a", []), ("b", [(1, Share(1, 1))]), ("c", [(1, Share(0, 1))])], 1)]
    assert looks == [2, 3]


def test_each_day_answers_until_the_next_one():
    assert list(fields([1, 3, 4], 4)) == [("0%", "50%"), ("50%", "25%"), ("75%", "25%")]
    assert list(fields([1], 1)) == [("0%", "100%")]
    assert list(fields([], 5)) == []


@pytest.mark.parametrize("length", [1, 2, 4, 5, 13, 29, 90, 366, 1456, 1457, 5000])
def test_the_axis_names_few_days_in_even_steps_from_the_first(length):
    named = ticks(length)
    assert named[0] == 1 and named[-1] <= length and len(named) <= MARKS
    assert len({after - before for before, after in pairwise(named)}) <= 1


def test_labels_stand_apart_in_their_order_within_the_chart():
    assert spread([50, 50.0, 52], 10) == [50, 60, 70]
    assert spread([100, 100, 10], 10) == [90, 100, 10]
    assert spread([0, 100], 10) == [0, 100]
    assert spread([]) == []
