"""A program leaves as one file and comes into another Muster whole: the same rows, the same progress, the same trail."""

import csv
import datetime
import hashlib
import io
import json
import uuid
import zipfile

import pytest
import time_machine
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from accounts import trail
from accounts.acts import perform
from accounts.models import Act, Change, User
from accounts.spreadsheets import Unreadable
from programs.access import EVERYBODY
from programs.models import Instructor, Program, SkillModule
from tests import factories as f
from tests.canaries import NOW, close_first, course_of, crowd_of
from tests.imports.test_pages import words
from tests.seeds.test_seed import loaded, seeded  # noqa: F401  fixtures
from trainees import services
from trainees.imports.bundle import KIND, opened, take_in
from trainees.models import Attendance, Cohort, Excusal, Record, Trainee, TrainingSession
from trainees.selectors import bundle as made
from trainees.selectors.bundle import write_bundle
from trainees.selectors.progress import cohort_view

SAID = ("trainee", "program", "kind", "since", "until", "reason")


def bundle(code):
    file = io.BytesIO()
    write_bundle(Program.objects.get(code=code), file)
    return file


def come(file, admin, **more):
    return take_in(opened(file), user=admin, key=uuid.uuid4(), **more)


def another_muster():
    """An empty database, with nobody but an administrator."""
    trail.uninstall()
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        for model in reversed(list(apps.get_models(include_auto_created=True))):
            if model._meta.managed and model._meta.app_label not in {"auth", "contenttypes", "sites"}:
                cursor.execute(f'DELETE FROM "{model._meta.db_table}"')
    connection.check_constraints()
    trail.install()
    return f.UserFactory(is_superuser=True)


def figures(code):
    """All that pages count in a program, asked about three days as known on three days, by codes."""
    days = [None, datetime.date(2023, 8, 12), datetime.date(2023, 8, 18)]
    found = {}
    for cohort in Cohort.objects.filter(program__code=code).select_related("program").order_by("code"):
        for as_of in days:
            for known in days:
                view = cohort_view(cohort, EVERYBODY, as_of=as_of, known=known)
                rolls = dict(Trainee.objects.values_list("pk", "roll_number"))
                codes = dict(SkillModule.objects.values_list("pk", "code"))
                of = view.progress
                found[cohort.code, as_of, known] = (
                    of.coverage,
                    of.meeting,
                    of.attendance,
                    sorted(rolls[pk] for pk in of.counted),
                    {rolls[pk]: {codes[m]: str(at.status) for m, at in one.standings.items()} for pk, one in of.trainees.items()},
                )  # fmt: skip
    return found


def done():
    """The acts that wrote what a bundle holds."""
    acts = Act.objects.filter(changes__table__in=[table._meta.db_table for table in made.TABLES]).distinct()
    return {(str(act.key), act.at, act.kind) for act in acts}


@pytest.fixture
def ours(db):
    """A program with rows in every table and much that was done, undone, deleted and erased; another shares a trainee with it."""
    with time_machine.travel(NOW, tick=False):
        one = course_of("tjeld", "OURS")
        crowd_of(one, "tjeld", "UA")
        close_first(one)
        other = course_of("rype", "THEIRS")
        crowd_of(other, "rype", "UA")
        shared = one.lives[0].trainee
        f.EnrolmentFactory(trainee=shared, cohort=other.cohort, program=other.program, reason="rype again")
        f.link_track(one.draft_entry, one.track)
        by = {"user": one.coordinator}
        services.update_trainee(
            user=f.UserFactory(is_superuser=True),
            key=uuid.uuid4(),
            trainee=shared,
            seen=shared.seen,
            call_sign="NEW-ONE",
        )
        by_them = {"reason": "rype why", "scope": other.program.pk}
        f.do(lambda act: Trainee.objects.filter(pk=shared.pk).update(nation="PL", act=act), **by_them)
        held = TrainingSession.objects.select_related("act", "cohort__program").get(pk=one.sessions[0].pk)
        services.reopen_register(**by, key=uuid.uuid4(), session=held, seen=held.seen, reason="Somebody was missing")
        excusal = Excusal.objects.select_related("act").get(pk=one.lives[1].excusal.pk)
        services.delete_excusal(**by, key=uuid.uuid4(), excusal=excusal, seen=excusal.seen)
        again = Excusal.objects.get(pk=one.lives[2].excusal.pk)
        f.do(lambda act: Excusal.objects.filter(pk=again.pk).delete())
        f.do(
            lambda act: Excusal(**{name: getattr(again, name) for name in SAID}, pk=again.pk, act=act).save(
                force_insert=True
            )
        )
        gone = one.lives[3].trainee
        services.erase_person(
            **by, key=uuid.uuid4(), trainee=gone, seen=Trainee.objects.get(pk=gone.pk).seen, roll_number=gone.roll_number,
            reason="Asked for it",
        )  # fmt: skip
    return one


