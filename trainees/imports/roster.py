"""Rosters: trainees and their places."""

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.fields import folded
from accounts.imports import HIDDEN, Change, Column, DayField, Outcome, Row, TextField, Undecided, WordField, known_only
from programs.models import Track

from .. import services
from ..models import Cohort, Enrolment, Group, Identity, Trainee
from ..services.people import add_trainee, may_name
from ..services.places import first_place, line_of
from .people import CALL_SIGN, COHORT, REASON, ROLL, OfPeople, called

PLACES = {
    "expected": "ventet,forventet,очікується",
    "active": "aktiv,present,активний,на обліку",
    "suspended": "suspendert,призупинено",
    "withdrawn": "sluttet,trukket,вибув,вибула",
    "not_completed": "ikke fullført,не завершив",
    "completed": "fullført,завершив",
}
GONE_ON = {"transferred": "overført,переведений"}  # in our own files, of whoever is in another cohort now
KINDS = {"active": "resume", "suspended": "suspend", "withdrawn": "withdraw", "not_completed": "not_complete"}


class Roster(OfPeople):
    """People are known again by their roll number. Somebody new who looks like somebody known is decided by hand."""

    name = "roster"
    title = gettext_lazy("Roster")
    about = gettext_lazy("Trainees with their cohort, track and group; whose place has changed since.")
    columns = (
        ROLL,
        Column(
            "call_sign",
            gettext_lazy("Call sign"),
            TextField(required=False),
            gettext_lazy("Needed of somebody new. Never a name."),
            CALL_SIGN,
        ),
        Column("nation", gettext_lazy("Nation"), TextField(required=False), "", "country,land,nasjon,країна,держава"),
        Column(
            "family_name",
            gettext_lazy("Family name"),
            TextField(required=False),
            gettext_lazy("Kept apart, shown to nobody who does not ask with a reason."),
            "surname,last name,etternavn,прізвище",
            secret=True,
        ),
        Column(
            "given_name",
            gettext_lazy("Given name"),
            TextField(required=False),
            gettext_lazy("As the family name."),
            "first name,name,fornavn,імʼя,ім'я",
            secret=True,
        ),
        COHORT,
        Column(
            "track",
            gettext_lazy("Track"),
            TextField(required=False),
            gettext_lazy("Its code."),
            "retning,linje,напрям,спеціальність",
        ),
        Column(
            "group", gettext_lazy("Group"), TextField(required=False), gettext_lazy("Its code."), "gruppe,lag,група"
        ),
        Column(
            "place",
            gettext_lazy("Place"),
            WordField(PLACES, left=GONE_ON, required=False),
            gettext_lazy("expected, active, suspended, withdrawn or not_completed. Empty: active, or as it is."),
            "status,стан,статус",
        ),
        known_only("place_in_words", gettext_lazy("Place, in words")),
        Column(
            "since",
            gettext_lazy("Since"),
            DayField(required=False),
            gettext_lazy("First day of the place. Empty: the first day of the cohort; of a change, today."),
            "from,date,start,fra,dato,від,дата",
        ),
        REASON,
        *(
            known_only(name, label)
            for name, label in (
                ("program", gettext_lazy("Program")),
                ("cohorts", gettext_lazy("Cohorts, the latest first")),
                ("correction", gettext_lazy("What was wrong")),
                ("voided", gettext_lazy("Declared wrong")),
                ("entered_by", gettext_lazy("Entered by")),
                ("entered_at", gettext_lazy("Entered")),
            )
        ),
    )
    fields = {"status": "place", "to": "cohort"}

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.tracks = {one.code: one for one in Track.objects.filter(program=self.program)}
        self.groups = {(one.cohort_id, one.code): one for one in Group.objects.filter(cohort__program=self.program)}

    def take(self, row: Row) -> Outcome:
        people = Trainee.objects.select_related("act", "merged_into__act")
        trainee = people.filter(roll_number__iexact=row["roll_number"]).first()
        if trainee is None:
            if (other := self._decided(row)) is None:
                return self._new(row)
            trainee = other
        return self._known(row, trainee)

    # ---- somebody new

    def _new(self, row: Row) -> Outcome:
        if not row["call_sign"]:
            raise ValidationError({"call_sign": _("Somebody new needs a call sign.")})
        cohort = self.cohort_of(row["cohort"])
        fields = {name: row[name] or "" for name in ("call_sign", "nation", "family_name", "given_name")}
        place = {"since": row["since"] or cohort.starts_on, **self._parts(row, cohort)}
        place["status"] = row["place"] or ("active" if place["since"] <= cohort.today() else "expected")
        trainee = add_trainee(self.act, cohort=cohort, place=place, roll_number=row["roll_number"], **fields)
        return Outcome("new", f"{trainee}, {cohort}")

    def _decided(self, row: Row) -> Trainee | None:
        """Who an unknown roll number is, where somebody said so; None: somebody new."""
        alike = {str(one.pk): one for one in self._alike(row)}
        choice = self.decided.get(row.line, "")
        if not alike or choice == "new":
            return None
        if choice in alike:
            return alike[choice]
        choices = [
            ("new", _("Somebody new: %(roll)s %(sign)s") % {"roll": row["roll_number"], "sign": row["call_sign"]})
        ]
        choices += [(pk, _("The same as %(who)s") % {"who": one}) for pk, one in alike.items()]
        raise Undecided(_("Somebody known has the same call sign or name. Is it the same person?"), choices)

    def _alike(self, row: Row) -> list[Trainee]:
        """Trainees whom this user may name, with the same call sign or name but for case and form of letters."""
        mine = Trainee.objects.run_by(self.user).current().select_related("act").filter(erased_at=None)
        found = {}
        if sign := folded(row["call_sign"] or ""):
            found = {one.pk: one for one in mine.searched(sign) if folded(one.call_sign) == sign}
        family, given = (folded(row[name] or "") for name in ("family_name", "given_name"))
        if family and given:
            for one in mine.filter(pk__in=self._named(family, given)):
                found[one.pk] = one
        return sorted(found.values(), key=lambda one: one.roll_number)

    def _named(self, family: str, given: str) -> set[int]:
        if not hasattr(self, "_names"):
            mine = Trainee.objects.run_by(self.user).current().values("pk")
            rows = Identity.objects.filter(trainee__in=mine).order_by("pk")
            names = rows.values_list("trainee", "family_name", "given_name")
            newest = {pk: (folded(first), folded(second)) for pk, first, second in names}
            self._names: dict[tuple[str, str], set[int]] = {}
            for pk, name in newest.items():
                self._names.setdefault(name, set()).add(pk)
        return self._names.get((family, given), set())

    # ---- somebody known

    def _known(self, row: Row, told: Trainee) -> Outcome:
        """Of a number that was merged into another the file tells only where they are: who they are, the kept one says."""
        trainee = told.stands_as
        here = line_of(trainee, self.program.pk)
        if not here.entries:
            may_name(self.user, trainee)  # a place here would open the name to whoever only reads it elsewhere
        found = self._person(row, trainee) if trainee == told else []
        if here.now is None:
            cohort = self.cohort_of(row["cohort"])
            place = {"since": row["since"] or cohort.starts_on, **self._parts(row, cohort)}
            status = row["place"] or "active"
            first_place(self.act, trainee=trainee, cohort=cohort, status=status, **place)
            found.append(Change(_("Cohort"), "", str(cohort)))
        else:
            found += self._place(row, trainee, here.now)
        return Outcome.of(trainee if trainee == told else called(row, trainee), found)

    def _person(self, row: Row, trainee: Trainee) -> list[Change]:
        fields = {name: row[name] for name in ("call_sign", "nation") if row[name]}
        found = self.differences(Row(row.line, fields), {name: getattr(trainee, name) for name in fields})
        if found:
            services.update_trainee(**self.by, trainee=trainee, seen=trainee.seen, **fields)
        if row["family_name"] or row["given_name"]:
            may_name(self.user, trainee)
            last = Identity.objects.filter(trainee=trainee).order_by("pk").last()
            now = {name: getattr(last, name, "") for name in ("family_name", "given_name")}
            told = {name: row[name] if row[name] is not None else now[name] for name in now}
            if told != now:
                services.write_name(**self.by, trainee=trainee, **told)
                found.append(Change(_("Name"), HIDDEN if last else "", HIDDEN))
        return found

    def _place(self, row: Row, trainee: Trainee, now: Enrolment) -> list[Change]:
        if row["place"] in GONE_ON:
            return []
        cohort = self.cohort_of(row["cohort"]) if row["cohort"] or self.chosen else now.cohort
        to = cohort if cohort != now.cohort else None
        if to and not row["reason"]:
            words = _("%(who)s is in %(now)s. Give a reason: then they are transferred.") % {
                "who": trainee,
                "now": now.cohort,
            }
            raise ValidationError({"cohort": words})
        parts = self._parts(row, cohort)
        wanted = {name: part.code if part else "" for name, part in parts.items()}
        standing = {"track": now.track.code if now.track else "", "group": now.group.code if now.group else ""}
        if row["place"]:
            wanted["place"], standing["place"] = row["place"], now.status
        if to:
            wanted["cohort"], standing["cohort"] = str(to), str(now.cohort)
        found = self.differences(Row(row.line, wanted), standing)
        if not found:
            if row["since"] and row["since"] != now.since:
                words = _("%(who)s has this place since %(day)s. Correct it on the trainee's page.")
                raise ValidationError({"since": words % {"who": trainee, "day": now.since.isoformat()}})
            return []
        services.place(
            **self.by,
            kind="transfer" if to else KINDS.get(row["place"] or "", "group"),
            cohort=now.cohort,
            to=to,
            seen={trainee.pk: self._last_key(trainee)},
            since=self._from(row, now, cohort),
            status=row["place"] or (Enrolment.Status.ACTIVE if to else None),
            reason=row["reason"] or "",
            **{name: parts.get(name, services.KEEP) for name in ("track", "group")},
        )
        return found

    def _last_key(self, trainee: Trainee) -> str:
        last = line_of(trainee, self.program.pk).last
        return str(last.act.key) if last else ""

    @staticmethod
    def _from(row: Row, now: Enrolment, cohort: Cohort) -> datetime.date:
        since: datetime.date = row["since"] or max(cohort.default_as_of(), now.since)
        return since

    def _parts(self, row: Row, cohort: Cohort) -> dict[str, Any]:
        """Track and group that the row names; only those whose column the file has."""
        parts: dict[str, Any] = {}
        for name, code in row.only("track", "group").items():
            known: Any = self.tracks.get(code) if name == "track" else self.groups.get((cohort.pk, code))
            if code and known is None:
                words = {
                    "track": _("This program has no track %(code)s."),
                    "group": _("%(cohort)s has no group %(code)s."),
                }
                raise ValidationError({name: words[name] % {"code": code, "cohort": cohort}})
            parts[name] = known
        return parts
