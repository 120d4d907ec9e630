"""Clients that write at the same moment, each in a thread with a connection of its own."""

import datetime
import uuid
from collections import Counter
from contextlib import contextmanager
from threading import Barrier, Thread

from django.core.management import call_command
from django.db import connection, connections, models

from accounts import trail
from accounts.acts import Conflict, perform
from accounts.models import Act, Change
from tests import factories as f
from trainees import services
from trainees.models import Record

DAY = datetime.date(2023, 8, 10)


def at_once(*works):
    """Run all `works` at the same time; what each gave back, or the error that it raised."""
    answers = [None] * len(works)

    def run(number, work):
        try:
            answers[number] = work()
        except Exception as error:
            answers[number] = error
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(number, work), daemon=True) for number, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(240)
        assert not thread.is_alive(), "a client hangs"
    return answers


def race(clients, rounds, see, write):
    """In each round all clients see the same, then all write. How often each outcome was met, by the name of its kind."""
    together = Barrier(clients, timeout=60)

    def client(number):
        outcomes = Counter()
        for turn in range(rounds):
            seen = see()
            together.wait()
            try:
                write(seen, number, turn)
                outcomes["accepted"] += 1
            except Conflict:
                outcomes["refused"] += 1
            except Exception as error:
                outcomes[f"{type(error).__name__}: {error}"] += 1
            together.wait()
        return outcomes

    answers = at_once(*(lambda number=number: client(number) for number in range(clients)))
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return dict(sum(answers, Counter()))


class Cell:
    """One trainee and one module, in a program that runs, and somebody who may record there."""

    def __init__(self):
        enrolment = f.EnrolmentFactory()
        self.trainee, self.program = enrolment.trainee, enrolment.program
        self.entry = f.EntryFactory(curriculum__program=self.program)
        self.module = self.entry.module
        f.publish(self.entry.curriculum)
        f.CohortCurriculumFactory(cohort=enrolment.cohort, curriculum=self.entry.curriculum)
        self.user = f.RoleFactory(program=self.program).user
        self.assessor = f.AssignmentFactory(program=self.program).instructor

    def records(self):
        return Record.objects.filter(trainee=self.trainee, module=self.module).order_by("pk")

    def last(self):
        return self.records().select_related("act").last()

    def version(self):
        last = self.last()
        return str(last.act.key) if last else ""

    def mark(self, seen, number=0, _turn=0, *, key=None, user=None, kind=None):
        """Record a result through the service, as a page does."""
        return services.record_result(
            user=user or self.user,
            key=key or uuid.uuid4(),
            trainee=self.trainee,
            program=self.program,
            module=self.module,
            seen=seen,
            kind=kind or ("go", "no_go")[number % 2],
            assessed_on=DAY,
            assessor=self.assessor,
        )

    def append(self, last, number=0, _turn=0):
        """Write the next record without looking again: the constraints alone decide."""

        def do(act):
            Record.objects.create(
                act=act,
                trainee=self.trainee,
                program=self.program,
                module=self.module,
                entry=self.entry,
                kind=("go", "no_go")[number % 2],
                holds_from=DAY,
                assessor=self.assessor,
                previous=last,
            )

        perform(user=self.user, key=uuid.uuid4(), kind="record.test", body=number, do=do)

    def forks(self):
        """How many records claim a place in the line that another one has."""
        places = list(self.records().values_list("previous", flat=True))
        return len(places) - len(set(places))

    def assert_one_line(self, length):
        """`length` records in one line, each with its act and its line in the trail."""
        assert self.forks() == 0
        assert self.records().count() == length
        assert Act.objects.filter(kind__startswith="record.").count() == length
        assert Change.objects.filter(table="trainees_record").count() == length


@contextmanager
def without_the_guards_of_a_cell():
    """The two constraints that make a cell one line are gone for a while; so is every row afterwards."""
    unique = Record._meta.get_field("previous")
    plain = models.ForeignKey(Record, models.PROTECT, null=True, editable=False)
    with _remade(Record, unique, plain, [c for c in Record._meta.constraints if c.name == "one_first_record"]):
        yield


@contextmanager
def without_unique_keys():
    """Acts may share a key for a while; no row is left afterwards."""
    unique = Act._meta.get_field("key")
    with _remade(Act, unique, models.UUIDField(), []):
        yield


@contextmanager
def _remade(model, unique, plain, constraints):
    plain.set_attributes_from_name(unique.name)
    plain.model = model
    with _migrating() as editor:
        editor.alter_field(model, unique, plain)  # on SQLite this makes the table anew, with its constraints
        for constraint in constraints:
            editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        trail.uninstall()
        call_command("flush", verbosity=0, interactive=False)
        with _migrating() as editor:
            for constraint in constraints:
                editor.add_constraint(model, constraint)
            editor.alter_field(model, plain, unique)


@contextmanager
def _migrating():
    trail.uninstall()
    with connection.schema_editor() as editor:
        yield editor
    trail.install()