def test_a_program_comes_over_whole_in_its_rows_its_figures_and_its_trail(ours):
    file, before, trail_before, changes = bundle("OURS"), figures("OURS"), done(), Change.objects.count()
    admin = another_muster()
    came = come(file, admin)
    assert came.program.code == "OURS" and not came.known.total()
    assert bundle("OURS").getvalue() == file.getvalue()
    assert figures("OURS") == before
    assert done() <= trail_before and len(done()) == came.acts > 150 and changes > Change.objects.count()


def merge(kept, old):
    """As an administrator."""
    said = {"user": f.UserFactory(is_superuser=True), "kept": kept, "old": old}
    report = services.rehearse_merging(**said)
    seen = {"seen_kept": kept.seen, "seen_old": old.seen}
    services.merge_trainees(key=uuid.uuid4(), expected=report.digest, reason="Twice", **seen, **said)
    kept.refresh_from_db()


def test_numbers_that_were_merged_come_over_with_whom_they_became(db):
    program = f.ProgramFactory(code="OURS")
    entry = f.EntryFactory(curriculum__program=program, module__code="MED")
    cohort = f.CohortFactory(program=program, code="C1")
    f.CohortCurriculumFactory(cohort=cohort, curriculum=f.publish(entry.curriculum))
    session = f.TrainingSessionFactory(cohort=cohort, module=entry.module)
    first, second, by_mistake = (f.EnrolmentFactory(cohort=cohort, trainee__roll_number=f"R-{n}") for n in (1, 2, 3))
    wrong = f.RecordFactory(trainee=second.trainee, entry=entry)
    right = f.RecordFactory(
        trainee=second.trainee, entry=entry, kind="no_go", previous=wrong, voids=wrong, reason="Not them"
    )
    f.do(lambda act: Attendance.objects.create(act=act, session=session, trainee=second.trainee, status="late"))
    f.do(lambda act: TrainingSession.objects.update(act=act, register_closed_at=act.at), scope=program.pk)
    f.EnrolmentFactory(
        cohort=cohort,
        trainee=by_mistake.trainee,
        previous=by_mistake,
        voids=by_mistake,
        status="void",
        correction="Not here",
    )
    elsewhere = [f.EnrolmentFactory(trainee__roll_number=f"R-{n}").trainee for n in (8, 9)]
    merge(first.trainee, second.trainee)
    merge(elsewhere[0], first.trainee)
    merge(elsewhere[1], by_mistake.trainee)  # who has nothing in this program
    file, before = bundle("OURS"), figures("OURS")
    come(file, another_muster())
    assert bundle("OURS").getvalue() == file.getvalue()
    assert figures("OURS") == before
    went = dict(Trainee.objects.exclude(merged_into=None).values_list("roll_number", "merged_into__roll_number"))
    assert went == {"R-1": "R-8", "R-2": "R-8", "R-3": "R-9"}
    assert Record.objects.get(trainee__roll_number="R-8").copy_of == Record.objects.get(kind=right.kind, copy_of=None)


def test_so_does_the_example(seeded):  # noqa: F811
    file, before = bundle("TRD-2023"), figures("TRD-2023")
    come(file, another_muster())
    assert bundle("TRD-2023").getvalue() == file.getvalue()
    assert figures("TRD-2023") == before
    records = {
        record for one in made.Completion.objects.all() for at in one.snapshot["modules"] for record in at["records"]
    }
    assert records and records <= set(Record.objects.values_list("pk", flat=True))


