"""kill -9 of the server in the middle of an import: nothing of it stands, the file is still there, and it goes on afterwards."""

import http.client
import re
import subprocess
import sys
import uuid
from contextlib import suppress

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client
from django.urls import reverse

from accounts.models import Act, Change
from tests.endurance.test_server_killed import Server
from tests.trainees import crowd as crowds
from trainees.models import Record

pytestmark = [pytest.mark.endurance, pytest.mark.django_db(transaction=True)]

MODULES, TRAINEES = 20, 200
AT = (5, 40, 70)  # per cent of the rows done when the server dies


@pytest.fixture
def one(monkeypatch):
    monkeypatch.setattr(crowds, "FIRST", [None] * 6)
    monkeypatch.setattr(crowds, "AGAIN", [None] * 6)
    return crowds.crowd(TRAINEES, modules=MODULES + 2)


def results(one):
    lines = ["roll_number,module,kind,assessed_on,assessor"]
    for entry in one.entries[:MODULES]:
        lines += [f"{who.roll_number},{entry.module.code},go,2023-08-20,{one.assessor.code}" for who in one.trainees]
    return "\n".join(lines).encode()


def test_a_server_that_dies_in_the_middle_of_an_import_leaves_nothing_of_it(one):
    client = Client()
    client.force_login(one.coordinator)
    file = SimpleUploadedFile("results.csv", results(one))
    where = reverse("trainees:import_new", args=[one.program.slug])
    looked = client.post(where, {"key": uuid.uuid4(), "kind": "results", "file": file})
    page = b"".join(looked.streaming_content).decode()
    [preview] = re.findall(r'http-equiv="refresh" content="0; url=([^"]+)"', page)
    assert f"{MODULES * TRAINEES} rows say something new" in client.get(preview).text
    before = Record.objects.count(), Change.objects.count(), Act.objects.count()

    token = _get_new_csrf_string()
    cookies = {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}
    cookies[settings.CSRF_COOKIE_NAME] = token
    headers = {
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "X-CSRFToken": token,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    server = Server()
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(collect, env=server.environment, check=True)  # its pages name the files by their digests
    for percent in AT:
        with server.running():
            link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            link.request("POST", f"{preview}confirm/", "", headers | {"Origin": f"http://127.0.0.1:{server.port}"})
            answer = link.getresponse()
            assert answer.status == 200
            _read_until(answer, percent)
        link.close()
        assert (Record.objects.count(), Change.objects.count(), Act.objects.count()) == before
        assert f"{MODULES * TRAINEES} rows say something new" in client.get(preview).text
    b"".join(client.post(f"{preview}confirm/").streaming_content)
    assert Record.objects.count() == before[0] + MODULES * TRAINEES
    assert "What it wrote" in client.get(preview).text


def _read_until(answer, percent):
    """Read the page as it comes, until so many rows are told to be done."""
    heard = b""
    with suppress(http.client.IncompleteRead):
        while piece := answer.read1(4096):
            heard += piece
            told = re.findall(rb'<progress value="(\d+)" max="(\d+)"', heard)
            if told and 100 * int(told[-1][0]) >= percent * int(told[-1][1]):
                return
    raise AssertionError("the import ended before it could be struck")
