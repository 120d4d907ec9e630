"""Trainees, their names apart, and their places in cohorts."""

import datetime
import uuid
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.fields import SearchField, SearchQuerySet, folded
from accounts.models import Act, User, Versioned
from accounts.trail import Rule
from programs.access import AboutTrainee
from programs.fields import CODE, CountryField
from programs.models import Program, Track

from .cohorts import Cohort, Group

COUNTED = ("active", "suspended", "completed", "not_completed")  # places that a cohort's numbers count


def of_nobody_merged(table: str, unless: str = "") -> Rule:
    """Nothing new is entered for a number that goes on as another one."""
    return Rule(
        f"{table}_of_nobody_merged",
        f"{unless}(SELECT t.merged_into_id FROM trainees_trainee t WHERE t.id = NEW.trainee_id FOR SHARE) IS NULL",  # noqa: S608
        _("This number was merged into another one. Load the page again."),
        ("INSERT",),
    )


# A row goes along with a number that was merged: whose it is becomes another, and nothing else here.
GOES_ALONG = "NEW.trainee_id = (SELECT t.merged_into_id FROM trainees_trainee t WHERE t.id = OLD.trainee_id)"


class TraineeQuerySet(SearchQuerySet["Trainee"]):
    def current(self) -> Self:
        """Without the numbers that were merged into others."""
        return self.filter(merged_into=None)

    def known_as(self, words: str) -> Self:
        """As `searched`; whoever goes on under another number is found by the old one too."""
        here = Q()
        for word in folded(words or "").split():
            here &= Q(search__contains=word)
        old = Trainee.objects.exclude(merged_into=None).searched(words).values("merged_into")
        return self.filter(here | Q(pk__in=old)) if here else self

    def visible_to(self, user: User) -> Self:
        """Trainees who have, or had, a place in a program that `user` sees."""
        return self._placed(user, "visible_to")

    def recorded_by(self, user: User) -> Self:
        """A place entered by mistake gives no rights."""
        return self._placed(user, "recorded_by")

    def run_by(self, user: User) -> Self:
        return self._placed(user, "run_by")

    def wholly_run_by(self, user: User) -> Self:
        """Those all of whose programs `user` coordinates: who entered or read a name, and why, is told to nobody else."""
        if user.is_active and user.is_superuser:
            return self.all()
        places = Enrolment.objects.filter(trainee=OuterRef("pk"))
        elsewhere = places.exclude(program__in=Program.objects.run_by(user))
        return self.filter(Exists(places), ~Exists(elsewhere))

    def _placed(self, user: User, how: str) -> Self:
        if user.is_active and user.is_superuser:
            return self.all()
        theirs = Enrolment.objects.filter(trainee=OuterRef("pk"))
        ever = Exists(getattr(theirs, how)(user))
        if how == "visible_to":
            return self.filter(ever)
        nowhere = ~Exists(theirs.standing())  # the only place was a mistake: whoever made it gives another
        return self.filter(Exists(getattr(theirs.standing(), how)(user)) | (ever & nowhere))


