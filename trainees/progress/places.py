"""Where a trainee is in a program: one line of dated entries, so nobody is in two places on a day."""

from collections.abc import Sequence

from .values import Day, Place, PlaceStatus


def timeline(places: Sequence[Place], known: Day) -> list[Place]:
    """The entries in force in their order, one a day: each holds until the next begins."""
    voided = {place.voids for place in places if place.voids is not None and place.recorded_on <= known}
    by_day: dict[Day, Place] = {}
    for place in sorted(places, key=lambda place: (place.since, place.id)):
        if place.recorded_on <= known and place.id not in voided and place.status != PlaceStatus.VOID:
            by_day[place.since] = place
    return list(by_day.values())


def place_on(places: Sequence[Place], day: Day, known: Day) -> Place | None:
    """The trainee's place on a day, as known on another; None before the first."""
    return last_by(timeline(places, known), day)


def place_in(places: Sequence[Place], cohort: int, day: Day, known: Day) -> tuple[Place | None, Place | None]:
    """The trainee's last place in a cohort by a day, and where they are on that day: the same one unless they moved on."""
    line = timeline(places, known)
    return last_in(line, cohort, day), last_by(line, day)


def last_by(line: Sequence[Place], day: Day) -> Place | None:
    """Of a timeline, the entry that holds on `day`."""
    for place in reversed(line):
        if place.since <= day:
            return place
    return None


def last_in(line: Sequence[Place], cohort: int, day: Day) -> Place | None:
    """Of a timeline, the last entry in `cohort` begun by `day`."""
    return next((place for place in reversed(line) if place.since <= day and place.cohort == cohort), None)
