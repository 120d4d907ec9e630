"""What is taught, to which standard, by whom."""

from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.fields import SearchField, SearchQuerySet
from accounts.models import User, Versioned
from accounts.trail import Rule, stays

from . import access
from .access import InProgram
from .fields import CODE, CountryField, PercentField, TimeZoneField


class ProgramQuerySet(InProgram["Program"], SearchQuerySet["Program"]):
    program = "pk"

    def current(self) -> Self:
        """Programs that are not archived."""
        return self.filter(archived_at=None)


class Program(Versioned):
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


class InstructorQuerySet(SearchQuerySet["Instructor"]):
    def visible_to(self, user: User) -> Self:
        """Instructors assigned to a program that `user` sees."""
        return self._assigned(user, "visible_to")

    def recorded_by(self, user: User) -> Self:
        return self._assigned(user, "recorded_by")

    def run_by(self, user: User) -> Self:
        """Instructors assigned to a program that `user` coordinates."""
        return self._assigned(user, "run_by")

    def _assigned(self, user: User, how: str) -> Self:
        if user.is_active and user.is_superuser:
            return self.all()
        return self.filter(Exists(getattr(Assignment.objects.all(), how)(user).filter(instructor=OuterRef("pk"))))

    def assigned_to(self, program: Program) -> Self:
        """Those who teach or interpret in `program` and are not archived."""
        return self.filter(archived_at=None, assignments__program=program)

    def assessing(self, program: Program, module: "SkillModule | OuterRef | None" = None) -> Self:
        """Those who may assess in `program`; with `module` (or a reference to one), whoever is not limited to others."""
        here = Assignment.objects.filter(instructor=OuterRef("pk"), program=program)
        if module is not None:
            here = here.filter(Q(may_assess=None) | Q(may_assess__module=module))
        return self.filter(Exists(here), archived_at=None, capacity=Instructor.Capacity.INSTRUCTOR)


class Instructor(Versioned):
    """A person who teaches, assesses or interprets, known here by call sign."""

    class Capacity(models.TextChoices):
        INSTRUCTOR = "instructor", _("instructor")
        INTERPRETER = "interpreter", _("interpreter")

    code = models.CharField(_("staff number"), max_length=20, unique=True, validators=[CODE])
    call_sign = models.CharField(_("call sign"), max_length=40)
    capacity = models.CharField(_("capacity"), max_length=12, choices=Capacity, default=Capacity.INSTRUCTOR)
    nation = CountryField(_("nation"))
    unit = models.CharField(_("unit"), max_length=80, blank=True)
    languages = models.CharField(_("languages"), max_length=80, blank=True)
    account = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="instructor",
        verbose_name=_("signs in as"),
    )
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)
    search = SearchField(of=("code", "call_sign", "unit"))

    objects = InstructorQuerySet.as_manager()

    class Meta:
        verbose_name = _("instructor")
        verbose_name_plural = _("instructors")
        ordering = ["call_sign"]
        constraints = [
            models.CheckConstraint(condition=Q(capacity__in=["instructor", "interpreter"]), name="capacity_is_known")
        ]

    def __str__(self):
        return self.call_sign

    def get_absolute_url(self):
        return reverse("programs:instructor_detail", args=[self.code])


class Assignment(Versioned):
    """An instructor or interpreter works in a program."""

    program = models.ForeignKey(Program, models.PROTECT, related_name="assignments", verbose_name=_("program"))
    instructor = models.ForeignKey(Instructor, models.PROTECT, related_name="assignments", verbose_name=_("instructor"))

    objects = InProgram.as_manager()

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ["program", "instructor"]
        constraints = [
            models.UniqueConstraint(
                fields=["program", "instructor"],
                name="assigned_once",
                violation_error_message=_("This instructor is already assigned to this program."),
            )
        ]

    def __str__(self):
        return f"{self.instructor}, {self.program.code}"


class AssignmentModule(Versioned):
    """A module that an assigned instructor may assess. An assignment with none is for every module of the program."""

    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="may_assess", verbose_name=_("assignment"))
    module = models.ForeignKey(
        SkillModule, models.PROTECT, related_name="+", related_query_name="assessed_by", verbose_name=_("module")
    )

    class Meta:
        verbose_name = _("module that an instructor may assess")
        verbose_name_plural = _("modules that an instructor may assess")
        ordering = ["assignment", "module"]
        constraints = [models.UniqueConstraint(fields=["assignment", "module"], name="may_assess_once")]

    def __str__(self):
        return f"{self.assignment}: {self.module.code}"