class Trainee(Versioned):
    """A person being trained, known by roll number and call sign. The name is in `Identity`."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    roll_number = models.CharField(
        _("roll number"),
        max_length=20,
        unique=True,
        validators=[CODE],
        error_messages={"unique": _("This roll number is taken.")},
    )
    call_sign = models.CharField(_("call sign"), max_length=40)
    nation = CountryField(_("nation"), blank=True)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True, editable=False)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        db_index=False,  # next to nobody is: a list of those who are not must not be looked up by it
        related_name="merged",
        verbose_name=_("merged into"),
    )
    search = SearchField(of=("roll_number", "call_sign"))

    objects = TraineeQuerySet.as_manager()

    rules = (
        Rule(
            "trainee_stays_erased",
            "OLD.erased_at IS NULL OR (NEW.erased_at = OLD.erased_at AND NEW.call_sign = OLD.call_sign)",
            _("Who this was has been erased for good."),
            ("UPDATE",),
        ),
        Rule(
            "trainee_merged_into_who_stands",
            "NEW.merged_into_id IS NULL OR "
            "(SELECT t.merged_into_id FROM trainees_trainee t WHERE t.id = NEW.merged_into_id FOR SHARE) IS NULL",
            _("This number was itself merged into another one."),
        ),
        Rule(
            "trainee_stays_merged",  # only further on, to where that one goes; and erased
            "OLD.merged_into_id IS NULL OR (NEW.roll_number = OLD.roll_number AND NEW.nation = OLD.nation "
            "AND (NEW.call_sign = OLD.call_sign OR NEW.erased_at IS NOT NULL) "
            "AND (NEW.merged_into_id = OLD.merged_into_id OR NEW.merged_into_id = "
            "(SELECT t.merged_into_id FROM trainees_trainee t WHERE t.id = OLD.merged_into_id)))",
            _("This number was merged into another one, and is not changed any more."),
            ("UPDATE",),
        ),
    )

    class Meta:
        verbose_name = _("trainee")
        verbose_name_plural = _("trainees")
        ordering = ["roll_number"]
        indexes = [
            models.Index(fields=["merged_into"], condition=Q(merged_into__isnull=False), name="trainee_merged_into")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(merged_into=None) | ~Q(merged_into=F("pk")), name="trainee_merged_into_another"
            )
        ]

    def __str__(self):
        return self.roll_number if self.erased_at else f"{self.roll_number} {self.call_sign}"

    def get_absolute_url(self):
        return reverse("trainees:trainee_detail", args=[self.uuid])

    @property
    def stands_as(self) -> "Trainee":
        """The number under which this person goes on: its own, unless it was merged into another."""
        return self.merged_into or self


class Identity(models.Model):
    """The only table with a trainee's personal data. The newest row counts; erasing deletes them all."""

    act = models.ForeignKey(Act, models.PROTECT, related_name="+", editable=False)
    trainee = models.ForeignKey(Trainee, models.PROTECT, related_name="identities", verbose_name=_("trainee"))
    family_name = models.CharField(_("family name"), max_length=80, blank=True)
    given_name = models.CharField(_("given name"), max_length=80, blank=True)

    append_only = "update"
    secret = ("family_name", "given_name")
    rules = (
        Rule(
            "identity_of_nobody_erased",
            "(SELECT t.erased_at FROM trainees_trainee t WHERE t.id = NEW.trainee_id FOR SHARE) IS NULL",
            _("Who this was has been erased for good."),
            ("INSERT",),
        ),
        of_nobody_merged("identity"),
    )

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        ordering = ["trainee", "-pk"]

    def __str__(self):
        return str(self.trainee)  # never the name: this text reaches logs and page titles


class NameRead(models.Model):
    """Somebody asked to see a trainee's name, and why (the act's reason)."""

    act = models.ForeignKey(Act, models.PROTECT, related_name="+", editable=False)
    trainee = models.ForeignKey(Trainee, models.PROTECT, related_name="name_reads", verbose_name=_("trainee"))

    append_only = True

    class Meta:
        verbose_name = _("reading of a name")
        verbose_name_plural = _("readings of names")
        ordering = ["-pk"]

    def __str__(self):
        return str(self.trainee)

    def added_sentence(self) -> str:
        """How a history tells that the name was read."""
        return gettext("read the name of %(trainee)s") % {"trainee": self.trainee}


