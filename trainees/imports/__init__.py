"""Spreadsheets about cohorts and trainees: how each row is told to the services."""

from programs.imports import KINDS as OF_PROGRAMS
from programs.imports import OfProgram

from .results import Grants, Results
from .roster import Roster
from .sessions import Attendances, Sessions

KINDS: dict[str, type[OfProgram]] = {
    one.name: one for one in (*OF_PROGRAMS, Roster, Sessions, Attendances, Results, Grants)
}
