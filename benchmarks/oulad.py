"""Results of real courses, through the importers: the 2013 presentations of the Open University Learning Analytics Dataset.

    make oulad DATA=folder        (docs/oulad.md)

A course becomes a program, a presentation a cohort, an assessment a module with the pass mark 40, a student a trainee, a
registration a place with its withdrawal, a result an assessment, and a banked result a credit. The files that are imported are
written beside the database, so that anybody can look at them; at the end everything is counted and compared with the source.
"""

import argparse
import csv
import datetime
import gzip
import os
import sys
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import django

START = {"2013B": datetime.date(2013, 2, 1), "2013J": datetime.date(2013, 10, 1)}
PASS_MARK = 40
ASSESSOR = "OU-{course}"


def days(start: datetime.date, told: str) -> datetime.date:
    return start + datetime.timedelta(days=int(float(told)))


class Source:
    """The dataset, by presentation."""

    def __init__(self, folder: Path) -> None:
        self.length = {
            (r["code_module"], r["code_presentation"]): int(r["module_presentation_length"])
            for r in rows(folder / "courses.csv")
        }
        self.assessments, self.where = defaultdict(list), {}
        for row in rows(folder / "assessments.csv"):
            here = row["code_module"], row["code_presentation"]
            self.assessments[here].append(row)
            self.where[row["id_assessment"]] = (here, f"{row['assessment_type'].upper()}-{row['id_assessment']}")
        self.outcome, self.attempts = {}, {}
        for row in rows(folder / "students.csv"):
            student = row["code_module"], row["code_presentation"], row["id_student"]
            self.outcome[student], self.attempts[student] = row["final_result"], int(row["num_of_prev_attempts"])
        self.registrations, self.results = defaultdict(list), defaultdict(list)
        for row in rows(folder / "registrations.csv"):
            self.registrations[row["code_module"], row["code_presentation"]].append(row)
        for row in rows(folder / "results.csv.gz"):
            here, code = self.where[row["id_assessment"]]
            self.results[here].append(row | {"module": code})

    def presentations(self) -> list[tuple[str, str]]:
        """In the order in which they were held."""
        return sorted(self.length, key=lambda here: (here[1], here[0]))


def rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        yield from csv.DictReader(file)


