"""kill -9 under twenty writing clients: what was acknowledged stands, with its trail, once."""

import json
import multiprocessing
import os
import random
import time
import uuid

import pytest
from django.db import connection, connections
from django.db.models import Count

from accounts.acts import Conflict
from accounts.models import Act, Change
from tests.accounts.races import Cell
from trainees.models import Record

pytestmark = [pytest.mark.endurance, pytest.mark.django_db(transaction=True)]

CLIENTS, KILLS, SECONDS = 20, 10, 3


def client(number, cells, log):
    """Mark results for ever. Each wish is written down before it is sent and when it was answered, as a tablet does."""
    dice = random.Random(f"{number} {os.getpid()}")
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def send(wish):
        try:
            cells[wish["cell"]].mark(wish["seen"], key=uuid.UUID(wish["key"]), kind=wish["kind"])
        except Conflict:
            return "refused"
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return "accepted"

    def note(**line):
        os.write(file, f"{json.dumps(line)}\n".encode())

    unanswered = {line["key"]: line for line in lines(log)}  # the later line of a key replaces the earlier one
    for wish in [line for line in unanswered.values() if "answer" not in line]:
        note(key=wish["key"], answer=send(wish), again=True)
    while True:
        cell = dice.choice([0, 0, dice.randrange(len(cells))])  # the first is where everybody writes
        wish = {
            "key": str(uuid.uuid4()),
            "cell": cell,
            "seen": cells[cell].version(),
            "kind": dice.choice(["go", "no_go"]),
        }
        note(**wish)
        note(key=wish["key"], answer=send(wish))


def lines(log):
    """What a client noted; the kill may have cut the last line short."""
    try:
        with open(log, encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.endswith("\n")]
    except FileNotFoundError:
        return []


def test_no_acknowledged_mark_is_lost_or_doubled_by_ten_kills(tmp_path):
    cells = [Cell() for _number in range(10)]
    logs = [str(tmp_path / f"client{number}") for number in range(CLIENTS)]
    processes = multiprocessing.get_context("fork")
    for _kill in range(KILLS):
        connections.close_all()  # nothing open is carried into another process
        running = [processes.Process(target=client, args=(n, cells, log)) for n, log in enumerate(logs)]
        for process in running:
            process.start()
        time.sleep(SECONDS)  # let them write, then strike in the middle of it
        for process in running:
            process.kill()
        for process in running:
            process.join()

    noted = [line for log in logs for line in lines(log)]
    answers = [line["answer"] for line in noted if "answer" in line]
    accepted = {uuid.UUID(line["key"]) for line in noted if line.get("answer") == "accepted"}
    assert set(answers) == {"accepted", "refused"}  # never "database is locked", nor anything else
    assert len(accepted) > 20 * KILLS
    assert any(line.get("again") for line in noted), "no client was struck between sending and answer"

    marks = Act.objects.filter(kind__startswith="record.")
    assert accepted <= set(marks.values_list("key", flat=True))
    assert marks.count() == Record.objects.count() == Change.objects.filter(table="trainees_record").count()
    assert not marks.annotate(n=Count("changes")).exclude(n=1).exists()
    assert set(Record.objects.values_list("act", flat=True)) == set(marks.values_list("pk", flat=True))
    assert [cell.forks() for cell in cells] == [0] * len(cells)
    unanswered = marks.count() - len(accepted)
    assert unanswered <= CLIENTS  # committed in the last moment, their answer lost
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
