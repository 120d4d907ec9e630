from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("accounts and acts")

    def ready(self):
        from . import trail

        connection_created.connect(trail.on_connect, dispatch_uid="muster-trail")
        # Remaking a table, as SQLite's migrations do, silently drops its triggers: take all off before, put all on after.
        pre_migrate.connect(trail.before_migrate, sender=self, dispatch_uid="muster-trail")
        post_migrate.connect(trail.after_migrate, sender=self, dispatch_uid="muster-trail")
        self._listen_to_the_door()

    def _listen_to_the_door(self):
        from allauth.account.signals import user_logged_in as let_in
        from allauth.mfa import signals as factors
        from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

        from . import events, second_factor, signins

        user_logged_in.connect(signins.on_signed_in, dispatch_uid="muster-door")
        user_logged_out.connect(signins.on_signed_out, dispatch_uid="muster-door")
        let_in.connect(signins.on_let_in, dispatch_uid="muster-door")
        user_logged_in.connect(events.on_signed_in, dispatch_uid="muster-log")
        user_logged_out.connect(events.on_signed_out, dispatch_uid="muster-log")
        user_login_failed.connect(events.on_failed, dispatch_uid="muster-log")
        factors.authenticator_added.connect(second_factor.on_added, dispatch_uid="muster-door")
        factors.authenticator_reset.connect(second_factor.on_renewed, dispatch_uid="muster-door")
        factors.authenticator_removed.connect(second_factor.on_removed, dispatch_uid="muster-door")
