"""Planning sessions. Days and times are those of the program's time zone."""

import datetime
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.forms import ActForm, SeveralField
from accounts.models import User
from programs.access import EVERYBODY
from programs.models import CurriculumEntry, Instructor, SkillModule, Track

from ..models import Cohort, Enrolment, Group, SessionStaff, Trainee, TrainingSession
from ..selectors.clashes import Clash, Plan, clashes_of
from ..selectors.clock import at_local, zone_of
from .cohorts import CohortCode
from .fields import day_field, lines_field

ROWS = 4  # of staff, at least; one for each duty
MORE_ROWS = 2


def time_field(**kwargs) -> forms.TimeField:
    """A time, with the browser's own clock."""
    return forms.TimeField(widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}), **kwargs)


class ClashForm(ActForm):
    """A form that may plan somebody twice: then it asks why. The field stays out of sight until there is something to say."""

    clash_reason = lines_field(label=_("Why does it have to be so?"), required=False)
    clashes: list[Clash] = []  # found while planning (`look_for_clashes`)

    def __iter__(self) -> Iterator[forms.BoundField]:
        return (field for field in super().__iter__() if field.name != "clash_reason" or self.asks_why)

    @property
    def asks_why(self) -> bool:
        return bool(self.clashes or self["clash_reason"].value() or "clash_reason" in self.errors)


class WhenFields(forms.Form):
    """A day, from when to when; what ends before it starts ends on the next day."""

    day = day_field(label=_("Day"))
    starts = time_field(label=_("Starts"))
    ends = time_field(label=_("Ends"))
    ends_on = day_field(label=_("Ends on"), required=False, help_text=_("Only where it ends on another day."))
    cohort: Cohort

    def times_of(self, session: TrainingSession) -> dict[str, Any]:
        """What the fields begin with for a session that stands."""
        zone = zone_of(session.cohort.program)
        starts, ends = (at.astimezone(zone) for at in (session.starts_at, session.ends_at))
        other = ends.date() if ends.date() != starts.date() else None
        return {"day": starts.date(), "starts": starts.time(), "ends": ends.time(), "ends_on": other}

    def clean_day(self) -> datetime.date:
        day = self.cleaned_data["day"]
        if day < self.cohort.starts_on:
            raise ValidationError(_("The cohort begins on %(day)s.") % {"day": date_format(self.cohort.starts_on)})
        return day

    def times(self) -> dict[str, datetime.datetime]:
        """Both moments, as far as they can be told; what is wrong with them is added to the errors."""
        data, zone, found = self.cleaned_data, zone_of(self.cohort.program), {}
        if not all(data.get(name) is not None for name in ("day", "starts", "ends")):
            return {}
        for name, day, field in (
            ("starts_at", data["day"], "starts"),
            ("ends_at", data.get("ends_on") or data["day"], "ends"),
        ):
            try:
                found[name] = at_local(day, data[field], zone)
            except ValidationError as error:
                self.add_error(field, error)
        if len(found) == 2 and found["ends_at"] <= found["starts_at"]:
            self.add_error("ends", _("The end has to be after the start."))
            return {}
        return found if len(found) == 2 else {}


