"""Who is expected where."""

from dataclasses import dataclass

from ..models import Attendance, Enrolment, Trainee, TrainingSession


def expected_at(session: TrainingSession) -> set[int]:
    """The ids of the trainees a session is for: its audience, as far as active in the cohort on that day."""
    places = Enrolment.objects.in_force(session.starts_on).filter(cohort=session.cohort_id, status="active")
    parts = list(session.audience.values_list("track_id", "group_id", "trainee_id"))
    return {
        trainee
        for trainee, track, group in places.values_list("trainee_id", "track_id", "group_id")
        if not parts
        or any(
            (part_track is not None and part_track == track)
            or (part_group is not None and part_group == group)
            or part_trainee == trainee
            for part_track, part_group, part_trainee in parts
        )
    }


@dataclass(frozen=True)
class Line:
    """One trainee in a register. `seen` is the version of the mark, empty where there is none."""

    trainee: Trainee
    group: str
    mark: Attendance | None

    @property
    def seen(self) -> str:
        return self.mark.seen if self.mark else ""


def register_of(session: TrainingSession) -> list[Line]:
    """Whoever is expected at the session or marked in it, by group and roll number: five queries.

    The roster of a closed register is its marks.
    """
    marks = {one.trainee_id: one for one in session.attendance.select_related("act", "trainee")}
    trainees = set(marks) if session.register_closed_at else set(marks) | expected_at(session)
    places = Enrolment.objects.in_force(session.starts_on).filter(cohort=session.cohort_id, trainee__in=trainees)
    groups = {one.trainee_id: str(one.group or "") for one in places.select_related("group")}
    rows = Trainee.objects.in_bulk(trainees).values()
    lines = [Line(one, groups.get(one.pk, ""), marks.get(one.pk)) for one in rows]
    return sorted(lines, key=lambda line: (line.group, line.trainee.roll_number))
