"""Training sessions: when, where, by whom, for whom, and who was there."""

import datetime
import zoneinfo
from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Versioned
from accounts.trail import Rule, stays
from programs.access import AboutTrainee, InProgram
from programs.models import Instructor, SkillModule, Track

from .cohorts import Cohort, Group
from .people import GOES_ALONG, Trainee, of_nobody_merged


class SessionQuerySet(InProgram["TrainingSession"]):
    program = "cohort__program_id"

    def held_by(self, moment: datetime.datetime) -> Self:
        """Sessions that are over and were not cancelled."""
        return self.filter(ends_at__lte=moment, cancelled_at=None)

    def open_registers(self, moment: datetime.datetime) -> Self:
        return self.held_by(moment).filter(register_closed_at=None)


class TrainingSession(Versioned):
    """A dated teaching event of a module."""

    class Kind(models.TextChoices):
        INSTRUCTION = "instruction", _("instruction")
        ASSESSMENT = "assessment", _("assessment")
        RETAKE = "retake", _("retake")

    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="sessions", verbose_name=_("cohort"))
    module = models.ForeignKey(
        SkillModule, models.PROTECT, related_name="+", related_query_name="session", verbose_name=_("module")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.INSTRUCTION)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    place = models.CharField(_("location"), max_length=120, blank=True)
    note = models.TextField(_("note"), blank=True)
    register_closed_at = models.DateTimeField(_("register closed"), null=True, blank=True, editable=False)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True, editable=False)
    cancelled_reason = models.TextField(_("why it was cancelled"), blank=True, editable=False)
    postponed_from = models.DateTimeField(_("first planned for"), null=True, blank=True, editable=False)
    postponed_reason = models.TextField(_("why it was postponed"), blank=True, editable=False)
    clash_reason = models.TextField(
        _("why it clashes"), blank=True, help_text=_("Why somebody or something is planned twice at the same time.")
    )
    results_closed_at = models.DateTimeField(_("results closed"), null=True, blank=True, editable=False)

    limited_to: str  # only where it was fetched with rights (programs/access.py)

    objects = SessionQuerySet.as_manager()

    rules = (
        stays("session", "cohort"),
        Rule(
            "session_keeps_its_module",
            "NEW.module_id = OLD.module_id OR NOT ("
            "EXISTS (SELECT 1 FROM trainees_record r WHERE r.session_id = OLD.id) OR "
            "EXISTS (SELECT 1 FROM trainees_attendance a WHERE a.session_id = OLD.id))",
            _("Marks or results were entered for this module. Cancel the session and make another."),
            ("UPDATE",),
        ),
        Rule(
            "session_moves_for_a_reason",
            "(NEW.starts_at = OLD.starts_at AND NEW.ends_at = OLD.ends_at) OR NEW.postponed_reason <> ''",
            _("Say why the session is moved."),
            ("UPDATE",),
        ),
    )

    class Meta:
        verbose_name = _("training session")
        verbose_name_plural = _("training sessions")
        ordering = ["starts_at", "pk"]
        indexes = [models.Index(fields=["cohort", "starts_at"], name="session_of_cohort")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="session_ends_after_it_starts",
                violation_error_message=_("The end has to be after the start."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["instruction", "assessment", "retake"]), name="session_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None, cancelled_reason="")
                | (Q(cancelled_at__isnull=False) & ~Q(cancelled_reason="")),
                name="cancelled_says_why",
                violation_error_message=_("Say why the session is cancelled."),
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None) | Q(register_closed_at=None),
                name="cancelled_has_no_register",
                violation_error_message=_("A session whose register is closed cannot be cancelled."),
            ),
            models.CheckConstraint(
                condition=Q(postponed_from=None, postponed_reason="")
                | (Q(postponed_from__isnull=False) & ~Q(postponed_reason="")),
                name="postponed_says_why",
                violation_error_message=_("Say why the session is postponed."),
            ),
            models.CheckConstraint(
                condition=Q(results_closed_at=None) | Q(kind__in=["assessment", "retake"], cancelled_at=None),
                name="results_of_an_assessment",
                violation_error_message=_("Only an assessment or retake has results to close."),
            ),
        ]

    def __str__(self):
        return f"{self.cohort}, {self.module.code}, {self.starts_on:%Y-%m-%d}"

    def get_absolute_url(self):
        return reverse("trainees:session_detail", args=[self.pk])

    @property
    def starts_on(self) -> datetime.date:
        """The day of the session in the program's time zone: the day that an assessment in it is dated."""
        return timezone.localdate(self.starts_at, zoneinfo.ZoneInfo(self.cohort.program.time_zone))

    @property
    def is_over(self) -> bool:
        return self.cancelled_at is None and self.ends_at <= timezone.now()

    @property
    def has_come(self) -> bool:
        """Whether its day has come: from then on the roll can be called, before it begins too."""
        return self.cancelled_at is None and self.starts_on <= self.cohort.today()

    @property
    def takes_results(self) -> bool:
        return self.kind in {self.Kind.ASSESSMENT, self.Kind.RETAKE}

    @property
    def audience_seen(self) -> list["SessionAudience"]:
        """The parts that it is for, as far as its reader sees them. Ask a session that was fetched with rights."""
        return [one for one in self.audience.all() if one.is_seen(self.limited_to)]

    @property
    def hours(self) -> Decimal:
        """How long it lasts, in hours."""
        return Decimal(int((self.ends_at - self.starts_at).total_seconds())) / 3600


