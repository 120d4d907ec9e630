"""What a register is prepared with, and what comes back on paper."""

import datetime

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Act, Versioned
from accounts.trail import Rule, stays
from programs.access import AboutTrainee, InProgram
from programs.models import Program, SkillModule

from .people import GOES_ALONG, Trainee, of_nobody_merged
from .training import TrainingSession


class ExcusalQuerySet(AboutTrainee):
    def on(self, day: datetime.date):
        """Those in force on `day`."""
        return self.filter(Q(until=None) | Q(until__gte=day), since__lte=day)


class Excusal(Versioned):
    """Somebody is sick or away, known in advance: registers of these days, both included, begin with it."""

    class Kind(models.TextChoices):
        SICK = "sick", _("sick")
        LEAVE = "leave", _("on leave")
        DUTY = "duty", _("on other duty")
        OTHER = "other", _("other reason")

    trainee = models.ForeignKey(Trainee, models.PROTECT, related_name="excusals", verbose_name=_("trainee"))
    program = models.ForeignKey(
        Program, models.PROTECT, related_name="+", related_query_name="excusal", verbose_name=_("program")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.SICK)
    since = models.DateField(_("from"))
    until = models.DateField(_("until"), null=True, blank=True, help_text=_("Inclusive. Empty: until further notice."))
    reason = models.CharField(
        _("remark"), max_length=200, blank=True, help_text=_("In general words, nothing medical.")
    )

    objects = ExcusalQuerySet.as_manager()

    rules = (
        Rule(
            "excusal_keeps_its_trainee",
            f"NEW.trainee_id = OLD.trainee_id OR {GOES_ALONG}",
            _("This stays where it was made. Make a new one there."),
            ("UPDATE",),
        ),
        of_nobody_merged("excusal"),
    )

    class Meta:
        verbose_name = _("excusal")
        verbose_name_plural = _("excusals")
        ordering = ["-since", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["sick", "leave", "duty", "other"]), name="excusal_is_known"),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")),
                name="excusal_ends_after_it_begins",
                violation_error_message=_("The last day cannot be before the first."),
            ),
        ]

    def __str__(self):
        return f"{self.trainee}: {self.get_kind_display()}"

    @property
    def words(self) -> str:
        """What a register says of it."""
        return f"{self.get_kind_display()}: {self.reason}" if self.reason else str(self.get_kind_display())

    def added_sentence(self) -> str:
        words = {"trainee": self.trainee, "kind": self.get_kind_display(), "day": date_format(self.since)}
        if self.until is None:
            return gettext("excused %(trainee)s, %(kind)s, from %(day)s until further notice") % words
        return gettext("excused %(trainee)s, %(kind)s, from %(day)s until %(until)s") % {
            **words, "until": date_format(self.until)
        }  # fmt: skip


class UnlistedQuerySet(AboutTrainee):
    """Of whom nobody knows who they are, nobody knows the nation: they are about nobody's trainee."""

    program = "session__cohort__program_id"


class Unlisted(Versioned):
    """Somebody was at a session who is not on its roster; a coordinator finds out who."""

    class Outcome(models.TextChoices):
        OPEN = "open", _("to be resolved")
        FOUND = "found", _("found on the roll")
        DISMISSED = "dismissed", _("not one of ours")

    session = models.ForeignKey(
        TrainingSession, models.PROTECT, related_name="unlisted", verbose_name=_("training session")
    )
    told = models.CharField(_("roll number or call sign"), max_length=60)
    outcome = models.CharField(_("outcome"), max_length=9, choices=Outcome, default=Outcome.OPEN)
    trainee = models.ForeignKey(
        Trainee, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("trainee")
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects = UnlistedQuerySet.as_manager()

    rules = (stays("unlisted", "session"),)

    class Meta:
        verbose_name = _("unlisted person")
        verbose_name_plural = _("unlisted people")
        ordering = ["session", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=["open", "found", "dismissed"]), name="unlisted_is_known"),
            models.CheckConstraint(
                condition=Q(outcome="found", trainee__isnull=False) | (~Q(outcome="found") & Q(trainee=None)),
                name="found_says_whom",
                violation_error_message=_("Say who it was."),
            ),
            models.CheckConstraint(
                condition=~Q(outcome="dismissed") | ~Q(note=""),
                name="dismissed_says_why",
                violation_error_message=_("Say why."),
            ),
        ]

    def __str__(self):
        return self.told


