"""Importing in the browser's pages: choose, look, decide, confirm, take back; for those who may."""

import base64
import io
import pickle
import re
import uuid

import pytest
import time_machine
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from accounts import spreadsheets
from accounts.imports import recognised
from accounts.models import Act
from programs.models import Role
from tests import factories as f
from trainees.imports import KINDS
from trainees.models import Record, Trainee
from trainees.views import long

ROSTER = "roll_number,call_sign,since\nR-8,DUB,2023-08-08\nR-9,KLEN,08.08.2023\n"
RESULTS = "roll_number,module,kind,assessed_on,assessor\nR-1,TAC,go,2023-08-10,NOR-1\nR-2,TAC,no_go,2023-08-10,NOR-1\n"


@pytest.fixture
def send(client, program, coordinator):
    """Choose a file, as the coordinator or another; give the answer."""
    client.force_login(coordinator)

    def go(text, kind="roster", name="people.csv", by=client, **more):
        file = SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)
        where = reverse("trainees:import_new", args=[program.slug])
        return by.post(where, {"key": uuid.uuid4(), "kind": kind, "file": file} | more)

    return go


def key_of(answer):
    return answer.url.strip("/").split("/")[1]


def words(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def test_a_file_is_looked_at_confirmed_and_taken_back(send, client, cohort):
    looked = send(ROSTER, cohort=cohort.slug)
    preview = client.get(looked.url)
    assert "2 rows say something new. Nothing is written yet." in words(preview) and "R-8 DUB, TRD-1" in words(preview)
    assert (
        not Trainee.objects.filter(roll_number="R-8").exists() and not Act.objects.filter(kind="import.roster").exists()
    )
    done = client.post(f"{looked.url}confirm/", follow=True)
    assert done.request["PATH_INFO"] == looked.url and "Trainees 2 0 0" in words(done)
    act = Act.objects.get(kind="import.roster")
    assert str(act.key) == key_of(looked) and Trainee.objects.get(roll_number="R-8").enrolments.get().cohort == cohort
    undo = {"key": uuid.uuid4(), "next": looked.url}
    undone = client.post(reverse("trainees:act_undo", args=[act.key]), undo, follow=True)
    assert "Taken back: 2 rows." in words(undone) and "Take the whole import back" not in words(undone)
    assert not Trainee.objects.get(roll_number="R-8").enrolments.standing().exists()


def test_confirming_twice_writes_once(send, client, cohort):
    looked = send(ROSTER, cohort=cohort.slug)
    for _time in range(2):
        assert client.post(f"{looked.url}confirm/").url == looked.url
    assert Act.objects.filter(kind="import.roster").count() == 1


def test_wrong_rows_are_named_and_can_be_taken_along(send, client, cohort):
    looked = send(RESULTS.replace("R-2,TAC,no_go", "R-7,TAC,perhaps") + "R-1,MED,go,2023-08-12,NOR-1\n", "results")
    preview = client.get(looked.url)
    assert "1 row cannot be imported as it is. Nothing is written before every row is right." in words(preview)
    assert "Row 3 Result perhaps Write one of: go, no_go, not_assessed." in words(preview)
    assert "confirm" not in preview.text
    lines = client.get(looked.url, {"format": "csv"}).getvalue().decode().splitlines()
    assert lines[-2] == "roll_number,module,kind,assessed_on,assessor,line,what_is_wrong"
    assert lines[-1] == 'R-7,TAC,perhaps,2023-08-10,NOR-1,3,"Result: Write one of: go, no_go, not_assessed."'
    assert client.post(f"{looked.url}confirm/").status_code == 302 and not Record.objects.exists()
    assert "Something has changed" not in words(client.get(looked.url))


def test_a_file_of_wrong_rows_can_be_imported_once_it_is_mended(send, client, cohort):
    looked = send(RESULTS.replace("no_go", "perhaps"), "results")
    wrong = client.get(looked.url, {"format": "csv"}).getvalue().decode().replace("perhaps", "no_go", 1)
    again = send(wrong, "results")
    assert "1 row says something new" in words(client.get(again.url))


def test_who_looks_like_somebody_known_is_decided(send, client, cohort):
    looked = send("roll_number,call_sign\nR-8,sokil1\n", cohort=cohort.slug)
    page = words(client.get(looked.url))
    assert (
        "1 row has to be decided." in page and "Somebody new: R-8 sokil1" in page and "The same as R-1 SOKIL1" in page
    )
    columns = {"column_0": "roll_number", "column_1": "call_sign"}
    assert client.post(looked.url, columns | {"line_2": "new"}).status_code == 302
    assert "1 row says something new" in words(client.get(looked.url))
    known = Trainee.objects.get(roll_number="R-1")
    assert client.post(looked.url, columns | {"line_2": known.pk}).status_code == 302
    page = words(client.get(looked.url))
    assert "SOKIL1 sokil1" in page and "R-1" in page
    assert client.post(looked.url, columns | {"line_2": "999999"}).status_code == 422
    client.post(f"{looked.url}confirm/")
    assert Trainee.objects.get(pk=known.pk).call_sign == "sokil1" and not Trainee.objects.filter(roll_number="R-8")


def test_unknown_columns_are_named_and_can_be_said_to_be_others(send, client, cohort):
    looked = send("Nr,Hvem,Merke\nR-8,DUB,x\n", cohort=cohort.slug)
    page = client.get(looked.url)
    assert "No column was recognised as “Roll number”, which is needed." in words(page)
    assert all(name in page.text for name in ("Nr", "Hvem", "Merke"))
    twice = client.post(looked.url, {"column_0": "roll_number", "column_1": "roll_number"})
    assert twice.status_code == 422 and "“Nr” stands for this already." in words(twice)
    assert client.post(looked.url, {"column_0": "roll_number", "column_1": "call_sign"}).status_code == 302
    assert "1 row says something new" in words(client.get(looked.url))


def test_what_changed_since_the_preview_is_said_and_nothing_is_written(send, client, cohort, coordinator):
    looked = send("roll_number,call_sign\nR-1,DUB\n")
    assert "SOKIL1 DUB" in words(client.get(looked.url))
    f.do(lambda act: Trainee.objects.filter(roll_number="R-1").update(act=act, call_sign="KLEN"))
    after = client.post(f"{looked.url}confirm/", follow=True)
    assert "Something has changed since you looked." in words(after) and "KLEN DUB" in words(after)
    assert Trainee.objects.get(roll_number="R-1").call_sign == "KLEN"
    client.post(f"{looked.url}confirm/")
    assert Trainee.objects.get(roll_number="R-1").call_sign == "DUB"


def test_the_same_file_again_says_that_everything_stands(send, client, cohort):
    client.post(f"{send(RESULTS, 'results').url}confirm/")
    page = client.get(send(RESULTS, "results").url)
    assert "Everything in this file stands here already." in words(page) and "confirm" not in page.text


def test_a_file_that_cannot_be_read_is_told_beside_the_form(send, client, cohort):
    answer = send(b"MZ\x90\0", name="people.xlsx")
    assert answer.status_code == 422 and "This is no spreadsheet." in words(answer)


def test_a_row_that_cannot_be_read_and_a_file_without_rows_are_told_there_too(send, client, cohort):
    answer = send(ROSTER + "R-10,OSYKA,2023-08-08,more\n")
    assert answer.status_code == 422 and "Row 4 has more cells than there are headings (3)." in words(answer)
    answer = send(ROSTER.splitlines()[0])
    assert answer.status_code == 422 and "The file has headings, and no rows below them." in words(answer)


def test_a_file_that_is_too_large_is_not_even_read(send, client, cohort, settings):
    settings.IMPORT_MEGABYTES = 1
    answer = send(b"MZ" + b"x" * 2**20)
    assert answer.status_code == 422 and "The file is larger than 1 MB. Split it." in words(answer)
    assert "This is no spreadsheet" not in words(answer) and not kept()


def test_throwing_away_leaves_nothing(send, client, program, cohort):
    looked = send(ROSTER, cohort=cohort.slug)
    assert client.post(f"{looked.url}discard/").url == reverse("trainees:import_new", args=[program.slug])
    assert client.get(looked.url).status_code == 404


def test_only_who_sent_a_file_sees_it_and_an_instructor_imports_marks_alone(send, client, program, cohort):
    looked = send(ROSTER, cohort=cohort.slug)
    for kind in (Role.Kind.COORDINATOR, Role.Kind.INSTRUCTOR, Role.Kind.VIEWER):
        client.force_login(f.RoleFactory(program=program, kind=kind).user)
        for answer in (
            client.get(looked.url),
            client.post(f"{looked.url}confirm/"),
            client.post(f"{looked.url}discard/"),
        ):
            assert answer.status_code == 404
    client.force_login(f.RoleFactory(program=program, kind=Role.Kind.INSTRUCTOR).user)
    page = client.get(reverse("trainees:import_new", args=[program.slug]))
    assert re.findall(r'name="kind" value="(\w+)"', page.text) == ["attendance", "results"]
    assert send(ROSTER, cohort=cohort.slug).status_code == 422
    mine = send(RESULTS, "results")
    client.post(f"{mine.url}confirm/")
    assert "Take the whole import back" in words(client.get(mine.url)) and Record.objects.count() == 2


def test_who_lost_the_role_meanwhile_imports_nothing(send, client, program, coordinator, cohort):
    looked = send(ROSTER, cohort=cohort.slug)
    f.do(lambda act: Role.objects.filter(user=coordinator).update(act=act, kind=Role.Kind.INSTRUCTOR))
    assert client.post(f"{looked.url}confirm/").status_code == 404
    f.do(lambda act: Role.objects.filter(user=coordinator).delete())
    assert client.get(looked.url).status_code == 404
    assert not Trainee.objects.filter(roll_number="R-8").exists()


def test_what_an_import_did_is_seen_by_who_did_it_and_who_runs_the_program(send, client, program, cohort):
    looked = send(ROSTER, cohort=cohort.slug)
    client.post(f"{looked.url}confirm/")
    for kind, status in ((Role.Kind.COORDINATOR, 200), (Role.Kind.INSTRUCTOR, 404), (Role.Kind.VIEWER, 404)):
        client.force_login(f.RoleFactory(program=program, kind=kind).user)
        assert client.get(looked.url).status_code == status
    client.force_login(f.RoleFactory().user)
    assert client.get(looked.url).status_code == 404


def kept():
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM muster_cache WHERE cache_key LIKE %s", ["%:draft:%"])
        return cursor.fetchall()


def test_what_was_sent_is_kept_sealed_and_for_a_few_hours(send, client, cohort):
    with time_machine.travel("2026-03-02 12:00Z", tick=False) as clock:
        looked = send("roll_number,call_sign,family_name\nR-8,DUB,Vyhadana\n", cohort=cohort.slug)
        assert len(kept()) == 2 and "Vyhadana" not in str(kept())
        packed = [pickle.loads(base64.b64decode(value)) for _key, value in kept()]  # noqa: S301  our own cache's
        assert all(value.startswith(b"gAAAA") for value in packed)
        clock.shift(4 * 3600 + 1)
        send(RESULTS, "results")
        assert len(kept()) == 2 and looked.url.strip("/").split("/")[1] not in str(kept())
        assert client.get(looked.url).status_code == 404
    cache.clear()


@pytest.mark.parametrize(
    "kind", ["modules", "curriculum", "instructors", "roster", "sessions", "attendance", "results"]
)
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_template_is_recognised_column_by_column(kind, ending, client, program, coordinator):
    client.force_login(coordinator)
    where = reverse("trainees:import_template", args=[program.slug, kind])
    file = io.BytesIO(client.get(where, {"format": ending}).getvalue())
    columns = spreadsheets.read(file).columns
    assert recognised(KINDS[kind].columns, columns) == {name: name for name in columns}


@pytest.mark.django_db(transaction=True)
def test_a_long_file_tells_how_far_it_is_and_goes_on(send, client, cohort, monkeypatch):
    monkeypatch.setattr(long, "LONG", 100)
    text = "roll_number,call_sign\n" + "".join(f"R-1{n:03},DUB{n}\n" for n in range(150))
    running = send(text, cohort=cohort.slug)
    page = running.getvalue().decode()
    assert running.streaming and "Looking at every row" in page and "100 of 150" in page
    [after] = re.findall(r'http-equiv="refresh" content="0; url=([^"]+)"', page)
    assert "150 rows say something new" in words(client.get(after))
    assert "100 of 150" in client.post(f"{after}confirm/").getvalue().decode()
    assert "Trainees 150 0 0" in words(client.get(after))
