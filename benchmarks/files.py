"""What files cost: an import of results beside `executemany` of the same rows, an export beside a cursor and csv.writer.

    make benchmark        make benchmark-postgres        (docs/performance.md)

The database that DATABASE_URL names has to be empty. Results are imported as `manage.py import_csv` does it: read, checked by
the rule, in one act with its trail. The floor puts the finished rows into a table with the same columns, constraints and indexes,
without triggers. The export is the list of trainees as the page's address gives it; its floor asks for the same rows with one
cursor.
"""

import argparse
import csv
import datetime
import io
import uuid
from collections.abc import Callable
from pathlib import Path

import measuring
from django.db import connection, transaction
from measuring import as_json, in_turns, machine, memory, timed

MODULES = 40
DAY = datetime.date(2023, 8, 10)


def by(user) -> dict:
    return {"user": user, "key": uuid.uuid4()}


def in_an_act(user, program, write) -> None:
    from accounts.acts import perform

    perform(**by(user), kind="benchmark", body=str(uuid.uuid4()), do=write, scope=program.pk)


class World:
    """A program whose modules everybody is asked; cohorts of any size come into it."""

    def __init__(self) -> None:
        from accounts.models import User
        from programs import services
        from programs.models import Assignment, Curriculum, CurriculumEntry, Instructor, SkillModule

        self.user = User.objects.create_superuser("benchmark", password=str(uuid.uuid4()))
        self.program = services.create_program(
            **by(self.user), code="BENCHMARK", title="Benchmark", host="Nobody", time_zone="Europe/Oslo"
        )
        draft = services.create_curriculum(**by(self.user), program=self.program, note="")

        def teach(act) -> None:
            modules = SkillModule.objects.bulk_create(
                SkillModule(act=act, code=f"M{n:02}", title=f"Module {n}") for n in range(MODULES)
            )
            CurriculumEntry.objects.bulk_create(
                CurriculumEntry(act=act, curriculum=draft, module=one, position=n + 1) for n, one in enumerate(modules)
            )
            assessor = Instructor.objects.bulk_create([Instructor(act=act, code="A-1", call_sign="BENK")])[0]
            Assignment.objects.bulk_create([Assignment(act=act, program=self.program, instructor=assessor)])

        in_an_act(self.user, self.program, teach)
        draft = Curriculum.objects.select_related("act", "program").get(pk=draft.pk)
        self.curriculum = services.publish_curriculum(**by(self.user), curriculum=draft, seen=draft.seen)
        self.cohorts = 0

    def people(self, many: int) -> str:
        """A new cohort of so many; what their roll numbers begin with."""
        from trainees import services
        from trainees.models import Enrolment, Trainee

        self.cohorts += 1
        start = f"B{self.cohorts}-"
        cohort = services.create_cohort(
            **by(self.user), program=self.program, curriculum=self.curriculum, code=f"C{self.cohorts}", title="",
            starts_on=datetime.date(2023, 8, 7), ends_on=datetime.date(2023, 8, 31),
        )  # fmt: skip

        def place(act) -> None:
            people = Trainee.objects.bulk_create(
                (
                    Trainee(act=act, roll_number=f"{start}{n:06}", call_sign=f"SOKIL-{n}", nation="Norway")
                    for n in range(many)
                ),
                batch_size=1000,
            )
            Enrolment.objects.bulk_create(
                (
                    Enrolment(act=act, trainee=who, program=self.program, cohort=cohort, since=cohort.starts_on)
                    for who in people
                ),
                batch_size=1000,
            )

        in_an_act(self.user, self.program, place)
        return start

    def results(self, rows: int) -> bytes:
        """A file with so many results of people who have none yet."""
        start = self.people(rows // MODULES)
        file = io.StringIO()
        write = csv.writer(file).writerow
        write(["roll_number", "module", "kind", "assessed_on", "score", "assessor"])
        for who in range(rows // MODULES):
            for n in range(MODULES):
                kind = "no_go" if (who + n) % 7 == 0 else "go"
                write([f"{start}{who:06}", f"M{n:02}", kind, DAY, 50 + (who + n) % 50, "A-1"])
        return file.getvalue().encode()


# ---- import


def importing(content: bytes) -> Callable[[], object]:
    from accounts.models import User
    from programs.models import Program
    from trainees.imports import KINDS
    from trainees.imports.running import File

    user, program = User.objects.get(username="benchmark"), Program.objects.get(code="BENCHMARK")
    return lambda: File(KINDS["results"], program, content).import_for(user, uuid.uuid4(), "")


class Floor:
    """A table like that of records, empty, to which finished rows are given."""

    def __init__(self) -> None:
        from trainees.models import Record

        self.columns = [field.column for field in Record._meta.concrete_fields]
        self.latest = 0
        with connection.cursor() as cursor:
            for statement in self._made(cursor, Record._meta.db_table):
                cursor.execute(statement)
        places = ", ".join(["%s" if connection.vendor == "postgresql" else "?"] * len(self.columns))
        self.statement = f"INSERT INTO floor ({', '.join(self.columns)}) VALUES ({places})"  # noqa: S608

    def _made(self, cursor, like: str) -> list[str]:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'",
                [like],
            )
            foreign = [f"ALTER TABLE floor ADD {told.replace(f'{like}(', 'floor(')}" for (told,) in cursor]
            return [f"CREATE TABLE floor (LIKE {like} INCLUDING ALL)", *foreign]
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE tbl_name = %s AND type <> 'trigger' AND sql <> ''", [like]
        )
        return [
            told.replace(f'"{like}"', '"floor"').replace(f'INDEX "{name}"', f'INDEX "floor_{name}"')
            for name, told in cursor
        ]

    def given(self) -> float:
        """Seconds for the rows of the newest import, in one transaction."""
        from trainees.models import Record

        newest = Record.objects.order_by("-act").values("act")[:1]
        with connection.cursor() as cursor:
            sql, params = Record.objects.filter(act=newest).order_by("pk").query.sql_with_params()
            cursor.execute(sql, params)
            rows = cursor.fetchall()

        def insert() -> None:
            with transaction.atomic():
                connection.connection.cursor().executemany(self.statement, rows)

        connection.ensure_connection()
        took = timed(insert)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM floor")
        return took


