"""Sessions, and who was there."""

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.imports import (
    CodesField,
    Column,
    MomentField,
    Outcome,
    Problem,
    Row,
    TextField,
    Undecided,
    WordField,
    at_zone,
    known_only,
)
from programs.access import must_record
from programs.imports import CODE, MODULE
from programs.models import Track

from .. import services
from ..models import Attendance, Cohort, Group, SessionStaff, Trainee, TrainingSession
from .people import COHORT, REASON, ROLL, SESSION, WHOSE, OfPeople, called, no_session, no_trainee

Part = Track | Group | Trainee
DUTIES = {
    "lead": "instructor,instruktør,leder,інструктор",
    "assistant": "assistent,hjelpeinstruktør,помічник",
    "assessor": "sensor,eksaminator,оцінювач",
    "interpreter": "tolk,перекладач",
}


class PartsField(CodesField):
    """Several codes; or titles, with commas between them."""

    def to_python(self, value: Any) -> tuple[str, ...]:
        return tuple(filter(None, (part.strip() for part in re.split(r"[,;\n]", str(value or "")))))


class Sessions(OfPeople):
    """A session is known again by its number, or by cohort, module and start."""

    name = "sessions"
    title = gettext_lazy("Sessions")
    about = gettext_lazy("The schedule: what is taught when, where and by whom.")
    columns = (
        SESSION,
        COHORT,
        Column("module", gettext_lazy("Module"), TextField(), gettext_lazy("Its code."), f"{MODULE},{CODE}"),
        known_only("title", gettext_lazy("Title"), "tittel,назва"),
        Column(
            "kind",
            gettext_lazy("Kind"),
            WordField(
                {
                    "instruction": "lesson,undervisning,навчання,заняття",
                    "assessment": "test,exam,prøve,eksamen,оцінювання,іспит",
                    "retake": "ny prøve,повторно,перездача",
                },
                required=False,
            ),
            gettext_lazy("instruction, assessment or retake. Empty: instruction."),
            "type,вид",
        ),
        Column(
            "starts_at",
            gettext_lazy("Starts"),
            MomentField(),
            gettext_lazy("Day and time at the clock of the program, as in 2023-08-18 08:30."),
            "start,begin,from,starter,fra,початок",
        ),
        Column(
            "ends_at",
            gettext_lazy("Ends"),
            MomentField(),
            gettext_lazy("As the start."),
            "end,until,to,slutter,slutt,til,кінець",
        ),
        Column(
            "place",
            gettext_lazy("Location"),
            TextField(required=False),
            "",
            "location,room,sted,rom,місце,аудиторія",
        ),
        *(
            Column(
                duty.value,
                duty.label,
                CodesField(required=False),
                gettext_lazy("Staff numbers."),
                DUTIES[duty.value],
            )
            for duty in SessionStaff.Duty
        ),
        Column(
            "audience",
            gettext_lazy("For whom"),
            PartsField(required=False),
            gettext_lazy("Codes of tracks or groups, or roll numbers. Empty: the whole cohort."),
            "målgruppe,для кого",
        ),
        Column(
            "reason",
            gettext_lazy("Why it clashes or is moved"),
            TextField(required=False),
            gettext_lazy("Needed where somebody or something is planned twice, and where the time changes."),
            "grunn,årsak,причина",
        ),
        *(
            known_only(name, label)
            for name, label in (
                ("state", gettext_lazy("State")),
                ("register", gettext_lazy("Register")),
                ("attended", gettext_lazy("Attended")),
                ("absent", gettext_lazy("Absent")),
                ("excused", gettext_lazy("Excused")),
                ("results_due", gettext_lazy("Results due")),
                ("results_missing", gettext_lazy("Results missing")),
            )
        ),
    )
    fields = {"clash_reason": "reason"}

    def take(self, row: Row) -> Outcome:
        starts, ends = (at_zone(row[name], self.zone()) for name in ("starts_at", "ends_at"))
        module = self.module_of(row["module"])
        session = self._known(row, starts)
        cohort = session.cohort if session else self.cohort_of(row["cohort"])
        fields = {"module": module, "starts_at": starts, "ends_at": ends} | row.only("place")
        if row["kind"] or session is None:
            fields["kind"] = row["kind"] or TrainingSession.Kind.INSTRUCTION
        staff = self._staff_of(row)
        audience = self._parts(cohort, row["audience"]) if "audience" in row.values else None
        reason = row["reason"] or ""
        if session is None:
            services.create_session(
                **self.by, cohort=cohort, staff=staff, audience=audience or (), clash_reason=reason, **fields
            )
            return Outcome("new", _told(cohort, module, starts.astimezone(self.zone())))
        found = self.differences(self._seen(fields, staff, audience), self._now(session, staff, audience))
        if found:
            more = {"clash_reason": reason} if reason else {}
            services.update_session(
                **self.by,
                session=session,
                seen=session.seen,
                staff=staff,
                audience=audience,
                reason=reason,
                **fields,
                **more,
            )
        return Outcome.of(_told(cohort, module, starts.astimezone(self.zone())), found)

    def _known(self, row: Row, starts: Any) -> TrainingSession | None:
        if row["session"]:
            found = self.sessions([row["session"]]).get(row["session"])
            if found is None:
                raise no_session(row["session"])
            return found
        rows = TrainingSession.objects.filter(
            cohort=self.cohort_of(row["cohort"]), module__code=row["module"], starts_at=starts, cancelled_at=None
        )
        alike = list(rows.select_related("act", "cohort__program", "module"))
        if len(alike) > 1 and row["audience"]:
            wanted = {_label(part) for part in self._parts(alike[0].cohort, row["audience"])}
            alike = [one for one in alike if {_label(part) for part in one.audience.all()} == wanted]
        return alike[0] if alike else None

    def _staff_of(self, row: Row) -> dict[int, str] | None:
        """Duties by instructor, where the file has any such column."""
        told = row.only(*DUTIES)
        if not told:
            return None
        return {self.instructor_of(code, duty).pk: duty for duty, codes in told.items() for code in codes}

    def _parts(self, cohort: Cohort, told: tuple[str, ...]) -> list[Part]:
        """What a cell names: each by code, title or roll number; codes may have blanks between them."""
        found = []
        for words in told:
            whole = self._part(cohort, words)
            found += [(words, whole)] if whole else [(code, self._part(cohort, code)) for code in words.split()]
        for code, part in found:
            if part is None:
                words = _("%(cohort)s has no track, group or trainee %(code)s.")
                raise ValidationError({"audience": words % {"cohort": cohort, "code": code}})
        return [part for _code, part in found if part]

    def _part(self, cohort: Cohort, told: str) -> Part | None:
        tracks = Track.objects.filter(Q(code=told) | Q(title=told), program=self.program)
        groups = Group.objects.filter(Q(code=told) | Q(title=told), cohort=cohort)
        here = told.split(" ")[0]  # a roll number, perhaps with the call sign behind it
        people = Trainee.objects.filter(roll_number=here, enrolments__cohort=cohort).select_related("merged_into")
        person = people.first()
        return tracks.first() or groups.first() or (person.stands_as if person else None)

    def _seen(self, fields: dict[str, Any], staff: Any, audience: Any) -> Row:
        """What the row says, in the form in which `_now` tells what stands."""
        wanted = fields | {"module": fields["module"].code}
        for name in ("starts_at", "ends_at"):
            wanted[name] = fields[name].astimezone(self.zone())
        if staff is not None:
            codes = {one.pk: one.code for one in (self._staff or {}).values()}  # each may be in it twice
            for duty in DUTIES:
                wanted[duty] = tuple(sorted(codes[pk] for pk, has in staff.items() if has == duty))
        if audience is not None:
            wanted["audience"] = tuple(sorted(_label(part) for part in audience))
        return Row(0, wanted)

    def _now(self, session: TrainingSession, staff: Any, audience: Any) -> dict[str, Any]:
        now = {"module": session.module.code, "kind": session.kind, "place": session.place}
        now |= {name: getattr(session, name).astimezone(self.zone()) for name in ("starts_at", "ends_at")}
        if staff is not None:
            rows = list(session.staff.select_related("instructor"))
            now |= {duty: tuple(sorted(one.instructor.code for one in rows if one.duty == duty)) for duty in DUTIES}
        if audience is not None:
            parts = session.audience.select_related("track", "group", "trainee")
            now["audience"] = tuple(sorted(_label(part) for part in parts))
        return now