class SessionForm(ClashForm, forms.ModelForm):
    """What, by whom and for whom: all of a session but its time."""

    note = lines_field(label=_("Note"), required=False)

    class Meta:
        model = TrainingSession
        fields = ("module", "kind", "place", "note", "clash_reason")

    def __init__(self, *args, cohort: Cohort, **kwargs):
        super().__init__(*args, **kwargs)
        self.cohort = cohort
        taught = CurriculumEntry.objects.filter(curriculum__followed__cohort=cohort).values("module")
        self.fields["module"].queryset = SkillModule.objects.filter(pk__in=taught)
        staff, audience = [], []
        if self.instance.pk:
            staff = list(self.instance.staff.select_related("instructor").order_by("pk"))
            audience = [(one.track_id, one.group_id, one.trainee_id) for one in self.instance.audience.all()]
        self._staff_fields(staff)
        self._audience_fields(audience)

    def _staff_fields(self, staff: list[SessionStaff]) -> None:
        people = {one.pk: one for one in Instructor.objects.assigned_to(self.cohort.program).order_by("call_sign")}
        people |= {one.instructor_id: one.instructor for one in staff}  # also who has left since
        groups: dict[str, list[tuple[int, str]]] = {}
        for pk, one in people.items():
            groups.setdefault(one.get_capacity_display().capitalize(), []).append((pk, str(one)))
        choices = [("", "–"), *sorted(groups.items())]
        duties = SessionStaff.Duty.choices
        sent = [name for name in self.data if name.startswith("who_")]
        self.rows = min(max(ROWS, len(staff) + MORE_ROWS, len(sent)), len(people) + ROWS)
        free = [value for value, _label in (duties[0], duties[2], duties[3], duties[1])]
        for n in range(self.rows):
            row = staff[n] if n < len(staff) else None
            who = forms.TypedChoiceField(coerce=int, empty_value=None, choices=choices, required=False)
            who.label, who.initial = _("Person %(n)s") % {"n": n + 1}, row.instructor_id if row else ""
            duty = forms.ChoiceField(choices=duties, required=False, label=_("Duty of person %(n)s") % {"n": n + 1})
            duty.initial = row.duty if row else free[n] if not staff and n < len(free) else "assistant"
            for field in (who, duty):
                field.widget.attrs["class"] = "form-select"
            self.fields[f"who_{n}"], self.fields[f"duty_{n}"] = who, duty

    def _audience_fields(self, audience: list[tuple[int | None, int | None, int | None]]) -> None:
        here = Enrolment.objects.standing().filter(cohort=self.cohort).values("trainee")
        parts = (
            ("tracks", _("Tracks"), Track.objects.filter(program=self.cohort.program_id, archived_at=None)),
            ("groups", _("Groups"), Group.objects.filter(cohort=self.cohort)),
            ("trainees", _("Named trainees"), Trainee.objects.filter(pk__in=here)),
        )
        for place, (name, label, rows) in enumerate(parts):
            self.fields[name] = SeveralField(rows, label=label, required=False, widget=forms.CheckboxSelectMultiple)
            if chosen := [part[place] for part in audience if part[place]]:
                self.fields[name].initial = chosen

    def staff_rows(self) -> Iterator[tuple[forms.BoundField, forms.BoundField]]:
        """Person and duty, row by row, for the template."""
        for n in range(self.rows):
            yield self[f"who_{n}"], self[f"duty_{n}"]

    def audience_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("tracks", "groups", "trainees") if self.fields[name].queryset.exists()]

    def named(self) -> int:
        """How many trainees are named: the list is open where some are."""
        return len(self["trainees"].value() or ())

    def staff(self) -> dict[int, str]:
        data = self.cleaned_data
        chosen = [(data.get(f"who_{n}"), data.get(f"duty_{n}")) for n in range(self.rows)]
        return {who: duty or SessionStaff.Duty.ASSISTANT for who, duty in chosen if who}

    def audience(self) -> list[Track | Group | Trainee]:
        return [part for name in ("tracks", "groups", "trainees") for part in self.cleaned_data.get(name, ())]

    def clean(self):
        data = super().clean()
        named = [data[f"who_{n}"] for n in range(self.rows) if data.get(f"who_{n}")]
        if len(named) != len(set(named)):
            raise ValidationError(_("Somebody has two duties at this session. Give each person one."))
        return data

    def plans(self) -> list[Plan]:
        """What is planned, as far as it has been entered."""
        return [self._plan(self.instance.starts_at, self.instance.ends_at)]

    def _plan(self, starts_at: datetime.datetime, ends_at: datetime.datetime) -> Plan:
        staff, parts = frozenset(self.staff()), frozenset(self.audience())
        place = self.cleaned_data.get("place") or ""
        return Plan(self.cohort, starts_at, ends_at, place, staff, parts, self.instance.pk)

    def look_for_clashes(self, user: User) -> None:
        """While planning: what has been entered so far, whether or not it could be saved."""
        self.full_clean()
        self.clashes = [clash for found in clashes_of(self.plans(), user, EVERYBODY) for clash in found]

    def words(self) -> dict:
        fields = {name: self.cleaned_data[name] for name in ("module", "kind", "place", "note", "clash_reason")}
        return fields | {"staff": self.staff(), "audience": self.audience()}


class NewSessionForm(WhenFields, SessionForm):
    """A session with its time."""

    def clean(self):
        data = super().clean()
        self.moments = self.times()
        return data

    def plans(self) -> list[Plan]:
        return [self._plan(self.moments["starts_at"], self.moments["ends_at"])] if self.moments else []

    def words(self) -> dict:
        return super().words() | self.moments