def test_every_table_is_in_a_bundle_or_left_out_for_a_reason():
    left_out = {
        "programs.Role", "programs.Invitation", "accounts.User", "accounts.User_groups", "accounts.User_user_permissions",
        "trainees.Identity", "trainees.NameRead",
    }  # fmt: skip
    assert {one._meta.label for one in trail.models_in_trail()} == left_out | {one._meta.label for one in made.TABLES}


def test_the_fixture_has_rows_of_every_table(ours):
    """What the tests above would not see otherwise."""
    said = write_bundle(ours.program, io.BytesIO())
    assert {name for name, one in said["files"].items() if not one["rows"]} == set()


def test_names_accounts_and_other_programs_are_not_in_it(ours):
    with zipfile.ZipFile(bundle("OURS")) as packed:
        text = "".join(packed.read(name).decode() for name in packed.namelist())
    assert "tjeldson" not in text and "@example.org" not in text and "let-me-into" not in text
    assert "rype" not in text and "tjeld reason" in text


def test_a_rehearsal_leaves_nothing(ours):
    file = bundle("OURS")
    admin = another_muster()
    before = Act.objects.count(), User.objects.count()
    came = come(file, admin, rehearse=True)
    assert (Act.objects.count(), User.objects.count(), Program.objects.count()) == (*before, 0)
    assert came.as_json() == come(file, admin).as_json()


def test_who_did_something_there_stays_readable_and_cannot_sign_in(ours):
    file = bundle("OURS")
    come(file, another_muster())
    who = User.objects.get(display_name="tjeldcoordinator ↗")
    assert (who.is_active, who.has_usable_password(), who.email) == (False, False, "")
    assert Act.objects.filter(user=who, kind="register.reopen", reason="Somebody was missing").exists()


def test_what_undid_something_there_says_so_here(ours):
    cohort = Cohort.objects.filter(program__code="OURS")
    done = f.do(lambda act: cohort.update(act=act, location="Værnes"))
    undone = perform(
        user=ours.coordinator,
        key=uuid.uuid4(),
        kind="undo",
        body="",
        do=lambda act: cohort.update(act=act, location=""),
        scope=done.scope,
        undoes=done,
    )
    file = bundle("OURS")
    come(file, another_muster())
    assert Act.objects.get(key=undone.key).undoes == Act.objects.get(key=done.key)


def test_the_same_request_again_imports_once_and_another_one_is_refused(ours):
    file = bundle("OURS")
    admin, key = another_muster(), uuid.uuid4()
    for _again in range(2):
        take_in(opened(file), user=admin, key=key)
    assert Act.objects.filter(kind=KIND).count() == 1
    with pytest.raises(ValidationError, match="There is a program OURS here already"):
        come(file, admin)


def test_only_administrators_may(ours):
    file = bundle("OURS")
    another_muster()
    with pytest.raises(PermissionDenied):
        come(file, f.UserFactory())


# ---- what is here already


@pytest.fixture
def half(ours):
    """Both programs' bundles; in the other Muster the one that shares a trainee has come before."""
    files = bundle("OURS"), bundle("THEIRS")
    admin = another_muster()
    come(files[1], admin)
    return files[0], admin


def test_what_programs_share_is_found_again_and_not_made_twice(half):
    file, admin = half
    shared = Trainee.objects.get(roll_number="tjeld-0")
    came = come(file, admin)
    assert came.known[Trainee] == 1 and Trainee.objects.filter(roll_number="tjeld-0").get() == shared
    assert set(shared.enrolments.values_list("program__code", flat=True)) == {"OURS", "THEIRS"}


def test_an_act_that_wrote_in_two_programs_comes_with_each_of_them(ours):
    both = Cohort.objects.filter(program__code__in=["OURS", "THEIRS"])
    act = f.do(lambda act: both.update(act=act, location="Værnes"))
    files = bundle("THEIRS"), bundle("OURS")
    admin = another_muster()
    for file in files:
        come(file, admin)
    first, second = (both.filter(program__code=code).first().act for code in ("THEIRS", "OURS"))
    assert (first.key, first.at, second.at) == (act.key, act.at, act.at) and second.key != act.key


