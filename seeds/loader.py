"""Tells the Trondheim example to the services, in the order in which it happened. Data files in, acts out."""

import csv
import datetime
import hashlib
import tomllib
import uuid
import zoneinfo
from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from accounts.acts import backdated, perform
from accounts.models import Act, User
from programs import services as teaching
from programs.access import EVERYBODY
from programs.models import Instructor, Program, Role, SkillModule, Track
from trainees import services as training
from trainees.models import Cohort, Enrolment, Group, Record, Trainee, TrainingSession
from trainees.selectors.progress import cohort_view
from trainees.selectors.sessions import expected_at

FOLDER = Path(__file__).parent / "trondheim"
NAMESPACE = uuid.UUID("6f1a2f0e-8f0b-5c39-9b60-6f2b8f1f2023")
BEGUN_DAYS_AGO = 12  # the practice intake is half-way through its course


def already_loaded() -> Act | None:
    """The act that closed the loading of the example, if it was loaded."""
    return Act.objects.filter(key=_key("loaded")).first()


@transaction.atomic
def load(users: dict[str, User]) -> None:
    """Load the whole example, once: all of it or nothing. Conflict if it was loaded from other files."""
    if already_loaded() is None:
        story = Story(users)
        story.begin()
        story.tell("")
    everything = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(FOLDER.iterdir()))).hexdigest()
    perform(user=None, key=_key("loaded"), kind="command.seed", body=everything, do=lambda act: None)


PARALLEL = "Lessons of several tracks at the same time share an interpreter."  # kept by those that clash only


@transaction.atomic
def practise(users: dict[str, User], today: datetime.date, refresh: bool = False) -> Cohort:
    """The practice intake; with `refresh` a new one as of `today`, and the old one archived."""
    program = Program.objects.get(code=_toml()["program"]["code"])
    current = list(Cohort.objects.filter(program=program, practice=True, archived_at=None).select_related("act"))
    first = today - datetime.timedelta(days=BEGUN_DAYS_AGO)
    code = f"P{first:%y%m%d}"
    if current and (not refresh or current[0].code == code):
        return current[0]
    for cohort in current:
        training.archive_cohort(user=users["coordinator"], key=uuid.uuid4(), cohort=cohort, seen=cohort.seen)
    story = Story(users, program=program, first=first)
    with backdated(_moment(f"{first - datetime.timedelta(days=7)} 09:00", story.zone)):
        story.cohort(
            {
                "code": code,
                "title": "Practice intake",
                "starts_on": first,
                "ends_on": first + datetime.timedelta(days=25),
                "lead_instructor": "NOR-03",
                "groups": ["A", "B"],
                "practice": True,
            },
            as_code="P",
        )
    story.tell("practice_")
    return story.cohorts["P"]


