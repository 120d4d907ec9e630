"""What is taught, to which standard: modules, and the numbered versions of a program's curriculum."""

from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.fields import SearchField, SearchQuerySet
from accounts.models import User, Versioned
from accounts.trail import Rule, stays

from .. import access
from ..access import InProgram
from ..fields import CODE, PercentField
from .programs import Program, Role, Track


class ModuleQuerySet(SearchQuerySet["SkillModule"]):
    def visible_to(self, user: User) -> Self:
        """The catalogue is shared: everybody with a role somewhere reads it."""
        if not user.is_active or user.is_anonymous:
            return self.none()
        return self.all() if user.is_superuser else self.filter(Exists(Role.objects.filter(user=user.pk)))

    def run_by(self, user: User) -> Self:
        """Every coordinator keeps the catalogue; what other programs teach is guarded by the service."""
        return self.all() if access.coordinates_any(user) else self.none()

    recorded_by = run_by

    def current(self) -> Self:
        return self.filter(archived_at=None)


class SkillModule(Versioned):
    """A skill with a written standard, in a catalogue that programs share."""

    class Kind(models.TextChoices):
        FOUNDATION = "foundation", _("foundation")
        SKILL = "skill", _("crucial skill")
        EXCHANGE = "exchange", _("exchange of practice")
        OTHER = "other", _("other")

    code = models.CharField(_("code"), max_length=12, unique=True, validators=[CODE])
    title = models.CharField(_("title"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.SKILL)
    standard = models.TextField(_("standard"), blank=True, help_text=_("What a GO means, in general words."))
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)
    search = SearchField(of=("code", "title"))

    objects = ModuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("module")
        verbose_name_plural = _("modules")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["foundation", "skill", "exchange", "other"]), name="module_kind_is_known"
            )
        ]

    def __str__(self):
        return f"{self.code} {self.title}"

    def get_absolute_url(self):
        return reverse("programs:module_detail", args=[self.code])


class CurriculumQuerySet(InProgram["Curriculum"]):
    def published(self) -> Self:
        return self.exclude(published_at=None)


class Curriculum(Versioned):
    """A numbered version of what a program teaches. Once published it is never edited."""

    program = models.ForeignKey(Program, models.PROTECT, related_name="curricula", verbose_name=_("program"))
    number = models.PositiveIntegerField(_("version"), validators=[MinValueValidator(1)])
    note = models.TextField(_("what is new in it"), blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)

    objects = CurriculumQuerySet.as_manager()

    rules = (
        stays("curriculum", "program"),
        Rule("published_stays", "OLD.published_at IS NULL", _("A published curriculum is never edited."), ("UPDATE",)),
        Rule(
            "published_is_kept", "OLD.published_at IS NULL", _("A published curriculum cannot be deleted."), ("DELETE",)
        ),
    )

    class Meta:
        verbose_name = _("curriculum version")
        verbose_name_plural = _("curriculum versions")
        ordering = ["program", "-number"]
        constraints = [models.UniqueConstraint(fields=["program", "number"], name="curriculum_number_once")]

    def __str__(self):
        return _("%(program)s curriculum %(number)s") % {"program": self.program.code, "number": self.number}

    def get_absolute_url(self):
        return reverse("programs:curriculum_detail", args=[self.program.slug, self.number])


def _only_in_a_draft(name: str, curriculum_of: str) -> tuple[Rule, ...]:
    """Rules for a table that belongs to a curriculum: nothing in a published one comes, goes or changes."""
    message = _("A published curriculum is never edited. Make a new version.")
    open_still = "EXISTS (SELECT 1 FROM programs_curriculum c WHERE c.id = ({of}) AND c.published_at IS NULL FOR SHARE)"
    return (
        Rule(f"{name}_in_draft", open_still.format(of=curriculum_of.format(row="NEW")), message),
        Rule(
            f"{name}_out_of_draft", open_still.format(of=curriculum_of.format(row="OLD")), message, ("UPDATE", "DELETE")
        ),
    )


_CURRICULUM_OF_ENTRY = "SELECT e.curriculum_id FROM programs_curriculumentry e WHERE e.id = {row}.entry_id"


class EntryQuerySet(InProgram["CurriculumEntry"]):
    program = "curriculum__program_id"