def changed(row, **values):
    f.do(lambda act: type(row).objects.filter(pk=row.pk).update(act=act, **values))


def test_what_is_another_thing_here_is_named(half):
    file, admin = half
    shared = Trainee.objects.get(roll_number="tjeld-0")
    changed(shared, call_sign="ANOTHER")
    with pytest.raises(
        ValidationError, match=r"Trainee tjeld-0 is not the same here: call sign\. Make them the same first\."
    ):
        come(file, admin)
    changed(shared, call_sign="NEW-ONE", uuid=uuid.uuid4())
    with pytest.raises(ValidationError, match="Trainee tjeld-0 is somebody else here"):
        come(file, admin)
    assert not Program.objects.filter(code="OURS").exists()


def test_a_module_and_an_instructor_are_known_by_their_codes(ours):
    file = bundle("OURS")
    module = SkillModule.objects.get(code="TJELD-1")
    admin = another_muster()
    f.SkillModuleFactory(code=module.code, title=module.title, kind=module.kind, standard=module.standard)
    came = come(file, admin)
    assert came.known[SkillModule] == 1 and SkillModule.objects.filter(code="TJELD-1").count() == 1
    assert came.known[Instructor] == 0


# ---- what is no bundle, or not as it was made


def altered(file, change, *, summed=True):
    """The bundle with `change` done to its files, by name; the sums are made anew where `summed`."""
    with zipfile.ZipFile(file) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    change(files)
    if summed:
        said = json.loads(files["manifest.json"])
        for name in said["files"].keys() & files.keys():
            said["files"][name]["sha256"] = hashlib.sha256(files[name]).hexdigest()
        files["manifest.json"] = json.dumps(said).encode()
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return other


def manifest(**values):
    def change(files):
        files["manifest.json"] = json.dumps(json.loads(files["manifest.json"]) | values).encode()

    return change


def replaced(name, old, new):
    def change(files):
        assert old.encode() in files[name]
        files[name] = files[name].replace(old.encode(), new.encode(), 1)

    return change


