"""`manage.py import_csv`: the same as the pages, at the command line."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Act
from programs.models import Role
from tests import factories as f
from trainees.models import Trainee

ROSTER = "roll_number,call_sign,since\nR-8,DUB,2023-08-08\nR-9,KLEN,08.08.2023\n"


@pytest.fixture
def tell(tmp_path, program, coordinator, cohort):
    """Import a text as a file; give what was said."""

    def go(text, *options, kind="roster", user=coordinator.username, cohort="1"):
        path, said = tmp_path / "people.csv", io.StringIO()
        path.write_text(text, encoding="utf-8")
        where = ["--cohort", cohort] if cohort else []
        about = ["--program", "TRD", "--user", user, *where]
        call_command("import_csv", kind, str(path), *about, *options, stdout=said, stderr=said)
        return said.getvalue()

    return go


def test_a_file_is_imported_in_somebody_s_name(tell, coordinator):
    assert "2 new, 0 changed, 0 unchanged, 0 wrong, 0 open" in tell(ROSTER)
    assert Act.objects.get(kind="import.roster").user == coordinator
    assert "Everything in this file stands here already." in tell(ROSTER)


def test_a_dry_run_tells_and_does_nothing(tell):
    said = tell(ROSTER, "--dry-run")
    assert "2 new" in said and "Nothing was written: --dry-run." in said
    assert not Trainee.objects.filter(roll_number="R-8").exists()


def test_wrong_rows_are_told_with_column_value_and_remedy_and_nothing_is_written(tell, capsys):
    with pytest.raises(CommandError, match="Nothing was written"):
        tell(ROSTER.replace("2023-08-08", "40.08.2023"))
    assert not Trainee.objects.filter(roll_number="R-9").exists()
    said = tell(ROSTER.replace("2023-08-08", "40.08.2023"), "--dry-run")
    assert "row 2: Since: Write a day as in 2023-08-18 or 18.08.2023. (“40.08.2023”)" in said


def test_columns_are_mapped_and_people_decided(tell):
    text = "Nr,Hvem,Farge\nR-8,sokil1,blue\n"
    with pytest.raises(CommandError, match="No column stands for “Roll number”"):
        tell(text, "--map", "Hvem=call_sign")
    maps = ["--map", "Nr=roll_number", "--map", "Hvem=call_sign"]
    said = tell(text, *maps, "--dry-run")
    assert "Left out: the column “Farge” stands for nothing." in said and "--decide 2=new: Somebody new" in said
    assert "1 new" in tell(text, *maps, "--decide", "2=new")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"user": "nobody"}, "There is no active user nobody."),
        ({"cohort": "9"}, "TRD has no cohort 9."),
        ({"user": "stranger"}, "stranger sees no program TRD."),
        ({"user": "liaison"}, "liaison may not import this into TRD."),
    ],
)
def test_who_may_not_is_refused(changed, words, tell, program):
    f.UserFactory(username="stranger")
    f.RoleFactory(program=program, kind=Role.Kind.VIEWER, user__username="liaison")
    with pytest.raises(CommandError, match=words):
        tell(ROSTER, **changed)


def test_what_cannot_be_read_is_told_in_its_sentence(tell):
    with pytest.raises(CommandError, match="The file is empty"):
        tell("")
