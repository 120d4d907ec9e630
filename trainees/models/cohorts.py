"""Cohorts, their groups, and the curriculum that each follows."""

import datetime
import zoneinfo
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.fields import SearchField, SearchQuerySet
from accounts.models import Act, Versioned
from accounts.trail import Rule, stays
from programs.access import InProgram
from programs.fields import CODE
from programs.models import Curriculum, Instructor, Program, SkillModule


class CohortQuerySet(InProgram["Cohort"], SearchQuerySet["Cohort"]):
    def current(self) -> Self:
        return self.filter(archived_at=None)


class Cohort(Versioned):
    """One dated intake (contingent) of a program."""

    program = models.ForeignKey(
        Program, models.PROTECT, related_name="+", related_query_name="cohort", verbose_name=_("program")
    )
    code = models.CharField(_("code"), max_length=20, validators=[CODE])
    slug = models.SlugField(
        _("address"),
        max_length=41,
        unique=True,
        editable=False,
        error_messages={"unique": _("There is already a cohort with this code.")},
    )
    title = models.CharField(_("title"), max_length=120, blank=True)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    location = models.CharField(_("location"), max_length=120, blank=True)
    lead_instructor = models.ForeignKey(
        Instructor,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        related_query_name="leads_cohort",
        verbose_name=_("lead instructor"),
    )
    practice = models.BooleanField(_("for practice"), default=False, help_text=_("Invented people, to try things out."))
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)
    search = SearchField(of=("code", "title", "location"))

    may_record: bool  # these three only where it was fetched with rights (programs/access.py)
    may_run: bool
    limited_to: str

    objects = CohortQuerySet.as_manager()

    rules = (stays("cohort", "program"),)

    class Meta:
        verbose_name = _("cohort")
        verbose_name_plural = _("cohorts")
        ordering = ["-starts_on", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["program", "code"],
                name="cohort_code_once",
                violation_error_message=_("This program already has a cohort with this code."),
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="cohort_ends_after_it_starts",
                violation_error_message=_("The last day cannot be before the first day."),
            ),
        ]

    def __str__(self):
        return self.slug.upper()  # the program's code and its own

    def get_absolute_url(self):
        return reverse("trainees:cohort_detail", args=[self.slug])

    def today(self) -> datetime.date:
        """Today in the program's time zone."""
        return timezone.localdate(timezone=zoneinfo.ZoneInfo(self.program.time_zone))

    def runs_on(self, day: datetime.date | None = None) -> bool:
        """Whether `day`, or today, is one of its days."""
        return self.starts_on <= (day or self.today()) <= self.ends_on

    def default_as_of(self) -> datetime.date:
        """The day that this cohort's pages tell about unless asked otherwise: a finished cohort does not decay."""
        return min(self.today(), self.ends_on)


class FollowedQuerySet(InProgram["CohortCurriculum"]):
    program = "cohort__program_id"

    def standing(self) -> Self:
        """What was not taken back."""
        return self.filter(taken_back_at=None)


class CohortCurriculum(Versioned):
    """From this day on the cohort follows this published curriculum version; the first also holds for all days before.

    What was entered by mistake is taken back, not deleted: on the days before, it was what was known.
    """

    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="curricula", verbose_name=_("cohort"))
    curriculum = models.ForeignKey(
        Curriculum,
        models.PROTECT,
        related_name="+",
        related_query_name="followed",
        verbose_name=_("curriculum version"),
    )
    since = models.DateField(_("since"))
    added_at = models.DateTimeField(_("added"), editable=False)
    taken_back_at = models.DateTimeField(_("taken back"), null=True, blank=True, editable=False)

    objects = FollowedQuerySet.as_manager()

    rules = (
        Rule(
            "cohort_follows_own_published",
            "EXISTS (SELECT 1 FROM programs_curriculum u JOIN trainees_cohort c ON c.program_id = u.program_id "
            "WHERE u.id = NEW.curriculum_id AND c.id = NEW.cohort_id AND u.published_at IS NOT NULL)",
            _("A cohort follows a published curriculum of its own program."),
        ),
    )

    class Meta:
        verbose_name = _("curriculum of a cohort")
        verbose_name_plural = _("curricula of a cohort")
        ordering = ["cohort", "since"]
        constraints = [
            models.UniqueConstraint(
                fields=["cohort", "since"],
                condition=Q(taken_back_at=None),
                name="one_curriculum_from_a_day",
                violation_error_message=_("The cohort already changes its curriculum on this day."),
            )
        ]

    def __str__(self):
        return f"{self.cohort}: {self.curriculum}"


class GroupQuerySet(InProgram["Group"]):
    program = "cohort__program_id"


class Group(Versioned):
    """A squad or syndicate within a cohort."""

    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="groups", verbose_name=_("cohort"))
    code = models.CharField(_("code"), max_length=20, validators=[CODE])
    title = models.CharField(_("title"), max_length=80, blank=True)

    objects = GroupQuerySet.as_manager()

    rules = (stays("group", "cohort"),)

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        ordering = ["cohort", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["cohort", "code"],
                name="group_code_once",
                violation_error_message=_("This cohort already has a group with this code."),
            )
        ]

    def __str__(self):
        return self.title or self.code


class CommanderRating(models.Model):
    """A person's own judgement of a cohort in a module, beside the computed band. Only added to; the newest counts."""

    class Band(models.TextChoices):
        TRAINED = "T", _("T trained")
        PRACTISED = "P", _("P practised")
        UNTRAINED = "U", _("U untrained")

    act = models.ForeignKey(Act, models.PROTECT, related_name="+", editable=False)
    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="ratings", verbose_name=_("cohort"))
    module = models.ForeignKey(
        SkillModule, models.PROTECT, related_name="+", related_query_name="rating", verbose_name=_("module")
    )
    band = models.CharField(_("rating"), max_length=1, choices=Band)
    rated_by = models.CharField(_("rated by"), max_length=60, help_text=_("Call sign or function."))
    rated_on = models.DateField(_("on"))
    remark = models.TextField(_("remark"), blank=True)

    append_only = True
    rules = (
        Rule(
            "rating_on_a_day_that_has_come",
            "NEW.rated_on <= (SELECT muster_day(a.at, p.time_zone) FROM accounts_act a, trainees_cohort c "
            "JOIN programs_program p ON p.id = c.program_id WHERE a.id = NEW.act_id AND c.id = NEW.cohort_id)",
            _("This day has not come yet."),
            field="rated_on",
        ),
    )

    class Meta:
        verbose_name = _("commander's rating")
        verbose_name_plural = _("commander's ratings")
        ordering = ["cohort", "module", "-pk"]
        constraints = [models.CheckConstraint(condition=Q(band__in=["T", "P", "U"]), name="rating_is_t_p_or_u")]

    def __str__(self):
        return f"{self.cohort}, {self.module.code}: {self.band}"