def write(path: Path, columns: list[str], lines: Iterable[Iterable[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(lines)
    return path


class Loading:
    """One loading into an empty Muster, in the name of an administrator."""

    def __init__(self, source: Source, folder: Path) -> None:
        from accounts.models import User

        self.source, self.folder = source, folder
        folder.mkdir(parents=True, exist_ok=True)
        self.user = User.objects.create_superuser("oulad", password=str(uuid.uuid4()))
        self.programs: dict[str, object] = {}
        self.cohorts: dict[tuple[str, str], object] = {}
        self.since: dict[tuple[str, str], datetime.date] = {}  # by course and student, of the newest place
        self.began: dict[tuple[str, str, str], datetime.date] = {}  # by presentation and student
        self.left: dict[tuple[str, str, str], datetime.date] = {}
        self.took: list[tuple[str, int, float]] = []

    def by(self) -> dict:
        return {"user": self.user, "key": uuid.uuid4()}

    def imported(self, kind: str, path: Path, program, **more) -> None:
        """As `manage.py import_csv` does it."""
        from accounts.imports import Refused
        from trainees.imports import KINDS
        from trainees.imports.running import File

        before = time.perf_counter()
        file = File(KINDS[kind], program, path.read_bytes(), **more)
        if len(list(file.table.rows)) == 0:
            return
        try:
            report = file.import_for(self.user, uuid.uuid4(), "")
        except Refused as refused:
            for line, problems in list(refused.report.problems.items())[:10]:
                print(
                    path.name, line, *(f"{one.label}: {one.words} ({one.value})" for one in problems), file=sys.stderr
                )
            for line, (words, _choices) in list(refused.report.undecided.items())[:10]:
                print(path.name, line, words, file=sys.stderr)
            raise SystemExit(f"{path.name}: {dict(refused.report.counts)}") from None
        took = time.perf_counter() - before
        self.took.append((path.name, report.rows_read, took))
        print(f"{path.name:34} {dict(report.counts)!s:32} {took:7.1f} s", flush=True)

    def presentation(self, course: str, name: str) -> None:
        here = course, name
        start = START[name]
        program = self.programs.get(course) or self.new_program(course)
        curriculum = self.curriculum(program, here)
        self.cohort(program, here, curriculum, start)
        self.roster(program, here, start)
        self.results(program, here, start)
        self.leavers(program, here, start)

    def new_program(self, course: str):
        from programs import services

        program = services.create_program(
            **self.by(),
            code=f"OU-{course}",
            title=f"Course {course}",
            host="Open University",
            time_zone="Europe/London",
        )
        self.programs[course] = program
        path = write(
            self.folder / f"{course}-instructors.csv",
            ["code", "call_sign", "nation"],
            [(ASSESSOR.format(course=course), f"TUTOR-{course}", "United Kingdom")],
        )
        self.imported("instructors", path, program)
        return program

    def curriculum(self, program, here):
        from programs import services
        from programs.models import Curriculum

        course, name = here
        told = self.source.assessments[here]
        codes = [self.source.where[row["id_assessment"]][1] for row in told]
        path = write(
            self.folder / f"{course}-{name}-modules.csv",
            ["code", "title", "kind"],
            [
                (code, f"{row['assessment_type']} of {course} {name}", "other")
                for code, row in zip(codes, told, strict=True)
            ],
        )
        self.imported("modules", path, program)
        draft = services.create_curriculum(**self.by(), program=program, note=name)
        path = write(
            self.folder / f"{course}-{name}-curriculum.csv",
            ["module", "asked", "pass_mark"],
            [
                (code, "required" if float(row["weight"]) else "elective", PASS_MARK)
                for code, row in zip(codes, told, strict=True)
            ],
        )
        self.imported("curriculum", path, program)
        draft = Curriculum.objects.select_related("act", "program").get(pk=draft.pk)
        if not any(float(row["weight"]) for row in told):
            raise SystemExit(f"{course} {name} asks for nothing")
        return services.publish_curriculum(**self.by(), curriculum=draft, seen=draft.seen)

    def cohort(self, program, here, curriculum, start) -> None:
        from trainees import services

        last = start + datetime.timedelta(days=self.source.length[here])
        self.cohorts[here] = services.create_cohort(
            **self.by(), program=program, curriculum=curriculum, code=here[1], title="", starts_on=start, ends_on=last
        )

    def roster(self, program, here, start) -> None:
        """A place begins with the registration, or the first result if that was earlier; a second one after the first."""
        course, _name = here
        first: dict[str, datetime.date] = {}
        for row in self.source.results[here]:
            day = days(start, row["date_submitted"])
            first[row["id_student"]] = min(day, first.get(row["id_student"], day))
        lines = []
        for row in self.source.registrations[here]:
            student = row["id_student"]
            since = days(start, row["date_registration"] or "0")
            since = min(since, first.get(student, since))
            before = self.since.get((course, student))
            if before:
                since = max(since, before)
            self.since[course, student] = self.began[(*here, student)] = since
            lines.append((f"OU-{student}", f"S{student}", since, "Comes again" if before else ""))
        path = write(
            self.folder / f"{course}-{here[1]}-roster.csv", ["roll_number", "call_sign", "since", "reason"], lines
        )
        self.imported("roster", path, program, cohort=self.cohorts[here])

    def results(self, program, here, start) -> None:
        course, name = here
        lines, credits_ = [], []
        for row in self.source.results[here]:
            since = self.since[course, row["id_student"]]
            day = max(days(start, row["date_submitted"]), since)
            roll = f"OU-{row['id_student']}"
            if row["is_banked"] == "True":
                credits_.append((roll, row["module"], "credit", day, "Open University", "Carried over"))
                continue
            score = row["score"]
            kind = "not_assessed" if not score else "go" if float(score) >= PASS_MARK else "no_go"
            reason = "" if score else "The source has no score"
            lines.append(
                (roll, row["module"], kind, day, score, ASSESSOR.format(course=course) if score else "", reason)
            )
        columns = ["roll_number", "module", "kind", "assessed_on", "score", "assessor", "reason"]
        self.imported("results", write(self.folder / f"{course}-{name}-results.csv", columns, lines), program)
        columns = ["roll_number", "module", "kind", "holds_from", "authority", "reason"]
        self.imported("grants", write(self.folder / f"{course}-{name}-credits.csv", columns, credits_), program)

    def leavers(self, program, here, start) -> None:
        """Who withdrew, and who did not pass in the end."""
        course, name = here
        last = start + datetime.timedelta(days=self.source.length[here])
        lines = []
        for row in self.source.registrations[here]:
            student = row["id_student"]
            if row["date_unregistration"]:
                day, place, reason = days(start, row["date_unregistration"]), "withdrawn", "Unregistered"
            elif self.source.outcome[(*here, student)] == "Fail":
                day, place, reason = last, "not_completed", "Failed"
            else:
                continue
            day = max(day, self.since[course, student])
            self.since[course, student] = day
            if place == "withdrawn":
                self.left[(*here, student)] = day
            lines.append((f"OU-{student}", place, day, reason))
        path = write(self.folder / f"{course}-{name}-leavers.csv", ["roll_number", "place", "since", "reason"], lines)
        self.imported("roster", path, program, cohort=self.cohorts[here])

    # ---- what came of it

    def by_the_rule(self, cohort, here) -> int:
        """How many modules differ in who has achieved them by the rule, of those on the roster on the last day but one."""
        from programs.access import EVERYBODY
        from trainees.selectors.progress import cohort_view

        day = cohort.ends_on - datetime.timedelta(days=1)
        view = cohort_view(cohort, EVERYBODY, as_of=day)
        ours = Counter(
            view.entries[module].code
            for one in view.progress.trainees.values()
            for module, standing in one.standings.items()
            if standing.satisfied
        )
        theirs: Counter[str] = Counter()
        for row in self.source.results[here]:
            student = (*here, row["id_student"])
            is_there = self.began[student] <= day < self.left.get(student, datetime.date.max)
            came = max(days(START[here[1]], row["date_submitted"]), self.began[student]) <= day
            passed = row["is_banked"] == "True" or (row["score"] and float(row["score"]) >= PASS_MARK)
            theirs[row["module"]] += bool(is_there and came and passed)
        return sum(ours[code] != theirs[code] for code in ours.keys() | theirs.keys())

    def compared(self) -> int:
        """Print each cohort beside its source; give how many figures differ."""
        from trainees.models import Enrolment, Record

        wrong = 0
        print(f"\n{'cohort':14}{'enrolled':>18}{'withdrawn':>18}{'results':>18}{'passed, by module':>26}")
        for here in self.source.presentations():
            cohort = self.cohorts[here]
            places = Enrolment.objects.filter(cohort=cohort).standing()
            ours = {
                "enrolled": places.values("trainee").distinct().count(),
                "withdrawn": places.filter(status="withdrawn").values("trainee").distinct().count(),
                "results": Record.objects.filter(entry__curriculum__followed__cohort=cohort).count(),
            }
            passed = Counter(
                Record.objects.filter(
                    entry__curriculum__followed__cohort=cohort, kind__in=["go", "credit"]
                ).values_list("module__code", flat=True)
            )
            told = self.source.registrations[here]
            theirs = {
                "enrolled": len({row["id_student"] for row in told}),
                "withdrawn": sum(bool(row["date_unregistration"]) for row in told),
                "results": len(self.source.results[here]),
            }
            should = Counter(
                row["module"]
                for row in self.source.results[here]
                if row["is_banked"] == "True" or (row["score"] and float(row["score"]) >= PASS_MARK)
            )
            differ = sum(passed[code] != should[code] for code in passed.keys() | should.keys())
            wrong += differ + sum(ours[name] != theirs[name] for name in ours)
            wrong += (by_rule := self.by_the_rule(cohort, here))
            told_beside = "".join(f"{f'{ours[name]:,} = {theirs[name]:,}':>18}" for name in ours)
            print(f"{cohort!s:14}{told_beside}{f'{len(should)} modules, {differ + by_rule} differ':>26}")
        return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder with the dataset's files")
    parser.add_argument("--files", type=Path, default=Path("var/oulad"), help="where the files to import are written")
    asked = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from trainees.models import Trainee

    if Trainee.objects.exists():
        raise SystemExit("This database holds trainees already. Name an empty one in DATABASE_URL.")
    before = time.perf_counter()
    loading = Loading(Source(asked.data), asked.files)
    for here in loading.source.presentations():
        loading.presentation(*here)
    wrong = loading.compared()
    rows_read = sum(n for _name, n, _took in loading.took)
    print(f"\n{rows_read:,} rows in {time.perf_counter() - before:.0f} s. {wrong} figures differ from the source.")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