_IN_THE_PROGRAM = (
    "EXISTS (SELECT 1 FROM programs_assignment a JOIN trainees_cohort c ON c.program_id = a.program_id "
    "JOIN trainees_trainingsession s ON s.cohort_id = c.id "
    "WHERE s.id = NEW.session_id AND a.instructor_id = NEW.instructor_id FOR SHARE)"
)
_NOT_IN_THE_PROGRAM = _("Only who is assigned to the program has a duty at its sessions.")


class SessionStaff(Versioned):
    """Who teaches, assesses or interprets at a session."""

    class Duty(models.TextChoices):
        LEAD = "lead", _("lead")
        ASSISTANT = "assistant", _("assistant")
        ASSESSOR = "assessor", _("assessor")
        INTERPRETER = "interpreter", _("interpreter")

    session = models.ForeignKey(
        TrainingSession, models.PROTECT, related_name="staff", verbose_name=_("training session")
    )
    instructor = models.ForeignKey(
        Instructor, models.PROTECT, related_name="+", related_query_name="session_staff", verbose_name=_("instructor")
    )
    duty = models.CharField(_("duty"), max_length=12, choices=Duty, default=Duty.LEAD)
    instead_of = models.ForeignKey(
        Instructor,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        related_query_name="substituted_at",
        verbose_name=_("instead of"),
    )
    reason = models.CharField(_("why the substitute"), max_length=200, blank=True)

    rules = (
        Rule("staff_works_in_the_program", _IN_THE_PROGRAM, _NOT_IN_THE_PROGRAM, ("INSERT",)),
        Rule(
            "staff_replaced_from_the_program",  # who left since keeps what they did
            f"NEW.instructor_id = OLD.instructor_id OR {_IN_THE_PROGRAM}",
            _NOT_IN_THE_PROGRAM,
            ("UPDATE",),
        ),
        stays("staff", "session"),
    )

    class Meta:
        verbose_name = _("duty at a session")
        verbose_name_plural = _("duties at sessions")
        ordering = ["session", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["session", "instructor"], name="one_duty_at_a_session"),
            models.CheckConstraint(
                condition=Q(duty__in=["lead", "assistant", "assessor", "interpreter"]), name="duty_is_known"
            ),
            models.CheckConstraint(
                condition=Q(instead_of=None, reason="")
                | (Q(instead_of__isnull=False) & ~Q(instead_of=F("instructor")) & ~Q(reason="")),
                name="substitute_says_why",
                violation_error_message=_("Say why somebody else takes the duty."),
            ),
        ]

    def __str__(self):
        return f"{self.instructor}, {self.get_duty_display()}"


class AudienceQuerySet(AboutTrainee["SessionAudience"]):
    program = "session__cohort__program_id"
    also_nobodys = True  # tracks and groups


