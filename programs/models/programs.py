"""Programs, their tracks, and who has which role in them."""

from typing import Self

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.fields import SearchField, SearchQuerySet
from accounts.models import Versioned
from accounts.trail import stays

from .. import access
from ..access import InProgram
from ..fields import CODE, CountryField, PercentField, TimeZoneField, WeightField
from .attention import WEIGHED, Weighing


class ProgramQuerySet(InProgram["Program"], SearchQuerySet["Program"]):
    program = "pk"

    def current(self) -> Self:
        """Programs that are not archived."""
        return self.filter(archived_at=None)


class Program(Weighing, Versioned):
    """A training program with a curriculum, a host and a partner."""

    code = models.CharField(
        _("code"),
        max_length=20,
        unique=True,
        validators=[CODE],
        help_text=_("Short, as TRD-2023."),
        error_messages={"unique": _("There is already a program with this code.")},
    )
    slug = models.SlugField(
        _("address"),
        max_length=20,
        unique=True,
        editable=False,
        error_messages={"unique": _("There is already a program with this code.")},
    )
    title = models.CharField(_("title"), max_length=120)
    summary = models.TextField(_("summary"), blank=True)
    host = CountryField(_("host"))
    partner = CountryField(_("partner"), blank=True)
    framework = models.CharField(_("framework"), max_length=60, blank=True, help_text=_("For example NATO."))
    location = models.CharField(_("location"), max_length=120, blank=True)
    time_zone = TimeZoneField(_("time zone"), default="Europe/Oslo")
    attendance_limit = PercentField(
        _("attendance needed, %"), null=True, blank=True, help_text=_("Empty: attendance is no condition.")
    )
    trained_from = PercentField(_("band T (trained) from, %"), default=90)
    practised_from = PercentField(_("band P (practised) from, %"), default=60)
    attempt_limit = models.PositiveSmallIntegerField(
        _("attempts at a module, at most"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("A further one needs the coordinator's leave. Empty: no limit."),
    )
    bulk_go = models.BooleanField(
        _("several GO at once"),
        default=False,
        help_text=_("Offer one button on result sheets that marks everybody present GO."),
    )
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)
    search = SearchField(of=("code", "title", "location"))

    objects = ProgramQuerySet.as_manager()

    class Meta:
        verbose_name = _("program")
        verbose_name_plural = _("programs")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(practised_from__lt=F("trained_from")),
                name="practised_below_trained",
                violation_error_message=_("Band P must begin below band T."),
            ),
            models.CheckConstraint(condition=Q(trained_from__lte=100), name="trained_at_most_100"),
            models.CheckConstraint(
                condition=Q(attendance_limit=None) | Q(attendance_limit__lte=100), name="attendance_at_most_100"
            ),
            models.CheckConstraint(
                condition=Q(attempt_limit=None) | Q(attempt_limit__gte=1), name="an_attempt_at_least"
            ),
            models.CheckConstraint(
                condition=Q(**{f"{name}__lte": WeightField.MOST for name in WEIGHED}), name="weights_at_most_10"
            ),
        ]

    def __str__(self):
        return f"{self.code} {self.title}"

    def get_absolute_url(self):
        return reverse("trainees:program_detail", args=[self.slug])


class Role(Versioned):
    """What one user may do in one program."""

    class Kind(models.TextChoices):
        COORDINATOR = access.COORDINATOR, _("coordinator")
        INSTRUCTOR = access.INSTRUCTOR, _("instructor")
        VIEWER = access.VIEWER, _("liaison officer")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="roles", verbose_name=_("user"))
    program = models.ForeignKey(Program, models.PROTECT, related_name="roles", verbose_name=_("program"))
    kind = models.CharField(_("role"), max_length=12, choices=Kind)
    nation = CountryField(
        _("limited to the trainees of"),
        blank=True,
        help_text=_("A nation, written as at its trainees: for a liaison officer who may see these only. Empty: all."),
    )

    objects = InProgram.as_manager()

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["program", "user"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "program"],
                name="one_role_in_a_program",
                violation_error_message=_("This user already has a role in this program."),
            ),
            models.CheckConstraint(condition=Q(kind__in=access.SEES), name="role_is_known"),
            models.CheckConstraint(
                condition=Q(nation="") | Q(kind=access.VIEWER),
                name="only_viewers_are_limited",
                violation_error_message=_("Only a liaison officer is limited to a nation."),
            ),
        ]

    def __str__(self):
        return f"{self.user}: {self.get_kind_display()}, {self.program.code}"


class Track(Versioned):
    """A specialisation inside a program, with its own required modules."""

    program = models.ForeignKey(Program, models.PROTECT, related_name="tracks", verbose_name=_("program"))
    code = models.CharField(_("code"), max_length=12, validators=[CODE])
    title = models.CharField(_("title"), max_length=80)
    added_at = models.DateTimeField(_("added"), editable=False)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)

    objects = InProgram.as_manager()

    rules = (stays("track", "program"),)

    class Meta:
        verbose_name = _("track")
        verbose_name_plural = _("tracks")
        ordering = ["program", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["program", "code"],
                name="track_code_once",
                violation_error_message=_("This program already has a track with this code."),
            )
        ]

    def __str__(self):
        return self.title
