"""What every form that writes carries, and how its answer is given."""

import uuid

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from .models import Versioned


class ActForm(forms.Form):
    """The act's key, made with the page, and the version of what the page showed. Mix it into a Form or ModelForm.

    A form posted twice carries the same key, so it is done once. `seen` is empty for something new.
    """

    key = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("key", uuid.uuid4())
        row = getattr(self, "instance", None)
        if isinstance(row, Versioned) and row.pk:
            self.initial.setdefault("seen", row.seen)

    def words(self) -> dict:
        """What the person entered, without key and version: what a service takes as fields."""
        return {name: value for name, value in self.cleaned_data.items() if name not in {"key", "seen"}}

    def refuse(self, error: ValidationError) -> None:
        """Show a service's refusal beside the fields it is about; what names no field of this form goes on top."""
        for field, messages in getattr(error, "error_dict", {NON_FIELD_ERRORS: error.error_list}).items():
            self.add_error(field if field in self.fields else None, messages)
