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
