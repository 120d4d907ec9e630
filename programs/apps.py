from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProgramsConfig(AppConfig):
    name = "programs"
    verbose_name = _("programs")

    def ready(self):
        from accounts import second_factor

        from .access import coordinates_any

        second_factor.must_have(coordinates_any)
