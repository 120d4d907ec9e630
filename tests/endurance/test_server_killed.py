"""kill -9 of the server under twenty tablets: what it acknowledged stands, once and with its trail; the rest is sent again."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import uuid
from collections import Counter
from contextlib import contextmanager, suppress

import pytest
from django.conf import settings
from django.db import connection, connections
from django.db.models import Count
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client
from django.urls import reverse

from accounts.models import Act, Change
from tests import factories as f
from trainees.models import Attendance, Record

pytestmark = [pytest.mark.endurance, pytest.mark.django_db(transaction=True)]

TABLETS, KILLS, SECONDS = 20, 10, 3
JSON = "application/json"


def database_url():
    """The address of the database that this test runs on, for another process."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urllib.parse.urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def free_port():
    """Below those that connections are made from: a tablet that knocks on a closed one of these can meet itself there."""
    for port in range(20_000, 30_000):
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port")


class Server:
    """gunicorn as `make run` has it, on the database of this test."""

    def __init__(self):
        self.port = free_port()
        self.environment = os.environ | {
            "DATABASE_URL": database_url(),
            "MUSTER_URL": f"http://127.0.0.1:{self.port}",
            "SECRET_KEY": settings.SECRET_KEY,
        }

    @contextmanager
    def running(self):
        """Up while inside; struck dead with all its workers at the end."""
        command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{self.port}"]
        command += ["--worker-class", "gthread", "--workers", "2", "--threads", "16", "--no-control-socket"]
        process = subprocess.Popen(
            command, env=self.environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            self._wait(process)
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _wait(self, process):
        for _try in range(600):
            assert process.poll() is None, "the server does not start"
            link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            with suppress(OSError, http.client.HTTPException):
                link.request("GET", reverse("accounts:whoami"), headers={"Accept": JSON})
                if link.getresponse().status == 401:
                    link.close()
                    return
            link.close()
            time.sleep(0.05)
        raise AssertionError("the server does not answer")


class Tablet:
    """One instructor's tablet: marks its cells one after the other, keeps what was not answered, and sends that first."""

    def __init__(self, server, user, cells):
        self.server, self.cells = server, cells
        client = Client()
        client.force_login(user)
        self.token = _get_new_csrf_string()
        names = {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}
        names[settings.CSRF_COOKIE_NAME] = self.token
        self.cookies = "; ".join(f"{name}={value}" for name, value in names.items())
        self.seen = dict.fromkeys(cells, "")
        self.waiting = None  # sent, and not answered yet
        self.answers = Counter()
        self.accepted = set()
        self.again = 0

    def work(self, stop):
        turn = 0
        while not stop.is_set():
            if self.waiting is None:
                address, values = self.cells[turn % len(self.cells)]
                value = values[turn // len(self.cells) % 2]
                sent = value | {"key": str(uuid.uuid4()), "seen": self.seen[address, values]}
                self.waiting = (address, sent, (address, values))
                turn += 1
            else:
                self.again += 1
            address, sent, cell = self.waiting
            try:
                status, told = self.post(address, sent)
            except (OSError, http.client.HTTPException):
                stop.wait(0.05)  # no network: the server is gone for the moment
                continue
            self.answers[status if status == 200 else f"{status} {told}"] += 1
            self.waiting = None
            if status == 200:
                self.accepted.add(uuid.UUID(sent["key"]))
                self.seen[cell] = told["seen"]

    def post(self, address, sent):
        headers = {"Accept": JSON, "Cookie": self.cookies, "X-CSRFToken": self.token}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        link = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            link.request("POST", address, urllib.parse.urlencode(sent), headers)
            answer = link.getresponse()
            body = answer.read()
            return answer.status, json.loads(body) if answer.headers["Content-Type"] == JSON else body[:200]
        finally:
            link.close()


def cells_of(session, module, trainee):
    """What a tablet marks of a trainee: the attendance, and the result."""
    attendance = reverse("trainees:attendance_mark", args=[session.pk, trainee.uuid])
    result = reverse("trainees:result_mark", args=[trainee.uuid, session.cohort.program.slug, module.code])
    with_session = {"session": session.pk, "reason": "again"}
    return [
        (attendance, Values({"status": "present"}, {"status": "late"})),
        (result, Values(with_session | {"kind": "go"}, with_session | {"kind": "no_go"})),
    ]


class Values(tuple):
    """Two marks that a tablet sends in turn to one cell."""

    def __new__(cls, *marks):
        return super().__new__(cls, marks)

    def __hash__(self):
        return id(self)


def test_no_mark_that_a_killed_server_acknowledged_is_lost_or_doubled():
    program = f.ProgramFactory()
    entry = f.EntryFactory(curriculum__program=program)
    f.publish(entry.curriculum)
    cohort = f.CohortFactory(program=program)
    f.CohortCurriculumFactory(cohort=cohort, curriculum=entry.curriculum)
    user = f.RoleFactory(program=program, kind="instructor").user
    f.AssignmentFactory(program=program, instructor__account=user)
    session = f.TrainingSessionFactory(cohort=cohort, module=entry.module, kind="assessment")
    server = Server()
    trainees = [f.EnrolmentFactory(cohort=cohort).trainee for _number in range(TABLETS)]
    tablets = [Tablet(server, user, cells_of(session, entry.module, trainee)) for trainee in trainees]
    stop = threading.Event()
    threads = [threading.Thread(target=tablet.work, args=(stop,)) for tablet in tablets]
    connections.close_all()
    try:
        for number in range(KILLS):
            with server.running():
                if number == 0:
                    for thread in threads:
                        thread.start()
                time.sleep(SECONDS)  # let them write, then strike in the middle of it
        with server.running():  # the last time, until everybody has an answer to what was under way
            stop.set()
            for thread in threads:
                thread.join(120)
            last = [tablet for tablet in tablets if tablet.waiting]
            for tablet in last:
                address, sent, _cell = tablet.waiting
                status, told = tablet.post(address, sent)
                assert status == 200, told
                tablet.accepted.add(uuid.UUID(sent["key"]))
                tablet.again += 1
    finally:
        stop.set()

    answers = sum((tablet.answers for tablet in tablets), Counter())
    assert set(answers) == {200}, answers  # never "database is locked", nor a conflict with oneself
    accepted = set().union(*(tablet.accepted for tablet in tablets))
    assert len(accepted) > 20 * KILLS
    assert sum(tablet.again for tablet in tablets) > 0, "no tablet was struck between sending and answer"
    marks = Act.objects.filter(kind__in=["attendance.mark", "record.go", "record.no_go"])
    assert set(marks.values_list("key", flat=True)) == accepted
    assert not marks.annotate(n=Count("changes")).exclude(n=1).exists()
    records = Record.objects.count()
    assert (
        records
        == Change.objects.filter(table=Record._meta.db_table).count()
        == marks.filter(kind__startswith="record").count()
    )
    assert Attendance.objects.filter(session=session).count() == TABLETS
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
