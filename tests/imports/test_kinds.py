"""Each kind of file: what it makes, what it changes, what it leaves, and what it refuses in which words."""

import pytest

from accounts.imports import Refused
from accounts.models import Act
from tests import factories as f
from trainees import services
from trainees.models import Record
from trainees.services.undo import Undone

from .telling import said, tell

pytestmark = pytest.mark.django_db


RESULTS = """
    roll_number,module,kind,assessed_on,score,assessor,reason
    R-1,TAC,no_go,2023-08-10,40,NOR-1,
    R-1,TAC,go,2023-08-11,80,NOR-1,
    R-1,MED,go,2023-08-12,,NOR-1,
    R-2,TAC,GO,10.08.2023,"75,5",NOR-1,
"""


def test_results_come_as_the_rehearsal_said_once_and_can_be_taken_back(program, coordinator, cohort):
    text = RESULTS.replace('"75,5"', "75.5")
    report = tell("results", text, coordinator, program, rehearse=True)
    assert report.counts == {"new": 4} and not said(report)
    assert not Record.objects.exists()
    again = tell("results", text, coordinator, program, expected=report.digest)
    assert again.digest == report.digest and Record.objects.count() == 4
    with pytest.raises(Refused) as caught:
        tell("results", text, coordinator, program)
    assert caught.value.report.counts == {"unchanged": 4}
    act = Act.objects.get(kind="import.results")
    undone = services.undo(user=coordinator, key=f.uuid.uuid4(), act=act)
    assert undone == Undone(4)
    assert Record.objects.filter(kind="void").count() == 4
