"""Who is asked to join a program, by a link that works once."""

import hashlib
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User, Versioned
from accounts.trail import Rule, stays

from .. import access
from ..access import InProgram
from ..fields import CountryField
from .programs import Program, Role


class InvitationQuerySet(InProgram["Invitation"]):
    def visible_to(self, user: User) -> Self:
        """Invitations to programs that `user` runs: they name people who have not joined yet."""
        return self.run_by(user)

    def by_token(self, token: str) -> Self:
        """The one, if any, that a link with `token` leads to."""
        return self.filter(token_hash=hashed(token))

    def pending(self) -> Self:
        """Neither used nor withdrawn; whether each `is_valid`, or can only be sent anew, stands beside it."""
        return self.filter(accepted_at=None, withdrawn_at=None).annotate(is_valid=Exists(self._itself().valid()))

    def valid(self) -> Self:
        """Those whose link works: not used, withdrawn or expired, by somebody who may still invite."""
        still = Role.objects.filter(user=OuterRef("invited_by"), program=OuterRef("program"), kind__in=access.RUNS)
        return self.filter(
            Exists(still) | Q(invited_by__is_superuser=True),
            accepted_at=None,
            withdrawn_at=None,
            invited_by__is_active=True,
            expires_at__gt=timezone.now(),
        )

    def _itself(self) -> Self:
        return type(self)(self.model).filter(pk=OuterRef("pk"))


class Invitation(Versioned):
    """Somebody is asked to join a program in a role. Of the token in the link only a hash is kept, and never told."""

    program = models.ForeignKey(Program, models.PROTECT, related_name="invitations", verbose_name=_("program"))
    kind = models.CharField(_("role"), max_length=12, choices=Role.Kind)
    nation = CountryField(
        _("limited to the trainees of"),
        blank=True,
        help_text=_("A nation, written as at its trainees: for a liaison officer who may see these only. Empty: all."),
    )
    display_name = models.CharField(
        _("shown as"), max_length=60, blank=True, help_text=_("A call sign or function, never a name.")
    )
    email = models.EmailField(
        _("mail address"), blank=True, help_text=_("The link is sent there. Empty: you hand it over yourself.")
    )
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("invited by")
    )
    added_at = models.DateTimeField(_("added"), editable=False)
    expires_at = models.DateTimeField(_("until"), editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    accepted_at = models.DateTimeField(_("accepted"), null=True, editable=False)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("accepted by"),
    )
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    secret = ("email",)
    unrecorded = ("token_hash",)
    rules = (
        stays("invitation", "program"),
        Rule(
            "invitation_ends_once",
            "OLD.accepted_at IS NULL AND OLD.withdrawn_at IS NULL",
            _("This invitation was used or withdrawn already."),
            ("UPDATE",),
        ),
        Rule("invitation_is_kept", "1 = 0", _("An invitation is never deleted."), ("DELETE",)),
    )

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-added_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=access.SEES), name="invitation_role_is_known"),
            models.CheckConstraint(
                condition=Q(nation="") | Q(kind=access.VIEWER),
                name="only_invited_viewers_are_limited",
                violation_error_message=_("Only a liaison officer is limited to a nation."),
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("added_at")), name="invitation_lasts_a_while"),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(withdrawn_at=None), name="invitation_accepted_or_withdrawn"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="invitation_accepted_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(accepted_at__lt=F("expires_at")),
                name="invitation_accepted_in_time",
                violation_error_message=_("This invitation has expired."),
            ),
        ]

    def __str__(self):
        return f"{self.display_name or _('somebody')}: {self.get_kind_display()}, {self.program.code}"

    def role_for(self, account: User) -> Role:
        """What whoever accepts it gets."""
        return Role(program=self.program, user=account, kind=self.kind, nation=self.nation)


def hashed(token: str) -> str:
    """What is kept of a token: it has 256 random bits, so nobody comes from here back to it."""
    return hashlib.sha256(token.encode()).hexdigest()


def lasting() -> timedelta:
    """How long an invitation can be accepted."""
    return timedelta(days=settings.INVITATION_DAYS)
