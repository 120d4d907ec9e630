"""What pages need, in a fixed number of queries."""

from decimal import Decimal

from django.db.models import Count

from .models import Curriculum, CurriculumEntry


def entries_of(curriculum: Curriculum) -> list[CurriculumEntry]:
    """The modules of a version in their order, with `step_count`, tracks and prerequisites at hand."""
    rows = curriculum.entries.select_related("act", "module").prefetch_related(
        "for_tracks__track", "prerequisites__needs__module"
    )
    return list(
        rows.annotate(step_count=Count("steps")).order_by("position", "pk")
    )  # counting forgets the table's order


def hours_of(entries: list[CurriculumEntry]) -> Decimal:
    return sum((entry.hours for entry in entries), Decimal(0))
