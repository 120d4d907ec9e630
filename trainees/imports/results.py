"""Results, and what a coordinator grants."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.imports import (
    Change,
    ClockField,
    Column,
    DayField,
    NumberField,
    Outcome,
    Problem,
    Row,
    TextField,
    Undecided,
    WordField,
    YesField,
    known_only,
    told,
)
from programs.access import must_record
from programs.imports import CODE, MODULE

from .. import progress, services
from ..models import Record, Trainee
from ..services.many import ManyResults
from ..services.records import ASSESSMENTS
from .people import REASON, ROLL, SESSION, WHOSE, OfPeople, called, no_session, no_trainee

LEFT = ("credit", "exemption", "void")  # in our own files beside results: an import of results leaves them
AT_A_TIME = 1_000  # rows whose trainees are loaded together

Outcomes = Iterator[tuple[int, Outcome | list[Problem] | Undecided]]


class Standing(NamedTuple):
    """An assessment that stands."""

    pk: int
    kind: str
    score: Decimal | None
    session: int | None
    at_time: datetime.time | None
    assessor: int | None


class Results(OfPeople):
    """Assessments, in the order of the attempts. What stands already is left; what differs is corrected with a reason."""

    name = "results"
    title = gettext_lazy("Results")
    about = gettext_lazy("GO, NO-GO and not assessed, in the order of the attempts.")
    columns = (
        ROLL,
        WHOSE,
        known_only("program", gettext_lazy("Program")),
        known_only("group", gettext_lazy("Group")),
        known_only("attendance", gettext_lazy("Attendance")),
        Column("module", gettext_lazy("Module"), TextField(), gettext_lazy("Its code."), f"{MODULE},{CODE}"),
        known_only("title", gettext_lazy("Title")),
        Column(
            "record",
            gettext_lazy("Number of the record"),
            TextField(required=False),
            gettext_lazy("Only of a record that is wrong: it is voided, and this row stands in its place."),
        ),
        Column(
            "kind",
            gettext_lazy("Result"),
            WordField(
                {
                    "go": "pass,passed,godkjent,bestått,зараховано,склав,склала,так",
                    "no_go": "nogo,no-go,fail,failed,ikke godkjent,ikke bestått,stryk,не зараховано,не склав,не склала,ні",
                    "not_assessed": "na,ikke vurdert,не оцінено",
                },
                left=dict.fromkeys(LEFT, ""),
                required=False,
            ),
            gettext_lazy("go, no_go or not_assessed. Empty: there is none, and the row is left."),
            "result,resultat,outcome,результат",
        ),
        Column(
            "assessed_on",
            gettext_lazy("Assessed on"),
            DayField(required=False),
            gettext_lazy("A day. Empty: the day of the session."),
            "date,day,dato,дата",
        ),
        Column(
            "at_time",
            gettext_lazy("Time"),
            ClockField(required=False),
            gettext_lazy("Tells two attempts of one day apart."),
            "time,kl,klokkeslett,час",
        ),
        Column("score", gettext_lazy("Score"), NumberField(required=False), "", "points,poeng,бал,бали,оцінка"),
        REASON,
        Column(
            "assessor",
            gettext_lazy("Staff number of the assessor"),
            TextField(required=False),
            gettext_lazy("Needed of GO and NO-GO."),
            "assessed by,sensor,eksaminator,оцінювач",
        ),
        known_only("assessor_call_sign", gettext_lazy("Assessor")),
        SESSION,
        Column(
            "recertification",
            gettext_lazy("Recertification"),
            YesField(),
            gettext_lazy("yes where an earlier pass is renewed."),
            "resertifisering,повторна сертифікація",
        ),
        Column("voided", gettext_lazy("Declared wrong"), YesField(), gettext_lazy("yes: the row is left.")),
        *(
            known_only(name, label)
            for name, label in (
                ("holds_until", gettext_lazy("Until")),
                ("authority", gettext_lazy("Authority")),
                ("voids", gettext_lazy("Number of the record that it declares wrong")),
                ("decides", gettext_lazy("Makes the status")),
                ("left_out", gettext_lazy("Why not")),
                ("note", gettext_lazy("Note")),
                ("missing", gettext_lazy("Prerequisites missing")),
                ("entered_by", gettext_lazy("Entered by")),
                ("entered_at", gettext_lazy("Entered")),
            )
        ),
    )

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._kinds = {kind.value: str(kind.label) for kind in Record.Kind}

    def must(self) -> None:
        must_record(self.user, self.program)

    def take_all(self, rows: Iterable[Row]) -> Outcomes:
        many = ManyResults(self.act, self.program)
        rows = iter(rows)
        while some := list(islice(rows, AT_A_TIME)):
            yield from self._some(many, some)

    def _some(self, many: ManyResults, rows: list[Row]) -> Outcomes:
        people = self.trainees({row["roll_number"] for row in rows})
        sessions = self.sessions({row["session"] for row in rows if row["session"]})
        stands = self._standing(list(people.values()), {row["module"] for row in rows})
        many.load({one.pk for one in people.values()})
        found: dict[int, Outcome | list[Problem] | Undecided] = {}
        for row in rows:
            try:
                found[row.line] = self._decide(many, row, people, sessions, stands)
            except ValidationError as error:
                found[row.line] = self.problems(error, row.values)
        values = {row.line: row.values for row in rows}
        for line, error in many.write().items():
            found[line] = self.problems(error, values[line])
        yield from found.items()

    def _standing(
        self, people: Iterable[Trainee], codes: set[str]
    ) -> dict[tuple[int, int, datetime.date], list[Standing]]:
        """The assessments that stand in these modules, by trainee, module and day: one query."""
        rows = Record.objects.filter(
            program=self.program, trainee__in=people, module__code__in=codes, kind__in=ASSESSMENTS, voided_by=None
        )
        stands = defaultdict(list)
        found = rows.order_by().values_list(  # put in order here, for the reason told in load_evidence
            "trainee_id", "module_id", "holds_from", "pk", "kind", "score", "session_id", "at_time", "assessor_id"
        )
        for trainee, module, day, *said in sorted(found, key=itemgetter(3)):
            stands[trainee, module, day].append(Standing(*said))
        return stands

    def _decide(self, many: ManyResults, row: Row, people: Any, sessions: Any, stands: Any) -> Outcome:
        trainee = people.get(row["roll_number"])
        if trainee is None:
            raise no_trainee(row["roll_number"])
        module = self.module_of(row["module"])
        if not row["kind"] or row["kind"] in LEFT or row["voided"]:
            return Outcome("unchanged", f"{called(row, trainee)}, {module.code}")
        session = sessions.get(row["session"]) if row["session"] else None
        if row["session"] and session is None:
            raise no_session(row["session"])
        day = row["assessed_on"] or (session.starts_on if session else None)
        if day is None:
            raise ValidationError({"assessed_on": _("Say on which day, or name the session.")})
        what = f"{called(row, trainee)}, {module.code}, {day.isoformat()}"
        assessor = self.instructor_of(row["assessor"], "assessor").pk if row["assessor"] else None
        said = Standing(0, row["kind"], row["score"], session and session.pk, row["at_time"], assessor)
        wrong, same = self._beside(row, said, stands[trainee.pk, module.pk, day])
        if same:
            return Outcome("unchanged", what)
        if wrong and not row["reason"]:
            raise ValidationError({"reason": _("Say what was wrong.")})
        mark = progress.NewMark(
            kind=progress.Kind(row["kind"]),
            assessed_on=day,
            at_time=row["at_time"],
            score=row["score"],
            reason=row["reason"] or "",
            recertification=bool(row["recertification"]),
            voids=wrong.pk if wrong else None,
        )
        many.decide(row.line, trainee, module, mark, assessor=assessor, session=session)
        if wrong is None:
            return Outcome("new", f"{what}: {self._words(said)}")
        return Outcome("changed", what, (Change(str(_("Result")), self._words(wrong), self._words(said)),))

    def _beside(self, row: Row, said: Standing, stands: list[Standing]) -> tuple[Standing | None, bool]:
        """What a row is about, of what stands on its day: the record that it corrects, and whether it stands there already.

        What was found is taken out of `stands`: two rows alike are two attempts.
        """
        if row["record"]:
            wrong = next((one for one in stands if str(one.pk) == row["record"]), None)
            if wrong is None:
                words = _("No record %(n)s of this trainee, module and day stands.")
                raise ValidationError({"record": words % {"n": row["record"]}})
            stands.remove(wrong)
            return wrong, _agrees(row, said, wrong)
        same = next((one for one in stands if _agrees(row, said, one)), None)
        if same:
            stands.remove(same)
            return None, True
        apart = said.session not in {one.session for one in stands} or (
            said.at_time and said.at_time not in {one.at_time for one in stands}
        )
        if stands and not apart:
            words = _(
                "%(result)s stands on this day already. Of a correction, give the number of the record and a reason; of a "
                "further attempt, its session or time."
            )
            raise ValidationError({"kind": words % {"result": self._words(stands[0])}})
        return None, False

    def _words(self, one: Standing) -> str:
        kind = self._kinds[one.kind]
        return kind if one.score is None else f"{kind}, {told(one.score)}"


def _agrees(row: Row, said: Standing, one: Standing) -> bool:
    """Whether a record says what the row says, as far as it says anything."""
    return (
        said.kind == one.kind
        and said.score == one.score
        and (said.session is None or said.session == one.session)
        and (said.at_time is None or said.at_time == one.at_time)
        and (said.assessor is None or said.assessor == one.assessor)
    )


class Grants(OfPeople):
    """Credits and exemptions."""

    name = "grants"
    title = gettext_lazy("Credits and exemptions")
    about = gettext_lazy("What was met before, or is not asked of somebody: on whose authority, from when, until when.")
    columns = (
        ROLL,
        WHOSE,
        Column("module", gettext_lazy("Module"), TextField(), gettext_lazy("Its code."), f"{MODULE},{CODE}"),
        Column(
            "kind",
            gettext_lazy("Credit or exemption"),
            WordField(
                {
                    "credit": "recognised,godskrevet,innpass,перезараховано",
                    "exemption": "exempt,fritak,fritatt,звільнення,звільнено",
                }
            ),
            gettext_lazy("credit or exemption."),
            "type,вид",
        ),
        Column(
            "holds_from",
            gettext_lazy("From"),
            DayField(),
            gettext_lazy("First day on which it holds."),
            "assessed_on,from,date,since,fra,dato,від,дата",
        ),
        Column(
            "holds_until",
            gettext_lazy("Until"),
            DayField(required=False),
            gettext_lazy("Last day. Empty: for ever."),
            "until,to,til,до",
        ),
        Column(
            "authority", gettext_lazy("Authority"), TextField(), gettext_lazy("Who decided it."), "by,myndighet,ким"
        ),
        REASON,
    )

    def take(self, row: Row) -> Outcome:
        trainee = self.trainees([row["roll_number"]]).get(row["roll_number"])
        if trainee is None:
            raise no_trainee(row["roll_number"])
        module = self.module_of(row["module"])
        cell = Record.objects.filter(program=self.program, trainee=trainee, module=module)
        said = {"kind": row["kind"], "holds_from": row["holds_from"]}
        until, authority = row["holds_until"], row["authority"]
        standing = cell.filter(voided_by=None, **said)
        what = (
            f"{called(row, trainee)}, {module.code}: {Record.Kind(row['kind']).label}, {row['holds_from'].isoformat()}"
        )
        if now := standing.order_by("pk").last():
            if (now.holds_until, now.authority) != (until, authority):
                raise ValidationError(_("One of this day stands already. Void it on its page first."))
            return Outcome("unchanged", what)
        last = cell.select_related("act").order_by("pk").last()
        grant = services.credit if row["kind"] == Record.Kind.CREDIT else services.exempt
        grant(
            **self.by,
            trainee=trainee,
            program=self.program,
            module=module,
            seen=last.act.key if last else "",
            holds_from=row["holds_from"],
            holds_until=until,
            authority=authority,
            reason=row["reason"] or "",
        )
        return Outcome("new", what)