NO_BUNDLE = "This is no program bundle of Muster, or it is damaged"
BAD = {
    "cut off": (lambda file: io.BytesIO(file.getvalue()[:-100]), NO_BUNDLE),
    "no zip": (lambda file: io.BytesIO(b"PK and nothing else"), NO_BUNDLE),
    "one letter another one": (
        lambda file: altered(file, replaced("trainees.record.csv", "go", "og"), summed=False), NO_BUNDLE,
    ),
    "a file less": (lambda file: altered(file, lambda files: files.pop("acts.csv")), NO_BUNDLE),
    "a file more": (lambda file: altered(file, lambda files: files.update({"x.csv": b""})), NO_BUNDLE),
    "of a newer Muster": (lambda file: altered(file, manifest(muster_bundle=2)), "This bundle is of a newer Muster"),
    "other columns": (
        lambda file: altered(file, replaced("trainees.trainee.csv", "call_sign", "callsign")),
        "This bundle is of another version of Muster: trainees.trainee.csv has other columns.",
    ),
    "no JSON": (lambda file: altered(file, replaced("trail.csv", "{", "[")), NO_BUNDLE),
    "a row that was never made": (
        lambda file: altered(file, replaced("trail.csv", '""program"":1', '""program"":99')), NO_BUNDLE,
    ),
    "other rows than the trail leads to": (
        lambda file: altered(file, replaced("programs.program.csv", "tjeld title", "other title")),
        "The bundle contradicts itself: what was done to programs does not lead to what stands there.",
    ),
    "what no rule allows": (
        lambda file: altered(file, replaced("trail.csv", '""kind"":""no_go""', '""kind"":""gold""')),
        "cannot be done here",
    ),
    "a day that has not come": (
        lambda file: altered(file, replaced("acts.csv", "2023-08-20T", "2223-08-20T")),
        "It was done on a day that has not come yet.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_bundle_gets_its_one_sentence_and_leaves_nothing(name, ours):
    spoil, sentence = BAD[name]
    file = spoil(bundle("OURS"))
    admin = another_muster()
    with pytest.raises(ValidationError, match=sentence):
        come(file, admin)
    assert not Program.objects.exists() and not SkillModule.objects.exists()


def test_what_would_unpack_without_end_is_refused_before_it_is_unpacked(ours):
    bomb = altered(bundle("OURS"), lambda files: files.update({"trail.csv": b"0" * 2**24}))
    with pytest.raises(Unreadable, match=NO_BUNDLE):
        opened(bomb)


def test_a_bundle_that_is_too_large_is_refused_before_it_is_read(settings):
    settings.IMPORT_MEGABYTES = 1
    with pytest.raises(Unreadable, match="The file is larger than 1 MB"):
        opened(io.BytesIO(b"PK" + b"0" * 2**20))


# ---- pages and commands


def test_a_coordinator_downloads_it_and_an_administrator_imports_it_in_the_browser(ours, client):
    client.force_login(ours.coordinator)
    page = client.get(ours.program.get_absolute_url())
    where = reverse("trainees:program_bundle", args=[ours.program.slug])
    assert where in page.text
    answer = client.get(where)
    content = answer.getvalue()
    assert content == bundle("OURS").getvalue() and "muster-ours-" in answer["Content-Disposition"]
    client.force_login(another_muster())
    assert reverse("trainees:bundle_new") in client.get(reverse("programs:program_list")).text
    new = reverse("trainees:bundle_new")
    key = uuid.uuid4()

    def send(content):
        file = io.BytesIO(content)
        file.name = "trd.zip"
        return client.post(new, {"key": key, "seen": "", "file": file}, follow=True)

    assert "This is no program bundle of Muster" in words(send(content[:-9]))
    look = words(send(content))
    assert "Trainees 6 –" in look and "Nothing is written yet." in look and not Program.objects.exists()
    at = reverse("trainees:bundle_detail", args=[key])
    after = client.post(f"{at}confirm/", follow=True)
    assert "The program has come whole." in words(after) and after.request["PATH_INFO"] == "/programs/ours/"
    assert client.post(f"{at}confirm/", follow=True).request["PATH_INFO"] == "/programs/ours/"
    key = uuid.uuid4()
    assert "There is a program OURS here already." in words(send(content))
    at = reverse("trainees:bundle_detail", args=[key])
    assert "thrown away" in words(client.post(f"{at}discard/", follow=True))
    assert client.get(at).status_code == 404


def test_at_the_command_line(ours, tmp_path, capsys):
    path = tmp_path / "ours.zip"
    call_command("export_program", "OURS", path)
    assert path.read_bytes() == bundle("OURS").getvalue()
    with pytest.raises(CommandError, match="File exists"):
        call_command("export_program", "OURS", path)
    with pytest.raises(CommandError, match="There is no program NOWHERE"):
        call_command("export_program", "NOWHERE", tmp_path / "x.zip")
    admin = another_muster()
    call_command("import_program", path, user=admin.username, dry_run=True)
    assert "trainees: 6 new" in capsys.readouterr().out and not Program.objects.exists()
    call_command("import_program", path, user=admin.username)
    assert Program.objects.get().code == "OURS"
    with pytest.raises(CommandError, match="here already"):
        call_command("import_program", path, user=admin.username)
    with pytest.raises(CommandError, match="is no administrator"):
        call_command("import_program", path, user=f.UserFactory().username)
    with pytest.raises(CommandError, match="There is no active user nobody"):
        call_command("import_program", path, user="nobody")


def test_its_files_are_csv_that_any_program_reads(ours):
    with zipfile.ZipFile(bundle("OURS")) as packed, packed.open("trainees.record.csv") as file:
        rows = list(csv.DictReader(io.TextIOWrapper(file, "utf-8-sig", newline="")))
    assert len(rows) == Record.objects.filter(program=ours.program).count()
    assert {row["trainee"] for row in rows} <= set(Trainee.objects.values_list("roll_number", flat=True))
    assert {row["module"] for row in rows} == {"TJELD-1", "TJELD-2", "TJELD-3"}