class EnrolmentQuerySet(AboutTrainee["Enrolment"]):
    def standing(self) -> Self:
        """Entries that no later one corrects, and that say something themselves."""
        return self.filter(voided_by=None).exclude(status=Enrolment.Status.VOID)

    def in_force(self, day: datetime.date) -> Self:
        """For each trainee and program, the one entry that says where they are on `day`."""
        later = Enrolment.objects.standing().filter(
            Q(since__gt=OuterRef("since")) | Q(since=OuterRef("since"), pk__gt=OuterRef("pk")),
            trainee=OuterRef("trainee"),
            program=OuterRef("program"),
            since__lte=day,
        )
        return self.standing().filter(~Exists(later), since__lte=day)

    def counted(self) -> Self:
        """Those whom a cohort's numbers count."""
        return self.filter(status__in=COUNTED)


class Enrolment(models.Model):
    """From this day on, this is the trainee's place in the program. Only added to.

    A trainee has one line of such entries in a program, so two places at a time cannot be written. A transfer is an entry in
    the new cohort; a correction is an entry that `voids` the wrong one, and with status VOID puts
    nothing in its place. `previous` is the entry that its writer saw as the
    last: two writers at once cannot both be next.
    """

    class Status(models.TextChoices):
        EXPECTED = "expected", _("expected")
        ACTIVE = "active", _("active")
        SUSPENDED = "suspended", _("suspended")
        COMPLETED = "completed", _("completed")
        NOT_COMPLETED = "not_completed", _("not completed")
        WITHDRAWN = "withdrawn", _("withdrawn")
        VOID = "void", _("entered by mistake")

    act = models.ForeignKey(Act, models.PROTECT, related_name="+", editable=False)
    trainee = models.ForeignKey(Trainee, models.PROTECT, related_name="enrolments", verbose_name=_("trainee"))
    program = models.ForeignKey(
        Program, models.PROTECT, related_name="+", related_query_name="enrolment", verbose_name=_("program")
    )
    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="enrolments", verbose_name=_("cohort"))
    track = models.ForeignKey(
        Track,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        related_query_name="enrolment",
        verbose_name=_("track"),
    )
    group = models.ForeignKey(
        Group, models.PROTECT, null=True, blank=True, related_name="enrolments", verbose_name=_("group")
    )
    status = models.CharField(_("place"), max_length=14, choices=Status, default=Status.ACTIVE)
    since = models.DateField(_("since"))
    reason = models.TextField(_("reason"), blank=True)
    correction = models.TextField(
        _("what was wrong"), blank=True, help_text=_("With the entry that this one corrects.")
    )
    previous = models.OneToOneField("self", models.PROTECT, null=True, related_name="next", editable=False)
    voids = models.OneToOneField("self", models.PROTECT, null=True, related_name="voided_by", editable=False)

    objects = EnrolmentQuerySet.as_manager()

    append_only = True
    rules = (
        Rule(
            "enrolment_in_own_program",
            "(SELECT c.program_id FROM trainees_cohort c WHERE c.id = NEW.cohort_id) = NEW.program_id "
            "AND (NEW.track_id IS NULL OR "
            "(SELECT t.program_id FROM programs_track t WHERE t.id = NEW.track_id) = NEW.program_id) "
            "AND (NEW.group_id IS NULL OR "
            "(SELECT g.cohort_id FROM trainees_group g WHERE g.id = NEW.group_id) = NEW.cohort_id)",
            _("Cohort, track and group have to belong together."),
        ),
        Rule(
            "enrolment_one_line",
            "(NEW.previous_id IS NULL OR EXISTS (SELECT 1 FROM trainees_enrolment p WHERE p.id = NEW.previous_id "
            "AND p.trainee_id = NEW.trainee_id AND p.program_id = NEW.program_id)) "
            "AND (NEW.voids_id IS NULL OR EXISTS (SELECT 1 FROM trainees_enrolment v WHERE v.id = NEW.voids_id "
            "AND v.trainee_id = NEW.trainee_id AND v.program_id = NEW.program_id))",
            _("An entry follows and corrects entries of the same trainee and program."),
        ),
        of_nobody_merged("enrolment", unless="NEW.status = 'void' OR "),
    )

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ["trainee", "program", "since", "pk"]
        indexes = [
            models.Index(fields=["trainee", "program", "since"], name="enrolment_line"),
            models.Index(fields=["cohort", "trainee"], name="enrolment_cohort"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["trainee", "program"], condition=Q(previous=None), name="one_first_enrolment"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["expected", *COUNTED, "withdrawn", "void"]), name="place_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["suspended", "not_completed", "withdrawn"]) | ~Q(reason=""),
                name="place_says_why",
                violation_error_message=_("Say why."),
            ),
            models.CheckConstraint(
                condition=Q(voids=None, correction="") | (Q(voids__isnull=False) & ~Q(correction="")),
                name="enrolment_correction_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(status="void") | Q(voids__isnull=False), name="enrolment_void_says_what"
            ),
        ]

    def __str__(self):
        return f"{self.trainee}, {self.cohort}: {self.get_status_display()}"

    def added_sentence(self) -> str:
        """How a history tells that this was entered."""
        words = {"trainee": self.trainee, "cohort": self.cohort, "place": self.get_status_display()}
        words["day"] = date_format(self.since)
        if self.voids_id:
            return gettext("corrected the place of %(trainee)s: %(cohort)s, %(place)s, since %(day)s") % words
        return gettext("placed %(trainee)s in %(cohort)s, %(place)s, since %(day)s") % words


