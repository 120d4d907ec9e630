"""Who teaches, assesses and interprets, and where."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.fields import SearchField, SearchQuerySet
from accounts.models import User, Versioned

from ..access import InProgram
from ..fields import CODE, CountryField
from .curricula import SkillModule
from .programs import Program


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
