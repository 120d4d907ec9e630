"""Who signs in, and what was done: users, acts, and the trail that the database itself writes."""

import uuid

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.contrib.auth.password_validation import validate_password
from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from .fields import Row


class Act(models.Model):
    """One intent of one person, done in one transaction. Written once by `acts.perform`, never changed."""

    key = models.UUIDField(_("key"), unique=True)
    user = models.ForeignKey(
        "accounts.User",
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("who"),
        help_text=_("Empty only for what was done at the server's command line."),
    )
    at = models.DateTimeField(_("when"), db_index=True)
    kind = models.CharField(_("what"), max_length=60)
    digest = models.CharField(max_length=64, editable=False)
    reason = models.TextField(_("reason"), blank=True)
    scope = models.BigIntegerField(_("program"), null=True, db_index=True)  # a number: this floor knows no programs
    undoes = models.OneToOneField("self", models.PROTECT, null=True, related_name="undone_by", verbose_name=_("undoes"))

    append_only = True

    class Meta:
        verbose_name = _("act")
        verbose_name_plural = _("acts")
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False) | Q(kind__startswith="command."), name="act_has_a_user_or_is_a_command"
            )
        ]

    def __str__(self):
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"

    def made(self, model: type[Row]) -> Row:
        """The row of `model` that this act inserted: how a repeated request finds what its first one made."""
        inserted = self.changes.filter(table=model._meta.db_table, before__isnull=True).order_by("id")
        return model._default_manager.get(pk=inserted.values(pk=Cast("row", models.BigIntegerField()))[:1])


class Change(models.Model):
    """What one act did to one row, written by the database's triggers (trail.py) and by nothing else."""

    act = models.ForeignKey(Act, models.PROTECT, related_name="changes", verbose_name=_("act"))
    table = models.CharField(_("table"), max_length=60)
    row = models.CharField(_("row"), max_length=40)
    before = models.JSONField(_("before"), null=True)
    after = models.JSONField(_("after"), null=True)

    append_only = True

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        indexes = [models.Index(fields=["table", "row"], name="change_of_row")]

    def __str__(self):
        return f"{self.table} {self.row}"


class Versioned(models.Model):
    """A row that carries the act which last touched it: that act's key is the row's version (`acts.change`)."""

    act = models.ForeignKey(Act, models.PROTECT, related_name="+", editable=False, verbose_name=_("last act"))

    class Meta:
        abstract = True

    @property
    def seen(self) -> str:
        """The version to put into a form, so that writing can tell whether somebody else was faster."""
        return str(self.act.key)


class UserManager(DjangoUserManager):
    def _create_user(self, username, email, password, **fields):
        """Django's way to make a user, as an act of the command line: the first user has nobody before them."""
        from .acts import perform

        create = super()._create_user

        def do(act):
            create(username, email, password, act=act, **fields)

        return perform(user=None, kind="command.create_user", key=uuid.uuid4(), body=username, do=do).made(self.model)

    def create_superuser(self, username, email=None, password=None, **fields):
        """Also where nobody is asked (`createsuperuser --noinput`), a password that is too easy to guess is refused."""
        if password is not None:
            validate_password(password, self.model(username=username, email=email or ""))
        return super().create_superuser(username, email, password, **fields)


class User(AbstractUser, Versioned):
    """Somebody who signs in. A trainee is not a user; an instructor may have one."""

    first_name = None
    last_name = None
    display_name = models.CharField(_("shown as"), max_length=60, blank=True, help_text=_("A call sign or function."))

    objects = UserManager()

    unrecorded = ("password", "last_login")  # signing in is not an act; a password's change is one, its value no one's

    class Meta(AbstractUser.Meta):
        pass

    def __str__(self):
        return self.display_name or self.username

    def get_full_name(self):
        return str(self)

    get_short_name = get_full_name
