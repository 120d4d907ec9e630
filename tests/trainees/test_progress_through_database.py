"""Every case of the progress rule once more, through the database and the selectors."""

import datetime
import zoneinfo

import pytest
import time_machine

from accounts.acts import backdated
from programs.access import EVERYBODY
from tests import factories as f
from tests.trainees.cases import CASES, START, Case, Codes, seen
from trainees.models import Attendance, Cohort, SessionAudience, Trainee, TrainingSession
from trainees.progress import add_months
from trainees.selectors.progress import cohort_view, trainee_view

pytestmark = pytest.mark.django_db
OSLO = zoneinfo.ZoneInfo("Europe/Oslo")
RESULTS = {"go", "no_go"}


def at(day: datetime.date, hour: int = 12) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(hour), OSLO)


class Laid:
    """A case's facts as rows, each recorded on its own day."""

    def __init__(self, case: Case):
        self.case, self.codes = case, Codes()
        with backdated(at(START, 0)):
            self.program = f.ProgramFactory(attendance_limit=case.attendance_limit)
            self.tracks = {
                code: self._coded("track", code, f.TrackFactory(program=self.program)) for code in case.tracks
            }
            self.assessor = f.AssignmentFactory(program=self.program).instructor
            names = dict.fromkeys(["C1", "C2", *(place.cohort for place in case.places)])
            self.cohorts = {
                code: self._coded(
                    "cohort",
                    code,
                    f.CohortFactory(program=self.program, starts_on=START, ends_on=datetime.date(2035, 1, 1)),
                )
                for code in names
            }
            self._curricula()
            people = sorted({"T1", *(place.trainee for place in case.places)})
            self.trainees = {code: self._coded("trainee", code, f.TraineeFactory()) for code in people}
            self.sessions = {one.name: self._coded("session", one.name, self._session(one)) for one in case.sessions}
        self._places()
        for one in case.sessions:
            self._register(one)
        self._lines()

    def _coded(self, table, code, row):
        self.codes.put(table, code, row.pk)
        return row

    def _curricula(self):
        self.modules, self.entries = {}, {}
        for version in self.case.versions:
            curriculum = f.CurriculumFactory(program=self.program)
            entries = {}
            for module in version.modules:
                if module.code not in self.modules:
                    self.modules[module.code] = self._coded("module", module.code, f.SkillModuleFactory())
                entries[module.code] = f.EntryFactory(
                    curriculum=curriculum,
                    module=self.modules[module.code],
                    required=module.required,
                    validity_months=module.validity,
                    pass_mark=module.pass_mark,
                )
            for module in version.modules:
                for track in module.tracks:
                    f.link_track(entries[module.code], self.tracks[track])
                for code in module.needs:
                    f.link_prerequisite(entries[module.code], entries[code])
            f.publish(curriculum)
            for code, entry in entries.items():
                self.entries.setdefault(code, []).append((version.since, entry))
            for cohort in self.cohorts.values():
                f.CohortCurriculumFactory(cohort=cohort, curriculum=curriculum, since=version.since)

    def _session(self, one) -> TrainingSession:
        start = 8 if one.over else 21
        return f.TrainingSessionFactory(
            cohort=self.cohorts[one.cohort],
            module=self.modules[one.module],
            kind=one.kind,
            starts_at=at(one.on, start),
            ends_at=at(one.on, start + 1),
        )

    def _register(self, one):
        session = self.sessions[one.name]
        rest = [] if one.closed else one.audience
        with backdated(at(one.on)):
            f.do(
                lambda act: [
                    *[
                        Attendance.objects.create(act=act, session=session, trainee=self.trainees[who], status=mark)
                        for who, mark in one.marks.items()
                    ],
                    *[
                        SessionAudience.objects.create(act=act, session=session, trainee=self.trainees[who])
                        for who in rest
                    ],
                ]
            )
        for day, change in ((one.closed, {"register_closed_at": None}), (one.cancelled, {"cancelled_at": None})):
            if day:
                values = {name: at(day) for name in change}
                if one.cancelled:
                    values["cancelled_reason"] = "storm"
                with backdated(at(day)):
                    f.do(
                        lambda act, values=values: TrainingSession.objects.filter(pk=session.pk).update(
                            act=act, **values
                        ),
                        scope=self.program.pk,
                    )

    def _places(self):
        last, named = {}, {}
        for number, place in enumerate(self.case.places):
            name = place.name or f"#{number}"
            needs_reason = place.status in {"suspended", "withdrawn", "not_completed"} or place.voids
            with backdated(at(place.recorded or place.since)):
                row = f.EnrolmentFactory(
                    trainee=self.trainees[place.trainee],
                    cohort=self.cohorts[place.cohort],
                    track=self.tracks[place.track] if place.track else None,
                    status=place.status,
                    since=place.since,
                    reason=place.reason or ("because" if needs_reason else ""),
                    correction="because" if place.voids else "",
                    previous=last.get(place.trainee),
                    voids=named[place.voids] if place.voids else None,
                )
            last[place.trainee] = named[name] = self._coded("place", name, row)

    def _entry(self, line):
        """The entry in force on the day of the line: a later version asks nothing of it."""
        known = self.entries[line.module]
        return next((entry for since, entry in reversed(known) if since <= line.on), known[0][1])

    def _lines(self):
        last, named = {}, {}
        for number, line in enumerate(self.case.lines):
            name, entry = line.name or f"#{number}", self._entry(line)
            until = line.until
            if until is None and entry.validity_months and line.kind == "go":
                until = add_months(line.on, entry.validity_months)
            cell = line.trainee, line.module
            with backdated(at(line.recorded or line.on)):
                row = f.RecordFactory(
                    trainee=self.trainees[line.trainee],
                    entry=entry,
                    kind=line.kind,
                    holds_from=line.on,
                    holds_until=until,
                    at_time=line.at,
                    score=line.score,
                    recertification=line.recertification,
                    session=self.sessions[line.session] if line.session else None,
                    assessor=self.assessor if line.kind in RESULTS else None,
                    authority="Head of training" if line.kind in {"credit", "exemption"} else "",
                    reason="because" if line.kind in {"exemption", "not_assessed", "void"} or line.voids else "",
                    previous=last.get(cell),
                    voids=named[line.voids] if line.voids else None,
                )
            last[cell] = named[name] = self._coded("line", name, row)

    def ask(self):
        case = self.case
        if case.who in self.cohorts:
            cohort = Cohort.objects.select_related("program").get(pk=self.cohorts[case.who].pk)
            return cohort_view(cohort, EVERYBODY, as_of=case.as_of, known=case.known).progress
        trainee = Trainee.objects.get(pk=self.trainees[case.who].pk)
        return trainee_view(trainee, self.program, as_of=case.as_of, known=case.known).progress


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_case_shows_the_same_through_the_database(case):
    with time_machine.travel(at(max(case.as_of, case.known), 20), tick=False):
        laid = Laid(case)
        answer = laid.ask()
    assert {what: seen(answer, what, laid.codes) for what in case.shows} == case.shows
