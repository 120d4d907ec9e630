"""Fields that several forms share."""

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _


def day_field(**kwargs) -> forms.DateField:
    """A day, with the browser's own calendar."""
    return forms.DateField(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **kwargs)


def lines_field(rows: int = 2, **kwargs) -> forms.CharField:
    """A few lines of text."""
    return forms.CharField(widget=forms.Textarea(attrs={"rows": rows}), **kwargs)


class MomentField(forms.SplitDateTimeField):
    """A day and a time, in the program's time zone (the view activates it)."""

    def __init__(self, *, label, **kwargs):
        widget = forms.SplitDateTimeWidget(
            date_format="%Y-%m-%d",
            time_format="%H:%M",
            date_attrs={"type": "date", "aria-label": format_lazy("{}, {}", label, _("day"))},
            time_attrs={"type": "time", "aria-label": format_lazy("{}, {}", label, _("time"))},
        )
        super().__init__(widget=widget, label=label, **kwargs)
