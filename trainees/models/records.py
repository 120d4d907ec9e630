"""The evidence: what each trainee has shown. Only added to."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Act
from accounts.trail import Rule
from programs.access import AboutTrainee
from programs.models import CurriculumEntry, Instructor, PerformanceStep, Program, SkillModule

from .people import Trainee, of_nobody_merged
from .registers import Sheet
from .training import TrainingSession

_SAME_CELL = (
    "EXISTS (SELECT 1 FROM trainees_record r WHERE r.id = NEW.{other}_id AND r.trainee_id = NEW.trainee_id "
    "AND r.program_id = NEW.program_id AND r.module_id = NEW.module_id)"
)
_ASSIGNED = (
    "SELECT 1 FROM programs_assignment a WHERE a.instructor_id = NEW.assessor_id AND a.program_id = NEW.program_id"
)
_COPY = "NEW.copy_of_id IS NOT NULL"  # says what its original says, which was asked when that was written
_SAYS_THE_SAME = " AND ".join(
    f"(r.{column} = NEW.{column} OR (r.{column} IS NULL AND NEW.{column} IS NULL))"
    for column in (
        "program_id", "module_id", "entry_id", "session_id", "kind", "holds_from", "at_time", "holds_until", "score",
        "assessor_id", "authority", "reason", "recertification", "sheet_id",
    )
)  # fmt: skip
_LIMITED = "SELECT 1 FROM programs_assignmentmodule m WHERE m.assignment_id = a.id"


class Record(models.Model):
    """One line of evidence about one trainee in one module of a program.

    The cell is trainee, program and module; `entry` is the module in the curriculum version in force on the day assessed.
    `previous` is the record that its writer saw as the cell's last: two writers at once cannot both be next. `voids` is a
    record of the same cell that this one declares wrong; unless its kind is VOID it also takes that one's place. A voided
    record stays voided. No attempt is numbered: an attempt is a rank among the assessments in force (progress).
    `copy_of` is a record of a number that was merged into this trainee's, the first one: where it counts, there this one does.
    """

    class Kind(models.TextChoices):
        GO = "go", _("GO")
        NO_GO = "no_go", _("NO-GO")
        NOT_ASSESSED = "not_assessed", _("not assessed")
        CREDIT = "credit", _("credit")
        EXEMPTION = "exemption", _("exemption")
        VOID = "void", _("void")

    act = models.ForeignKey(Act, models.PROTECT, related_name="+", editable=False)
    trainee = models.ForeignKey(Trainee, models.PROTECT, related_name="records", verbose_name=_("trainee"))
    program = models.ForeignKey(
        Program, models.PROTECT, related_name="+", related_query_name="record", verbose_name=_("program")
    )
    module = models.ForeignKey(
        SkillModule, models.PROTECT, related_name="+", related_query_name="record", verbose_name=_("module")
    )
    entry = models.ForeignKey(
        CurriculumEntry, models.PROTECT, related_name="+", related_query_name="record", verbose_name=_("under")
    )
    session = models.ForeignKey(
        TrainingSession,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="records",
        verbose_name=_("training session"),
    )
    kind = models.CharField(_("result"), max_length=12, choices=Kind)
    holds_from = models.DateField(_("from"), help_text=_("For an assessment, the day it began."))
    at_time = models.TimeField(_("time"), null=True, blank=True)
    holds_until = models.DateField(_("until"), null=True, blank=True, help_text=_("Inclusive. Empty: for ever."))
    score = models.DecimalField(
        _("score"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    assessor = models.ForeignKey(
        Instructor,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        related_query_name="assessed",
        verbose_name=_("assessor"),
    )
    authority = models.CharField(
        _("authority"), max_length=120, blank=True, help_text=_("Who decided it, for a credit or exemption.")
    )
    reason = models.TextField(_("reason"), blank=True)
    recertification = models.BooleanField(_("recertification"), default=False)
    sheet = models.ForeignKey(
        Sheet,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="records",
        editable=False,
        verbose_name=_("from sheet"),
    )
    previous = models.OneToOneField("self", models.PROTECT, null=True, related_name="next", editable=False)
    voids = models.OneToOneField("self", models.PROTECT, null=True, related_name="voided_by", editable=False)
    copy_of = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        db_index=False,  # few are: `copied_once` holds these alone
        related_name="copies",
        editable=False,
        verbose_name=_("copy of"),
    )

    objects = AboutTrainee.as_manager()

    append_only = True
    rules = (
        Rule(
            "record_under_own_entry",
            "EXISTS (SELECT 1 FROM programs_curriculumentry e JOIN programs_curriculum c ON c.id = e.curriculum_id "
            "WHERE e.id = NEW.entry_id AND e.module_id = NEW.module_id AND c.program_id = NEW.program_id)",
            _("The module is not in this curriculum."),
        ),
        Rule(
            "record_one_cell",
            f"(NEW.previous_id IS NULL OR {_SAME_CELL.format(other='previous')}) "
            f"AND (NEW.voids_id IS NULL OR {_SAME_CELL.format(other='voids')})",
            _("A record follows and voids records of the same trainee and module."),
        ),
        Rule(
            "record_void_stays",
            "NEW.voids_id IS NULL OR NOT EXISTS (SELECT 1 FROM trainees_record r WHERE r.id = NEW.voids_id AND r.kind = 'void')",
            _("A voiding stays. Record the result again if it was right."),
        ),
        Rule(
            "record_from_a_session_of_its_module",
            "NEW.session_id IS NULL OR EXISTS (SELECT 1 FROM trainees_trainingsession s JOIN trainees_cohort c "
            "ON c.id = s.cohort_id WHERE s.id = NEW.session_id AND s.module_id = NEW.module_id "
            "AND c.program_id = NEW.program_id FOR SHARE)",
            _("This session is of another program or module."),
        ),
        Rule(
            "record_on_a_day_of_its_session",
            f"NEW.session_id IS NULL OR {_COPY} OR EXISTS (SELECT 1 FROM trainees_trainingsession s JOIN programs_program p "
            "ON p.id = NEW.program_id WHERE s.id = NEW.session_id AND NEW.holds_from >= muster_day(s.starts_at, p.time_zone) "
            "AND NEW.holds_from <= muster_day(s.ends_at, p.time_zone) FOR SHARE)",
            _("The session was on another day."),
        ),
        Rule(
            "record_reaches_the_pass_mark",
            "NEW.kind <> 'go' OR EXISTS (SELECT 1 FROM programs_curriculumentry e WHERE e.id = NEW.entry_id "
            "AND (e.pass_mark IS NULL OR NEW.score >= e.pass_mark))",
            _("A GO needs a score that reaches the pass mark."),
        ),
        Rule(
            "record_by_an_instructor",
            f"NEW.assessor_id IS NULL OR {_COPY} OR "
            "(SELECT i.capacity FROM programs_instructor i WHERE i.id = NEW.assessor_id FOR SHARE) = 'instructor'",
            _("An interpreter cannot assess."),
            field="assessor",
        ),
        Rule(
            "record_by_who_may_assess",
            f"NEW.assessor_id IS NULL OR {_COPY} OR EXISTS ({_ASSIGNED} AND (NOT EXISTS ({_LIMITED}) "
            f"OR EXISTS ({_LIMITED} AND m.module_id = NEW.module_id)) FOR SHARE) "
            f"OR (NOT EXISTS ({_ASSIGNED}) AND EXISTS (SELECT 1 FROM trainees_sessionstaff d "
            "WHERE d.session_id = NEW.session_id AND d.instructor_id = NEW.assessor_id FOR SHARE))",
            _("The assessor is no instructor of this program, or not for this module."),
            field="assessor",
        ),
        Rule(
            "record_after_closing_says_why",
            f"NEW.session_id IS NULL OR NEW.reason <> '' OR {_COPY} OR "
            "(SELECT s.results_closed_at FROM trainees_trainingsession s WHERE s.id = NEW.session_id FOR SHARE) IS NULL",
            _("These results are closed. Say why you change them."),
            field="reason",
        ),
        Rule(
            "record_of_somebody_away_says_why",
            f"NEW.kind NOT IN ('go', 'no_go') OR NEW.reason <> '' OR {_COPY} OR NOT EXISTS (SELECT 1 FROM trainees_attendance a "
            "WHERE a.session_id = NEW.session_id AND a.trainee_id = NEW.trainee_id AND a.status IN ('absent', 'excused') "
            "FOR SHARE)",
            _("The register says that they were not there. Say why there is a result."),
            field="reason",
        ),
        Rule(
            "record_from_own_sheet",
            "NEW.sheet_id IS NULL OR (SELECT s.session_id FROM trainees_sheet s WHERE s.id = NEW.sheet_id) = NEW.session_id",
            _("This sheet belongs to another session."),
        ),
        Rule(
            "record_says_what_its_original_says",
            "NEW.copy_of_id IS NULL OR EXISTS (SELECT 1 FROM trainees_record r JOIN trainees_trainee t ON t.id = r.trainee_id "
            f"WHERE r.id = NEW.copy_of_id AND r.copy_of_id IS NULL AND t.merged_into_id = NEW.trainee_id AND {_SAYS_THE_SAME})",
            _("A copy says what its original says, of who was merged into this trainee."),
        ),
        of_nobody_merged("record"),
    )

    class Meta:
        verbose_name = _("record")
        verbose_name_plural = _("records")
        ordering = ["trainee", "program", "module", "pk"]
        indexes = [
            models.Index(fields=["trainee", "program", "module"], name="record_cell"),
            models.Index(fields=["program", "module"], name="record_program"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["trainee", "program", "module"], condition=Q(previous=None), name="one_first_record"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["go", "no_go", "not_assessed", "credit", "exemption", "void"]),
                name="record_is_known",
            ),
            models.UniqueConstraint(
                fields=["copy_of", "trainee"], condition=Q(copy_of__isnull=False), name="copied_once"
            ),
            models.CheckConstraint(condition=Q(copy_of=None) | Q(voids=None), name="copy_voids_nothing"),
            models.CheckConstraint(condition=~Q(kind="void") | Q(voids__isnull=False), name="void_says_what"),
            models.CheckConstraint(
                condition=(Q(voids=None) & ~Q(kind__in=["exemption", "not_assessed"])) | ~Q(reason=""),
                name="record_says_why",
                violation_error_message=_("Say why."),
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["credit", "exemption"]) | ~Q(authority=""),
                name="record_says_on_whose_authority",
                violation_error_message=_("Name the authority that decided it."),
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["go", "no_go"]) | Q(assessor__isnull=False),
                name="assessment_has_an_assessor",
                violation_error_message=_("Name the assessor."),
            ),
            models.CheckConstraint(
                condition=Q(score=None) | (Q(kind__in=["go", "no_go"]) & Q(score__gte=0, score__lte=100)),
                name="score_0_to_100",
            ),
            models.CheckConstraint(
                condition=Q(recertification=False) | Q(kind__in=["go", "no_go"]),
                name="recertification_is_an_assessment",
            ),
            models.CheckConstraint(
                condition=Q(holds_until=None) | Q(holds_until__gte=F("holds_from")),
                name="record_ends_after_it_begins",
                violation_error_message=_("The last day cannot be before the first."),
            ),
            models.CheckConstraint(
                condition=Q(holds_until=None) | Q(kind__in=["go", "credit", "exemption"]), name="only_what_holds_ends"
            ),
        ]

    def __str__(self):
        return f"{self.trainee}, {self.module.code}: {self.get_kind_display()}"

    def added_sentence(self) -> str:
        """How a history tells that this was recorded."""
        words = {"result": self.get_kind_display(), "day": date_format(self.holds_from)}
        if self.voids:
            words |= {"wrong": self.voids.get_kind_display(), "wrong_day": date_format(self.voids.holds_from)}
        if self.kind == self.Kind.VOID:
            return gettext("voided %(wrong)s of %(wrong_day)s") % words
        if self.kind in {self.Kind.CREDIT, self.Kind.EXEMPTION}:
            if self.voids:
                return gettext("corrected %(wrong)s of %(wrong_day)s to %(result)s from %(day)s") % words
            return gettext("recorded %(result)s from %(day)s") % words
        if self.voids:
            return gettext("corrected %(wrong)s of %(wrong_day)s to %(result)s, assessed on %(day)s") % words
        return gettext("recorded %(result)s, assessed on %(day)s") % words


class StepMarkQuerySet(AboutTrainee["StepMark"]):
    program = "record__program_id"
    nation = "record__trainee__nation"


class StepMark(models.Model):
    """GO or NO-GO in one step of a module's checklist. Only added to, with its record."""

    act = models.ForeignKey(Act, models.PROTECT, related_name="+", editable=False)
    record = models.ForeignKey(Record, models.PROTECT, related_name="step_marks", verbose_name=_("record"))
    step = models.ForeignKey(
        PerformanceStep, models.PROTECT, related_name="+", related_query_name="mark", verbose_name=_("performance step")
    )
    passed = models.BooleanField(_("GO"))

    objects = StepMarkQuerySet.as_manager()

    append_only = True
    rules = (
        Rule(
            "stepmark_of_own_entry",
            "(SELECT s.entry_id FROM programs_performancestep s WHERE s.id = NEW.step_id) = "
            "(SELECT r.entry_id FROM trainees_record r WHERE r.id = NEW.record_id)",
            _("This step belongs to another module."),
        ),
    )

    class Meta:
        verbose_name = _("step result")
        verbose_name_plural = _("step results")
        ordering = ["record", "step"]
        constraints = [models.UniqueConstraint(fields=["record", "step"], name="step_marked_once")]

    def __str__(self):
        return f"{self.step}: {_('GO') if self.passed else _('NO-GO')}"