class AttemptLeave(models.Model):
    """A coordinator allows one attempt more than the program's limit. Only added to."""

    act = models.ForeignKey(Act, models.PROTECT, related_name="+", editable=False)
    trainee = models.ForeignKey(Trainee, models.PROTECT, related_name="attempt_leaves", verbose_name=_("trainee"))
    program = models.ForeignKey(
        Program, models.PROTECT, related_name="+", related_query_name="attempt_leave", verbose_name=_("program")
    )
    module = models.ForeignKey(
        SkillModule, models.PROTECT, related_name="+", related_query_name="attempt_leave", verbose_name=_("module")
    )
    reason = models.TextField(_("reason"))

    objects = AboutTrainee.as_manager()

    append_only = True
    rules = (of_nobody_merged("attempt_leave"),)

    class Meta:
        verbose_name = _("leave for a further attempt")
        verbose_name_plural = _("leaves for further attempts")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""), name="attempt_leave_says_why", violation_error_message=_("Say why.")
            )
        ]

    def __str__(self):
        return f"{self.trainee}, {self.module.code}"

    def added_sentence(self) -> str:
        return gettext("allowed %(trainee)s a further attempt at %(module)s") % {
            "trainee": self.trainee,
            "module": self.module.code,
        }


class SheetQuerySet(InProgram):
    """Printed sheets."""

    program = "session__cohort__program_id"


class Sheet(Versioned):
    """A printed register or result sheet. Its key is its number; its rows find the page again when the paper comes back."""

    class Kind(models.TextChoices):
        REGISTER = "register", _("register")
        RESULTS = "results", _("result sheet")

    session = models.ForeignKey(
        TrainingSession, models.PROTECT, related_name="sheets", verbose_name=_("training session")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    returned_at = models.DateTimeField(_("came back"), null=True, blank=True, editable=False)
    lost_reason = models.CharField(_("why it will not come back"), max_length=200, blank=True, editable=False)

    objects = SheetQuerySet.as_manager()

    rules = (stays("sheet", "session"),)

    class Meta:
        verbose_name = _("printed sheet")
        verbose_name_plural = _("printed sheets")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["register", "results"]), name="sheet_is_known"),
            models.CheckConstraint(
                condition=Q(returned_at=None) | Q(lost_reason=""),
                name="returned_or_lost",
                violation_error_message=_("This sheet has come back."),
            ),
        ]

    def __str__(self):
        return f"{self.pk:04}"

    def get_absolute_url(self):
        return reverse("trainees:sheet_detail", args=[self.pk])


class SheetRowQuerySet(AboutTrainee):
    program = "sheet__session__cohort__program_id"


class SheetRow(models.Model):
    """One line of a printed sheet, as it was printed. Only added to."""

    act = models.ForeignKey(Act, models.PROTECT, related_name="+", editable=False)
    sheet = models.ForeignKey(Sheet, models.PROTECT, related_name="rows", verbose_name=_("printed sheet"))
    position = models.PositiveIntegerField(_("line"))
    trainee = models.ForeignKey(Trainee, models.PROTECT, related_name="+", verbose_name=_("trainee"))

    objects = SheetRowQuerySet.as_manager()

    append_only = True

    class Meta:
        verbose_name = _("line of a printed sheet")
        verbose_name_plural = _("lines of printed sheets")
        ordering = ["sheet", "position"]
        constraints = [
            models.UniqueConstraint(fields=["sheet", "position"], name="sheet_line_once"),
            models.UniqueConstraint(fields=["sheet", "trainee"], name="sheet_trainee_once"),
        ]

    def __str__(self):
        return f"{self.sheet} {self.position}"
