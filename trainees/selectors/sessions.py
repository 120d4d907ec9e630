"""Who is expected where."""

from ..models import Enrolment, TrainingSession


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
