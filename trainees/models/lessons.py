"""Lessons identified: what a cohort would keep or change, for those who plan the next one."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User, Versioned
from accounts.trail import stays
from programs.access import InProgram
from programs.models import SkillModule

from .cohorts import Cohort


class LessonQuerySet(InProgram["Lesson"]):
    program = "cohort__program_id"


class Lesson(Versioned):
    """Identified in a cohort, about a module or about the whole of it; learned once the change is made. About no person."""

    class Kind(models.TextChoices):
        KEEP = "keep", _("keep")
        CHANGE = "change", _("change")

    class State(models.TextChoices):
        OPEN = "open", _("to be learned")
        LEARNED = "learned", _("learned")
        DROPPED = "dropped", _("dropped")

    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="lessons", verbose_name=_("cohort"))
    module = models.ForeignKey(
        SkillModule,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        related_query_name="lesson",
        verbose_name=_("module"),
        help_text=_("Empty: about the whole cohort."),
    )
    kind = models.CharField(_("keep or change"), max_length=6, choices=Kind, default=Kind.CHANGE)
    text = models.TextField(
        _("lesson"), help_text=_("About the training, not about people: no names, no roll numbers.")
    )
    follow_up = models.CharField(
        _("who follows up"),
        max_length=60,
        blank=True,
        help_text=_("Call sign or function, for example chief instructor."),
    )
    due_on = models.DateField(_("due on"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.OPEN, editable=False)
    closed_on = models.DateField(_("closed on"), null=True, blank=True, editable=False)
    outcome = models.TextField(_("what came of it"), blank=True, editable=False)
    added_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", editable=False)

    objects = LessonQuerySet.as_manager()

    rules = (stays("lesson", "cohort"),)

    class Meta:
        verbose_name = _("lesson")
        verbose_name_plural = _("lessons")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["keep", "change"]), name="lesson_keeps_or_changes"),
            models.CheckConstraint(
                condition=~Q(text=""), name="lesson_says_what", violation_error_message=_("Say what the lesson is.")
            ),
            models.CheckConstraint(
                condition=Q(state="open", closed_on=None, outcome="")
                | (Q(state__in=["learned", "dropped"], closed_on__isnull=False) & ~Q(outcome="")),
                name="closed_lesson_says_what_came_of_it",
                violation_error_message=_("Say what came of it."),
            ),
        ]

    def __str__(self):
        return f"{self.cohort}: {self.text[:40]}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN
