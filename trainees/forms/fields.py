"""Fields that several forms share."""

import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

YEARS = (1900, 2199)  # beyond them somebody mistyped, and a calendar that is counted on from there comes to its end


def day_field(**kwargs) -> forms.DateField:
    """A day, with the browser's own calendar."""
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(widget=widget, validators=[_of_our_times], **kwargs)


def _of_our_times(day: datetime.date) -> None:
    first, last = YEARS
    if not first <= day.year <= last:
        raise ValidationError(_("Enter a year from %(first)s to %(last)s.") % {"first": first, "last": last})


def lines_field(rows: int = 2, **kwargs) -> forms.CharField:
    """A few lines of text."""
    return forms.CharField(widget=forms.Textarea(attrs={"rows": rows}), **kwargs)