class SeriesForm(WhenFields, SessionForm):
    """The same session on several days."""

    ends_on = None
    weekdays = forms.TypedMultipleChoiceField(
        coerce=int,
        choices=list(WEEKDAYS.items()),
        label=_("On these days of the week"),
        widget=forms.CheckboxSelectMultiple,
    )
    until = day_field(label=_("Until"), help_text=_("The last day on which one may lie."))

    def __init__(self, *args, cohort: Cohort, **kwargs):
        super().__init__(*args, cohort=cohort, **kwargs)
        self.fields["day"].label = _("From")
        self.fields["ends"].help_text = _("Earlier than the start: on the next day.")
        self.fields["until"].initial = cohort.ends_on

    def clean(self):
        data = super().clean()
        if data.get("day") and data.get("until") and data["until"] < data["day"]:
            self.add_error("until", _("The last day cannot be before the first."))
        if data.get("starts") is not None and data.get("starts") == data.get("ends"):
            self.add_error("ends", _("The end has to be after the start."))
        return data

    def days(self) -> list[datetime.date]:
        data = self.cleaned_data
        first, last = data.get("day"), data.get("until")
        if not first or not last:
            return []
        every = (first + datetime.timedelta(days=n) for n in range(min((last - first).days, 3660) + 1))
        return [day for day in every if day.weekday() in data.get("weekdays", ())]

    def plans(self) -> list[Plan]:
        starts, ends = (self.cleaned_data.get(name) for name in ("starts", "ends"))
        if starts is None or ends is None or starts == ends:
            return []
        zone, over_night = zone_of(self.cohort.program), datetime.timedelta(days=ends <= starts)
        plans = []
        for day in self.days()[:120]:
            try:
                plans.append(self._plan(at_local(day, starts, zone), at_local(day + over_night, ends, zone)))
            except ValidationError:
                continue  # told once it is saved
        return plans

    def words(self) -> dict:
        data = self.cleaned_data
        return super().words() | {"days": self.days(), "starts": data["starts"], "ends": data["ends"]}


class MoveForm(WhenFields, ClashForm):
    """Another time for a session, with the reason."""

    reason = lines_field(label=_("Why is it moved?"))
    field_order = ("day", "starts", "ends", "ends_on", "reason", "clash_reason")

    def __init__(self, *args, session: TrainingSession, **kwargs):
        super().__init__(*args, initial={**self.times_of(session), "seen": session.seen}, **kwargs)
        self.cohort = session.cohort

    def clean(self):
        data = super().clean()
        self.moments = self.times()
        return data

    def words(self) -> dict:
        return {name: self.cleaned_data[name] for name in ("reason", "clash_reason")} | self.moments


class SubstituteForm(ClashForm):
    """Somebody else takes a duty at a session, with the reason."""

    instead_of = forms.ModelChoiceField(Instructor.objects.none(), label=_("Instead of"))
    instructor = forms.ModelChoiceField(Instructor.objects.none(), label=_("Who takes the duty"))
    reason = forms.CharField(label=_("Why?"), max_length=200)
    field_order = ("instead_of", "instructor", "reason", "clash_reason")

    def __init__(self, *args, session: TrainingSession, **kwargs):
        super().__init__(*args, initial={"seen": session.seen}, **kwargs)
        there = session.staff.values("instructor")
        people = Instructor.objects.order_by("call_sign")
        self.fields["instead_of"].queryset = people.filter(pk__in=there)
        self.fields["instructor"].queryset = people.assigned_to(session.cohort.program).exclude(pk__in=there)
        for name in ("instead_of", "instructor"):
            self.fields[name].label_from_instance = lambda one: f"{one}, {one.get_capacity_display()}"


class CopyForm(ClashForm):
    """A day or a week of sessions once more, on other days."""

    what = forms.ChoiceField(
        choices=[("week", _("a week")), ("day", _("a day"))], label=_("Copy"), widget=forms.RadioSelect, initial="week"
    )
    day = day_field(label=_("Of"), help_text=_("Any day of the week that is copied, or the day."))
    to = day_field(label=_("To"), help_text=_("Any day of the week that it goes to, or the day."))
    field_order = ("what", "day", "to", "clash_reason")

    def clean(self):
        data = super().clean()
        if data.get("day") and data.get("to") and self._first(data["day"]) == self._first(data["to"]):
            self.add_error("to", _("Choose another one than that which is copied."))
        return data

    def _first(self, day: datetime.date) -> datetime.date:
        week = self.cleaned_data.get("what") != "day"
        return day - datetime.timedelta(days=day.weekday()) if week else day

    def words(self) -> dict:
        data = self.cleaned_data
        first, to = self._first(data["day"]), self._first(data["to"])
        last = first + datetime.timedelta(days=6 if data["what"] == "week" else 0)
        return {"first": first, "last": last, "to": to, "clash_reason": data["clash_reason"]}


class CloneForm(CohortCode, ClashForm, forms.ModelForm):
    """A new cohort after the example of another."""

    starts_on = day_field(label=_("First day"))
    field_order = ("code", "title", "starts_on", "clash_reason")

    class Meta:
        model = Cohort
        fields = ("code", "title", "starts_on")

    def __init__(self, *args, cohort: Cohort, **kwargs):
        super().__init__(*args, **kwargs)
        self.program = cohort.program
        self.explain_code()
        said = {"cohort": cohort, "day": date_format(cohort.starts_on, "l j F Y")}
        self.fields["starts_on"].help_text = (
            _("%(cohort)s began on %(day)s. The same day of the week keeps every session on its own.") % said
        )


class CancelForm(ActForm):
    reason = lines_field(label=_("Why is it cancelled?"))
