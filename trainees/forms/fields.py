"""Fields that several forms share."""

from django import forms


def day_field(**kwargs) -> forms.DateField:
    """A day, with the browser's own calendar."""
    return forms.DateField(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **kwargs)


def lines_field(rows: int = 2, **kwargs) -> forms.CharField:
    """A few lines of text."""
    return forms.CharField(widget=forms.Textarea(attrs={"rows": rows}), **kwargs)