class Completion(Versioned):
    """A trainee completed the program: a coordinator's act, with a frozen picture of what it stood on.

    Only a dated, reasoned revocation ends it.
    """

    trainee = models.ForeignKey(Trainee, models.PROTECT, related_name="completions", verbose_name=_("trainee"))
    program = models.ForeignKey(
        Program, models.PROTECT, related_name="+", related_query_name="completion", verbose_name=_("program")
    )
    cohort = models.ForeignKey(Cohort, models.PROTECT, related_name="completions", verbose_name=_("cohort"))
    completed_on = models.DateField(_("completed on"))
    snapshot = models.JSONField(_("what it stood on"))
    revoked_on = models.DateField(_("revoked on"), null=True, blank=True)
    revoked_reason = models.TextField(_("why it was revoked"), blank=True)

    objects = AboutTrainee.as_manager()

    rules = (
        Rule(
            "completion_only_revoked",
            "OLD.revoked_on IS NULL AND NEW.revoked_on IS NOT NULL AND NEW.trainee_id = OLD.trainee_id AND "
            "NEW.program_id = OLD.program_id AND NEW.cohort_id = OLD.cohort_id AND "
            "NEW.completed_on = OLD.completed_on AND NEW.snapshot = OLD.snapshot",
            _("A completion is never changed, only revoked once."),
            ("UPDATE",),
        ),
        Rule(
            "completion_in_own_program",
            "(SELECT c.program_id FROM trainees_cohort c WHERE c.id = NEW.cohort_id) = NEW.program_id",
            _("A completion is of a cohort of its own program."),
            ("INSERT",),
        ),
        Rule("completion_is_kept", "1 = 0", _("A completion is never deleted."), ("DELETE",)),
        of_nobody_merged("completion"),
    )

    class Meta:
        verbose_name = _("completion")
        verbose_name_plural = _("completions")
        ordering = ["-completed_on", "trainee"]
        constraints = [
            models.UniqueConstraint(
                fields=["trainee", "program"],
                condition=Q(revoked_on=None),
                name="completed_once",
                violation_error_message=_("This trainee has already completed the program."),
            ),
            models.CheckConstraint(
                condition=Q(revoked_on=None, revoked_reason="")
                | (Q(revoked_on__gte=F("completed_on")) & ~Q(revoked_reason="")),
                name="revoked_with_day_and_reason",
                violation_error_message=_("Revoking needs a day, not before the completion, and a reason."),
            ),
        ]

    def __str__(self):
        return f"{self.trainee}, {self.cohort}"
