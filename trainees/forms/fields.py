"""Fields that several forms share."""

from django import forms


def day_field(**kwargs) -> forms.DateField:
    """A day, with the browser's own calendar."""
    return forms.DateField(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **kwargs)


def lines_field(rows: int = 2, **kwargs) -> forms.CharField:
    """A few lines of text."""
    return forms.CharField(widget=forms.Textarea(attrs={"rows": rows}), **kwargs)


class MomentField(forms.SplitDateTimeField):
    """A day and a time, in the program's time zone (the view activates it)."""

    def __init__(self, **kwargs):
        widget = forms.SplitDateTimeWidget(
            date_format="%Y-%m-%d", time_format="%H:%M", date_attrs={"type": "date"}, time_attrs={"type": "time"}
        )
        super().__init__(widget=widget, **kwargs)