def _told(cohort: Cohort, module: Any, starts: Any) -> str:
    return f"{cohort}, {module.code}, {starts:%Y-%m-%d %H:%M}"


def _label(part: Any) -> str:
    """How a file names a track, a group or a trainee, or a row of an audience that points to one."""
    for name in ("track", "group", "trainee"):
        part = getattr(part, name, None) or part
    code: str = part.roll_number if isinstance(part, Trainee) else part.code
    return code


class Attendances(OfPeople):
    """Marks in registers that are open."""

    name = "attendance"
    title = gettext_lazy("Attendance")
    about = gettext_lazy("Who was at a session. Registers that are closed are reopened on their page first.")
    columns = (
        Column(
            "session",
            SESSION.label,
            TextField(required=False),
            gettext_lazy("As on its page and in exports. Empty: the one of cohort, module and start."),
            SESSION.also,
        ),
        COHORT,
        Column(
            "module", gettext_lazy("Module"), TextField(required=False), gettext_lazy("Its code."), f"{MODULE},{CODE}"
        ),
        Column(
            "starts_at",
            gettext_lazy("Starts"),
            MomentField(required=False),
            gettext_lazy("Of the session, as in 2023-08-18 08:30."),
            "start,starter,початок",
        ),
        ROLL,
        WHOSE,
        known_only("group", gettext_lazy("Group")),
        Column(
            "attendance",
            gettext_lazy("Attendance"),
            WordField(
                {
                    "present": "p,yes,til stede,tilstede,присутній,присутня,є",
                    "late": "l,sen,forsinket,запізнився,запізнення",
                    "excused": "e,gyldig fravær,unnskyldt,поважна причина",
                    "absent": "a,no,fravær,borte,відсутній,відсутня,нб",
                },
                required=False,
            ),
            gettext_lazy("present, late, excused or absent. Empty: not marked, and left so."),
            "status,mark,oppmøte,fremmøte,присутність,відвідування",
        ),
        REASON,
        known_only("excused_in_advance", gettext_lazy("Excused in advance, not marked yet")),
        known_only("result", gettext_lazy("Result")),
        known_only("score", gettext_lazy("Score")),
        known_only("register", gettext_lazy("Register")),
        known_only("program", gettext_lazy("Program")),
        known_only("kind", gettext_lazy("Kind")),
    )
    fields = {"status": "attendance"}

    def must(self) -> None:
        must_record(self.user, self.program)

    def take_all(self, rows: Iterable[Row]) -> Iterator[tuple[int, Outcome | list[Problem] | Undecided]]:
        for some in itertools.groupby(
            rows, lambda row: (row["session"], row["cohort"], row["module"], row["starts_at"])
        ):
            yield from self._of_session(list(some[1]))

    def _of_session(self, rows: list[Row]) -> Iterator[tuple[int, Outcome | list[Problem] | Undecided]]:
        try:
            session = self._session(rows[0])
        except ValidationError as error:
            for row in rows:
                yield row.line, self.problems(error, row.values)
            return
        people = self.trainees({row["roll_number"] for row in rows})
        now = {one.trainee_id: one for one in session.attendance.select_related("act")}
        for row in rows:
            yield row.line, self.attempt(lambda row=row: self._mark(session, people, now, row), row)  # type: ignore[misc]

    def _session(self, row: Row) -> TrainingSession:
        if row["session"]:
            found = self.sessions([row["session"]]).get(row["session"])
            if found is None:
                raise no_session(row["session"])
            return found
        if not (row["module"] and row["starts_at"]):
            raise ValidationError({"session": _("Say which session: by its number, or by cohort, module and start.")})
        cohort, starts = self.cohort_of(row["cohort"]), at_zone(row["starts_at"], self.zone())
        rows = TrainingSession.objects.filter(cohort=cohort, module__code=row["module"], starts_at=starts)
        alike = list(rows.exclude(cancelled_at__isnull=False).select_related("act", "cohort__program", "module")[:2])
        if len(alike) != 1:
            words = _("%(cohort)s has no session of %(module)s at this time, or several: give its number.")
            raise ValidationError({"starts_at": words % {"cohort": cohort, "module": row["module"]}})
        return alike[0]

    def _mark(
        self, session: TrainingSession, people: dict[str, Trainee], now: dict[int, Attendance], row: Row
    ) -> Outcome:
        trainee = people.get(row["roll_number"])
        if trainee is None:
            raise no_trainee(row["roll_number"])
        mark = now.get(trainee.pk)
        what = f"{called(row, trainee)}, {session}"
        if not row["attendance"]:
            return Outcome("unchanged", what)
        wanted = {"attendance": row["attendance"]} | row.only("reason")
        standing = {"attendance": mark.status if mark else "", "reason": mark.reason if mark else ""}
        found = self.differences(Row(row.line, wanted), standing)
        if mark is not None and not found:
            return Outcome("unchanged", what)
        reason = wanted.get("reason", standing["reason"])
        seen = {trainee.pk: mark.seen if mark else ""}
        services.mark_attendance(**self.by, session=session, marks={trainee.pk: (row["attendance"], reason)}, seen=seen)
        return Outcome("new", what) if mark is None else Outcome.of(what, found)
