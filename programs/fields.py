"""Kinds of values that programs and trainees share."""

import zoneinfo

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

CODE = RegexValidator(
    r"^(?![Nn][Ee][Ww]\Z)[A-Za-z0-9]+(-[A-Za-z0-9]+)*\Z",  # "new" is an address of its own
    _("Use Latin letters, digits and single hyphens, as in TRD-2023."),
)


class PercentField(models.PositiveSmallIntegerField):
    """Whole per cent, 0 to 100."""

    default_validators = [MaxValueValidator(100)]


class WeightField(models.PositiveSmallIntegerField):
    """How many points something gives, 0 to 10. Zero: it gives none."""

    MOST = 10
    default_validators = [MaxValueValidator(MOST)]


class CountryField(models.CharField):
    """A nation by its English name, as people write it in this field of work; not a code that has to be looked up."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_length", 60)
        super().__init__(*args, **kwargs)


def known_time_zone(name: str) -> None:
    """Refuse what the time zone database does not know."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValidationError(
            _("%(name)s is not a time zone. Write it as in Europe/Oslo."), params={"name": name}
        ) from None


class TimeZoneField(models.CharField):
    """A name of the time zone database."""

    default_validators = [known_time_zone]

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_length", 40)
        super().__init__(*args, **kwargs)