class Story:
    """One telling. What has been told is found again by the codes of the data files."""

    def __init__(self, users: dict[str, User], program: Program | None = None, first: datetime.date | None = None):
        self.users, self.program, self.first = users, program, first
        self.zone = zoneinfo.ZoneInfo(program.time_zone if program else _toml()["program"]["time_zone"])
        self.modules = {module.code: module for module in SkillModule.objects.all()}
        self.instructors = {one.code: one for one in Instructor.objects.all()}
        self.tracks = {track.code: track for track in Track.objects.filter(program=program)} if program else {}
        self.cohorts: dict[str, Cohort] = {}
        self.groups: dict[tuple[str, str], Group] = {}
        self.trainees: dict[str, Trainee] = {}
        self.sessions: dict[str, TrainingSession] = {}

    # ---- before the first day

    def begin(self) -> None:
        """The program with all it teaches, its people and its cohorts."""
        story = _toml()
        first_day = min(cohort["starts_on"] for cohort in story["cohorts"])
        with backdated(_moment(f"{first_day - datetime.timedelta(days=14)} 09:00", self.zone)):
            self.program = teaching.create_program(**self._by("administrator"), **story["program"])
            for name, kind in (("coordinator", "coordinator"), ("instructor", "instructor"), ("liaison", "viewer")):
                teaching.grant_role(
                    **self._by("administrator"), program=self.program, to=self.users[name], kind=Role.Kind(kind)
                )
            for track in story["tracks"]:
                self.tracks[track["code"]] = teaching.create_track(**self._by(), program=self.program, **track)
            for module in story["modules"]:
                self.modules[module["code"]] = teaching.create_module(**self._by(), **module)
            for person in story["instructors"]:
                fields = person | {"account": self.users.get(person.get("account"))}
                self.instructors[person["code"]] = teaching.create_instructor(
                    **self._by(), program=self.program, **fields
                )
            curriculum = self._curriculum(story["curriculum"])
            for cohort in story["cohorts"]:
                self.cohort(cohort, curriculum=curriculum)

    def _curriculum(self, told: dict):
        curriculum = teaching.create_curriculum(**self._by(), program=self.program, note=told["note"])
        entries = {}
        for entry in told["entries"]:
            fields = {
                name: entry[name] for name in ("hours", "pass_mark", "validity_months", "required") if name in entry
            }
            entries[entry["module"]] = teaching.add_entry(
                **self._by(),
                curriculum=curriculum,
                module=self.modules[entry["module"]],
                tracks=[self.tracks[code] for code in entry.get("tracks", ())],
                prerequisites=[entries[code] for code in entry.get("prerequisites", ())],
                steps=[tuple(step) for step in entry.get("steps", ())],
                **fields,
            )
        return teaching.publish_curriculum(**self._by(), curriculum=curriculum, seen=curriculum.seen)

    def cohort(self, told: dict, curriculum=None, as_code: str = "") -> None:
        """One cohort with its groups; it follows the newest published curriculum unless told otherwise."""
        code = as_code or told["code"]
        fields = {name: told[name] for name in ("code", "title", "starts_on", "ends_on", "practice") if name in told}
        self.cohorts[code] = cohort = training.create_cohort(
            **self._by(),
            program=self.program,
            curriculum=curriculum or self.program.curricula.published().first(),
            location=self.program.location,
            lead_instructor=self.instructors[told["lead_instructor"]],
            **fields,
        )
        for group in told["groups"]:
            self.groups[code, group] = training.create_group(
                **self._by(), cohort=cohort, code=group, title=f"Group {group}"
            )

    # ---- day by day

    def tell(self, prefix: str) -> None:
        """Everything in the files that begin with `prefix`, in the order in which it was recorded, up to now."""
        steps: list[tuple[datetime.datetime, int, Callable[[], object]]] = []

        def at(when: datetime.datetime, step: Callable, *args) -> None:
            steps.append((when, len(steps), lambda: step(*args)))

        arrival = datetime.timedelta(hours=-2)
        attendance = _grouped(prefix + "attendance.csv", "session")
        results = _grouped(prefix + "results.csv", "session")
        for row in _rows(prefix + "trainees.csv"):
            at(self._when(f"{row['since']} 08:00") + arrival, self._trainee, row)
        for row in _rows(prefix + "sessions.csv"):
            over = self._when(row["ends"])
            at(self._when(f"{row['starts'].split()[0]} 06:00"), self._session, row)
            if row["register"] != "planned":
                at(over + datetime.timedelta(minutes=30), self._register, row, attendance[row["session"]])
                for n, result in enumerate(results[row["session"]]):
                    typed = over + datetime.timedelta(hours=2, seconds=n)
                    at(self._when(result["recorded"]) if result["recorded"] else typed, self._result, result)
        others = (
            ("places", self._place),
            ("grants", self._grant),
            ("ratings", self._rating),
            ("outcomes", self._outcome),
        )
        for name, step in others:
            for row in _rows(f"{prefix}{name}.csv"):
                at(self._when(row["recorded"]), step, row)
        now = timezone.now()
        for when, _order, step in sorted(steps, key=lambda one: one[:2]):
            with backdated(min(when, now)):
                step()

    def _trainee(self, row: dict) -> None:
        roll = self._roll(row["roll_number"])
        fields = {name: row[name] for name in ("call_sign", "family_name", "given_name")}
        self.trainees[row["roll_number"]] = training.create_trainee(
            **self._by(),
            cohort=self.cohorts[row["cohort"]],
            since=self._day(row["since"]),
            track=self.tracks[row["track"]],
            group=self.groups[row["cohort"], row["group"]],
            roll_number=roll,
            nation="Ukraine",
            **fields,
        )

    def _session(self, row: dict) -> None:
        audience = [self.tracks.get(word) or self.trainees[word] for word in row["audience"].split()]
        self.sessions[row["session"]] = training.create_session(
            **self._by(),
            cohort=self.cohorts[row["cohort"]],
            module=self.modules[row["module"]],
            kind=row["kind"],
            starts_at=self._when(row["starts"]),
            ends_at=self._when(row["ends"]),
            place=row["place"],
            staff={
                self.instructors[row["lead"]].pk: "lead",
                self.instructors[row["interpreter"]].pk: "interpreter",
            },
            audience=audience,
            clash_reason=PARALLEL,
        )

    def _register(self, row: dict, exceptions: list[dict]) -> None:
        session = self.sessions[row["session"]]
        marks = {} if row["register"] == "open" else dict.fromkeys(expected_at(session), ("present", ""))
        for one in exceptions:
            trainee = self.trainees[one["roll_number"]].pk
            if trainee in marks or row["register"] == "open":
                marks[trainee] = (one["status"], one["reason"])
        by = self._by("instructor")
        training.mark_attendance(**by, session=session, marks=marks, seen={})
        if row["register"] == "closed":
            training.close_register(**self._by("instructor"), session=session, seen=session.seen)

    def _result(self, row: dict) -> None:
        session = self.sessions[row["session"]]
        trainee, module = self.trainees[row["roll_number"]], self.modules[row["module"]]
        last = Record.objects.filter(trainee=trainee, module=module, program=self.program).select_related("act").last()
        steps = {}
        if row["steps"]:
            entry = self.program.curricula.published().first().entries.get(module=module)
            steps = {step.pk: mark == "+" for step, mark in zip(entry.steps.all(), row["steps"], strict=True)}
        training.record_result(
            **self._by("instructor"),
            trainee=trainee,
            program=self.program,
            module=module,
            seen=last.act.key if last else "",
            kind=row["result"],
            assessed_on=session.starts_on,
            at_time=timezone.localtime(session.starts_at, self.zone).time(),
            score=Decimal(row["score"]) if row["score"] else None,
            assessor=self.instructors.get(row["assessor"]),
            session=session,
            reason=row["reason"],
            recertification=row["recertification"] == "yes",
            steps=steps,
            voids=last if row["corrects"] else None,
        )

    def _grant(self, row: dict) -> None:
        grant = {"credit": training.credit, "exemption": training.exempt}[row["kind"]]
        trainee, module = self.trainees[row["roll_number"]], self.modules[row["module"]]
        last = Record.objects.filter(trainee=trainee, module=module, program=self.program).select_related("act").last()
        grant(
            **self._by(),
            trainee=trainee,
            program=self.program,
            module=module,
            seen=last.act.key if last else "",
            holds_from=self._day(row["from"]),
            holds_until=self._day(row["until"]) if row["until"] else None,
            authority=row["authority"],
            reason=row["reason"],
        )

    def _place(self, row: dict) -> None:
        trainee = self.trainees[row["roll_number"]]
        last = self._last(trainee)
        to = self.cohorts.get(row["cohort"])
        training.place(
            **self._by(),
            kind=row["kind"],
            cohort=last.cohort,
            seen={trainee.pk: last.act.key},
            since=self._day(row["since"]),
            status=row["status"],
            to=to,
            group=self.groups[row["cohort"], row["group"]] if row["group"] else training.KEEP,
            reason=row["reason"],
        )

    def _rating(self, row: dict) -> None:
        training.rate_module(
            **self._by(),
            cohort=self.cohorts[row["cohort"]],
            module=self.modules[row["module"]],
            band=row["rating"],
            rated_by=row["rated_by"],
            rated_on=self._day(row["day"]),
            remark=row["remark"],
        )

    def _outcome(self, row: dict) -> None:
        cohort, day = self.cohorts[row["cohort"]], self._day(row["day"])
        numbers = cohort_view(cohort, EVERYBODY, as_of=day).progress
        places = Enrolment.objects.filter(program=self.program).select_related("act").order_by("pk")
        last = {place.trainee_id: place.act.key for place in places}
        if row["outcome"] == "completed":
            seen = {trainee: last[trainee] for trainee in numbers.meet_all}
            training.complete(**self._by(), cohort=cohort, completed_on=day, seen=seen)
        else:
            rest = {one.trainee for one in numbers.trainees.values() if not one.requirements_met}
            seen = {trainee: last[trainee] for trainee in rest}
            status = {"kind": "not_complete", "status": row["outcome"], "since": day, "reason": row["reason"]}
            training.place(**self._by(), cohort=cohort, seen=seen, **status)

    # ---- finding things

    def _by(self, name: str = "coordinator") -> dict:
        return {"user": self.users[name], "key": uuid.uuid4()}

    def _last(self, trainee: Trainee) -> Enrolment:
        rows = Enrolment.objects.filter(trainee=trainee, program=self.program)
        return rows.select_related("act", "cohort__program").order_by("pk").last()

    def _roll(self, told: str) -> str:
        """Roll numbers are unique, so those of a practice intake name its first day."""
        return told.replace("P-", f"P{self.first:%y%m%d}-") if self.first else told

    def _day(self, told: str) -> datetime.date:
        """2023-08-07, or d+3 for three days after the first."""
        if told.startswith("d"):
            return self.first + datetime.timedelta(days=int(told[1:]))
        return datetime.date.fromisoformat(told)

    def _when(self, told: str) -> datetime.datetime:
        day, time = told.split()
        return _moment(f"{self._day(day)} {time}", self.zone)


def _key(label: str) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, label)


def _moment(told: str, zone: zoneinfo.ZoneInfo) -> datetime.datetime:
    return datetime.datetime.fromisoformat(told).replace(tzinfo=zone)


def _toml() -> dict:
    return tomllib.loads((FOLDER / "program.toml").read_text(encoding="utf-8"))


def _rows(name: str) -> Iterator[dict]:
    path = FOLDER / name
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


def _grouped(name: str, column: str) -> dict[str, list[dict]]:
    groups = defaultdict(list)
    for row in _rows(name):
        groups[row[column]].append(row)
    return groups