class SessionAudience(Versioned):
    """A part of the cohort that a session is for. A session without such a row is for the whole cohort."""

    session = models.ForeignKey(
        TrainingSession, models.PROTECT, related_name="audience", verbose_name=_("training session")
    )
    track = models.ForeignKey(
        Track,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        related_query_name="audience",
        verbose_name=_("track"),
    )
    group = models.ForeignKey(Group, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("group"))
    trainee = models.ForeignKey(
        Trainee, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("trainee")
    )

    objects = AudienceQuerySet.as_manager()

    rules = (
        Rule(
            "audience_of_own_cohort",
            "EXISTS (SELECT 1 FROM trainees_trainingsession s JOIN trainees_cohort c ON c.id = s.cohort_id "
            "WHERE s.id = NEW.session_id "
            "AND (NEW.track_id IS NULL OR "
            "(SELECT t.program_id FROM programs_track t WHERE t.id = NEW.track_id) = c.program_id) "
            "AND (NEW.group_id IS NULL OR (SELECT g.cohort_id FROM trainees_group g WHERE g.id = NEW.group_id) = c.id) "
            "AND (NEW.trainee_id IS NULL OR EXISTS "
            "(SELECT 1 FROM trainees_enrolment e WHERE e.trainee_id = NEW.trainee_id AND e.cohort_id = c.id)))",
            _("A session is for tracks, groups and trainees of its own cohort."),
        ),
        of_nobody_merged("audience"),
    )

    class Meta:
        verbose_name = _("audience of a session")
        verbose_name_plural = _("audiences of sessions")
        constraints = [
            models.CheckConstraint(
                condition=Q(track__isnull=False, group=None, trainee=None)
                | Q(track=None, group__isnull=False, trainee=None)
                | Q(track=None, group=None, trainee__isnull=False),
                name="audience_is_one_thing",
            ),
            models.UniqueConstraint(fields=["session", "track"], name="audience_track_once"),
            models.UniqueConstraint(fields=["session", "group"], name="audience_group_once"),
            models.UniqueConstraint(fields=["session", "trainee"], name="audience_trainee_once"),
        ]

    def __str__(self):
        return str(self.track or self.group or self.trainee)

    def is_seen(self, limited_to: str) -> bool:
        """Whether whoever is limited to a nation ("": to none) may know of it."""
        return not limited_to or self.trainee is None or self.trainee.nation == limited_to


_REGISTER_OPEN = (
    "(SELECT s.register_closed_at FROM trainees_trainingsession s WHERE s.id = {row}.session_id FOR SHARE) IS NULL"
)
_GOES_ALONG = (
    f"NEW.session_id = OLD.session_id AND NEW.status = OLD.status AND NEW.reason = OLD.reason AND {GOES_ALONG}"
)
_STANDS_THERE = (  # the same mark, of the number that this one was merged into
    "EXISTS (SELECT 1 FROM trainees_trainee t JOIN trainees_attendance a ON a.trainee_id = t.merged_into_id "
    "WHERE t.id = OLD.trainee_id AND a.session_id = OLD.session_id AND a.status = OLD.status)"
)
_REOPEN = _("This register is closed. Reopen it first.")


class AttendanceQuerySet(AboutTrainee["Attendance"]):
    program = "session__cohort__program_id"


class Attendance(Versioned):
    """Whether a trainee was at a session. A row exists only once somebody marked it."""

    class Status(models.TextChoices):
        PRESENT = "present", _("present")
        LATE = "late", _("late")
        EXCUSED = "excused", _("excused")
        ABSENT = "absent", _("absent")

    session = models.ForeignKey(
        TrainingSession, models.PROTECT, related_name="attendance", verbose_name=_("training session")
    )
    trainee = models.ForeignKey(Trainee, models.PROTECT, related_name="attendance", verbose_name=_("trainee"))
    status = models.CharField(_("attendance"), max_length=8, choices=Status)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = AttendanceQuerySet.as_manager()

    rules = (
        Rule("attendance_open_register", _REGISTER_OPEN.format(row="NEW"), _REOPEN, ("INSERT",)),
        Rule(
            "attendance_of_open_registers",
            f"({_REGISTER_OPEN.format(row='OLD')} AND {_REGISTER_OPEN.format(row='NEW')}) OR ({_GOES_ALONG})",
            _REOPEN,
            ("UPDATE",),
        ),
        Rule(
            "attendance_closed_register",
            f"{_REGISTER_OPEN.format(row='OLD')} OR {_STANDS_THERE}",
            _REOPEN,
            ("DELETE",),
        ),
        of_nobody_merged("attendance"),
    )

    class Meta:
        verbose_name = _("attendance")
        verbose_name_plural = _("attendance")
        ordering = ["session", "trainee"]
        constraints = [
            models.UniqueConstraint(fields=["session", "trainee"], name="marked_once"),
            models.CheckConstraint(
                condition=Q(status__in=["present", "late", "excused", "absent"]), name="attendance_is_known"
            ),
        ]

    def __str__(self):
        return f"{self.trainee}: {self.get_status_display()}"

    def added_sentence(self) -> str:
        """How a history tells that this was marked."""
        return gettext("marked %(trainee)s %(attendance)s") % {
            "trainee": self.trainee,
            "attendance": self.get_status_display(),
        }
