"""What every form that writes carries, and how its answer is given."""

import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext as _

from .acts import Conflict
from .addresses import as_pk
from .models import Versioned


class Difference(NamedTuple):
    """A field of a form that was overtaken: what stands there now."""

    label: str
    now: str


class ActForm(forms.Form):
    """The act's key, made with the page, and the version of what the page showed. Mix it into a Form or ModelForm.

    A form posted twice carries the same key, so it is done once. `seen` is empty for something new.
    """

    key = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("key", uuid.uuid4())
        row = getattr(self, "instance", None)
        if isinstance(row, Versioned) and row.pk:
            self.initial.setdefault("seen", row.seen)

    def validate_unique(self) -> None:
        """Left to the database, which alone knows; a form sent twice must not be refused for what its first sending made."""

    validate_constraints = validate_unique

    @property
    def asks(self) -> bool:
        """Whether something has to be filled in: then the page explains the asterisk."""
        return any(field.field.required for field in self.visible_fields())

    def full_clean(self) -> None:
        """What is left empty is told by the name of its field."""
        for name, field in self.fields.items():
            if field.required:
                field.error_messages["required"] = _("Fill in “%(label)s”.") % {"label": self[name].label}
        super().full_clean()

    def show(self) -> dict[str, Any]:
        """Make the form ready to be looked at; give what its page needs besides. What only the page needs is asked for here."""
        return {}

    def words(self) -> dict[str, Any]:
        """What the person entered, without key and version: what a service takes as fields."""
        return {name: value for name, value in self.cleaned_data.items() if name not in {"key", "seen"}}

    def stamp(self) -> dict[str, Any]:
        """Key and version: what a service takes to change what the page showed."""
        return {"key": self.cleaned_data["key"], "seen": self.cleaned_data["seen"]}

    def refuse(self, error: ValidationError) -> None:
        """Show a service's refusal beside the fields it is about; what names no field of this form goes on top."""
        by_field = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
        for field, messages in by_field.items():
            self.add_error(field if field in self.fields else None, messages)

    def overtaken(self, conflict: Conflict) -> list[Difference]:
        """Make the form ready to be sent again over what somebody else wrote; give what stands there now and differs."""
        self.data = data = cast(QueryDict, self.data).copy()
        data[self.add_prefix("key")] = str(uuid.uuid4())
        current = conflict.current
        if current is None or not hasattr(current, "act"):
            return []
        data[self.add_prefix("seen")] = str(current.act.key)
        return list(self._differences(current))

    def _differences(self, current: models.Model) -> Iterator[Difference]:
        for name, field in self.fields.items():
            if name in {"key", "seen"} or not hasattr(current, name) or not self.cleaned_data:
                continue
            now, mine = getattr(current, name), self.cleaned_data.get(name)
            if getattr(now, "pk", now) != getattr(mine, "pk", mine) and not hasattr(now, "all"):
                display = getattr(current, f"get_{name}_display", None)
                yield Difference(str(field.label), str(display() if display else "" if now is None else now))


class SeveralField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # generic for the checker only
    """Several rows out of those offered. An id that no row can have is no choice, and no fault of the database."""

    def clean(self, value: Any) -> Any:
        for one in value if isinstance(value, list | tuple) else ():
            if as_pk(one) is None:
                raise ValidationError(self.error_messages["invalid_pk_value"], "invalid_pk_value", {"pk": one})
        return super().clean(value)