class CurriculumEntry(Versioned):
    """One module in one curriculum version: what is asked there, of whom."""

    curriculum = models.ForeignKey(Curriculum, models.CASCADE, related_name="entries", verbose_name=_("curriculum"))
    module = models.ForeignKey(
        SkillModule, models.PROTECT, related_name="+", related_query_name="entry", verbose_name=_("module")
    )
    position = models.PositiveIntegerField(_("position"))
    required = models.BooleanField(_("required"), default=True, help_text=_("Otherwise elective."))
    hours = models.DecimalField(
        _("hours"), max_digits=5, decimal_places=1, default=0, validators=[MinValueValidator(0)]
    )
    pass_mark = models.DecimalField(
        _("pass mark"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text=_("From 0 to 100. Empty: judged without a score."),
    )
    validity_months = models.PositiveIntegerField(
        _("valid for, months"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: for ever."),
    )
    steps_needed = PercentField(
        _("steps needed, %"),
        null=True,
        blank=True,
        help_text=_("With a checklist: the result is GO from this share of its steps on. Empty: the assessor judges."),
    )

    objects = EntryQuerySet.as_manager()

    rules = (*_only_in_a_draft("entry", "{row}.curriculum_id"), stays("entry", "curriculum"))

    class Meta:
        verbose_name = _("module of a curriculum")
        verbose_name_plural = _("modules of a curriculum")
        ordering = ["curriculum", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["curriculum", "module"],
                name="module_once_in_a_curriculum",
                violation_error_message=_("This curriculum already has this module."),
            ),
            models.CheckConstraint(
                condition=Q(pass_mark=None) | Q(pass_mark__gte=0, pass_mark__lte=100), name="pass_mark_0_to_100"
            ),
            models.CheckConstraint(condition=Q(validity_months=None) | Q(validity_months__gte=1), name="valid_a_month"),
            models.CheckConstraint(
                condition=Q(steps_needed=None) | Q(steps_needed__lte=100), name="steps_needed_at_most_100"
            ),
        ]

    def __str__(self):
        return str(self.module)


class EntryTrack(Versioned):
    """A track that an entry is for. An entry with none is for every track."""

    entry = models.ForeignKey(CurriculumEntry, models.CASCADE, related_name="for_tracks")
    track = models.ForeignKey(Track, models.PROTECT, related_name="+", related_query_name="entry_track")

    rules = (
        *_only_in_a_draft("entrytrack", _CURRICULUM_OF_ENTRY),
        Rule(
            "entrytrack_same_program",
            "(SELECT t.program_id FROM programs_track t WHERE t.id = NEW.track_id) = (SELECT c.program_id FROM "
            "programs_curriculum c JOIN programs_curriculumentry e ON e.curriculum_id = c.id WHERE e.id = NEW.entry_id)",
            _("This track belongs to another program."),
        ),
    )

    class Meta:
        verbose_name = _("track of a module")
        verbose_name_plural = _("tracks of a module")
        constraints = [models.UniqueConstraint(fields=["entry", "track"], name="entry_track_once")]

    def __str__(self):
        return f"{self.entry}: {self.track}"


class Prerequisite(Versioned):
    """A module that has to be achieved before another of the same curriculum."""

    entry = models.ForeignKey(CurriculumEntry, models.CASCADE, related_name="prerequisites")
    needs = models.ForeignKey(CurriculumEntry, models.CASCADE, related_name="needed_by")

    rules = (
        *_only_in_a_draft("prerequisite", _CURRICULUM_OF_ENTRY),
        Rule(
            "prerequisite_same_curriculum",
            "(SELECT e.curriculum_id FROM programs_curriculumentry e WHERE e.id = NEW.entry_id) = "
            "(SELECT e.curriculum_id FROM programs_curriculumentry e WHERE e.id = NEW.needs_id)",
            _("A prerequisite has to be in the same curriculum."),
        ),
    )

    class Meta:
        verbose_name = _("prerequisite")
        verbose_name_plural = _("prerequisites")
        constraints = [
            models.UniqueConstraint(fields=["entry", "needs"], name="prerequisite_once"),
            models.CheckConstraint(condition=~Q(entry=F("needs")), name="no_module_needs_itself"),
        ]

    def __str__(self):
        return f"{self.entry} < {self.needs}"


class PerformanceStep(Versioned):
    """One line of a module's checklist. A critical step that is NO-GO makes the result NO-GO."""

    entry = models.ForeignKey(CurriculumEntry, models.CASCADE, related_name="steps")
    position = models.PositiveIntegerField(_("position"))
    title = models.CharField(_("step"), max_length=200)
    critical = models.BooleanField(_("critical"), default=False)

    rules = _only_in_a_draft("step", _CURRICULUM_OF_ENTRY)

    class Meta:
        verbose_name = _("performance step")
        verbose_name_plural = _("performance steps")
        ordering = ["entry", "position"]
        constraints = [models.UniqueConstraint(fields=["entry", "position"], name="step_position_once")]

    def __str__(self):
        return self.title