# ---- export


def exporting() -> Callable[[], str]:
    """The list of trainees as a file, read to its end as a client reads it: its text."""
    from django.test import Client

    from accounts.models import User

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(username="benchmark"))

    def read(kept: bool = False) -> str:
        answer = client.get("/trainees/", {"format": "csv"}, secure=True)
        parts = answer.streaming_content
        return "".join(map(bytes.decode, parts)) if kept else str(sum(map(len, parts)))

    return read


def written(kept: bool = False) -> str:
    """The same rows by one statement, a cursor and csv.writer."""
    together = (
        "group_concat(slug, ' ') FROM (SELECT upper(c.slug) AS slug"
        if connection.vendor == "sqlite"
        else "string_agg(slug, ' ') FROM (SELECT upper(c.slug) AS slug"
    )
    text, size, waiting = [], 0, io.StringIO(newline="")
    writer = csv.writer(waiting, lineterminator="\r\n")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT t.roll_number, t.call_sign, t.nation, (SELECT {together}
            FROM trainees_enrolment e JOIN trainees_cohort c ON c.id = e.cohort_id
            WHERE e.trainee_id = t.id AND e.status <> 'void'
            AND NOT EXISTS (SELECT 1 FROM trainees_enrolment v WHERE v.voids_id = e.id)
            ORDER BY e.since DESC, e.id DESC) AS places)
            FROM trainees_trainee t ORDER BY t.roll_number"""  # noqa: S608
        )
        while rows := cursor.fetchmany(1000):
            writer.writerows(rows)
            told = waiting.getvalue()
            waiting.seek(0)
            waiting.truncate()
            size += len(told)
            if kept:
                text.append(told)
    return "".join(text) if kept else str(size)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--imports", type=int, default=5, help="rounds of imports, which take longest")
    parser.add_argument("--rows", type=int, default=100_000, help="results in a file")
    parser.add_argument("--trainees", type=int, default=200_000, help="in the list")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    asked = parser.parse_args()
    measuring.start()
    from accounts.imports import tell_the_planner

    world = World()
    print(machine())
    told: dict[str, object] = {"machine": machine()}
    few, many = asked.trainees // 10, asked.trainees
    world.people(few)
    told["export memory, few"] = memory(exporting)
    world.people(many - few)
    tell_the_planner(many)
    told["export memory, many"] = memory(exporting)
    read = exporting()
    if read(kept=True).partition("cohorts\r\n")[2] != written(kept=True):
        raise SystemExit("The export and its floor do not give the same rows.")
    times = in_turns({"export": read, "export's floor": written}, asked.rounds)
    for rows in (asked.rows // 10, asked.rows):
        told[f"import memory, {rows:,} rows"] = memory(importing, world.results(rows))
    floor = Floor()
    ways = {"import": lambda: timed(importing(world.results(asked.rows))), "import's floor": floor.given}
    times |= in_turns(ways, asked.imports)

    print(f"\n{'':18}{'minimum':>12}{'median':>12}")
    for name, one in times.items():
        print(f"{name:18}{one.minimum:10.3f} s{one.median:10.3f} s")
    told |= times
    for what, part, whole in (
        ("export", "export", "export's floor"),
        ("import", "import's floor", "import"),
    ):
        ratio = times[part].minimum / times[whole].minimum, times[part].median / times[whole].median
        told[f"{what}, ratio"] = ratio
        print(f"{what} ratio: {ratio[0]:.3f} by the minimum, {ratio[1]:.3f} by the median")
    for name, value in told.items():
        if "memory" in name:
            print(f"{name}: {value:.1f} MiB more")
    if asked.json:
        asked.json.write_text(as_json(told), encoding="utf-8")


if __name__ == "__main__":
    main()
