"""What several kinds of files say: which trainee, cohort, session."""

import datetime
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.addresses import as_pk
from accounts.imports import Column, Row, TextField, known_only
from programs.imports import OfProgram
from programs.models import Instructor, SkillModule

from ..models import Cohort, Enrolment, Trainee, TrainingSession
from ..selectors.clock import zone_of

ROLL = Column(
    "roll_number",
    gettext_lazy("Roll number"),
    TextField(),
    gettext_lazy("By it a trainee is known again."),
    "roll no,roll,trainee,student id,rullenummer,rullenr,nummer,номер,обліковий номер,особовий номер",
)
CALL_SIGN = "callsign,kallesignal,позивний"
WHOSE = known_only("call_sign", gettext_lazy("Call sign"), CALL_SIGN)
COHORT = Column(
    "cohort",
    gettext_lazy("Cohort"),
    TextField(required=False),
    gettext_lazy("Its code. Empty: the one chosen for the file."),
    "contingent,intake,kull,kontingent,набір,когорта,контингент",
)
REASON = Column(
    "reason",
    gettext_lazy("Reason"),
    TextField(required=False),
    gettext_lazy("Needed where the page asks for one too."),
    "remark,grunn,årsak,begrunnelse,причина",
)
SESSION = Column(
    "session",
    gettext_lazy("Number of the session"),
    TextField(required=False),
    gettext_lazy("As on its page and in exports."),
    "session no,økt,øktnummer,заняття,номер заняття",
)


class OfPeople(OfProgram):
    """An import about people of one program; `cohort` is the one chosen for the file, if any."""

    def __init__(self, *, cohort: Cohort | None = None, **more: Any) -> None:
        super().__init__(**more)
        self.chosen = cohort
        self._cohorts: dict[str, Cohort] | None = None
        self._modules: dict[str, SkillModule] = {}
        self._staff: dict[str, Instructor] | None = None

    def cohort_of(self, told: str | None) -> Cohort:
        """The cohort that a row names, by its code or with the program's before it; else the one chosen for the file."""
        if not told:
            if self.chosen is None:
                raise ValidationError({"cohort": _("Say which cohort: in a column, or when the file is chosen.")})
            return self.chosen
        if self._cohorts is None:
            rows = Cohort.objects.filter(program=self.program).select_related("program")
            self._cohorts = {name: one for one in rows for name in (one.code.upper(), str(one))}
        found = self._cohorts.get(told.upper())
        if found is None:
            raise ValidationError({"cohort": _("This program has no cohort %(code)s.") % {"code": told}})
        return found

    def module_of(self, code: str) -> SkillModule:
        if not self._modules:
            self._modules = {one.code: one for one in SkillModule.objects.all()}
        if code not in self._modules:
            raise ValidationError({"module": _("There is no module %(code)s in the catalogue.") % {"code": code}})
        return self._modules[code]

    def instructor_of(self, code: str, field: str) -> Instructor:
        """By staff number; in the program by a call sign too, where only one has it."""
        if self._staff is None:
            mine = list(Instructor.objects.visible_to(self.user).filter(assignments__program=self.program))
            times = Counter(one.call_sign for one in mine)
            self._staff = {one.call_sign: one for one in mine if times[one.call_sign] == 1}
            self._staff |= {one.code: one for one in Instructor.objects.visible_to(self.user)}
        if code not in self._staff:
            words = _("There is no instructor with the staff number %(code)s.")
            raise ValidationError({field: words % {"code": code}})
        return self._staff[code]

    def trainees(self, rolls: Collection[str]) -> dict[str, Trainee]:
        """Those with these roll numbers who have, or had, a place in the program, a merged number as the kept one: one query."""
        here = Exists(Enrolment.objects.filter(trainee=OuterRef("pk"), program=self.program))
        rows = Trainee.objects.filter(here, roll_number__in=rolls)
        return {one.roll_number: one.stands_as for one in rows.select_related("merged_into")}

    def sessions(self, numbers: Iterable[str]) -> dict[str, TrainingSession]:
        """The program's sessions with these numbers: one query."""
        keys = {pk for number in numbers if number and (pk := as_pk(number)) is not None}
        rows = TrainingSession.objects.filter(pk__in=keys, cohort__program=self.program)
        found = rows.select_related("act", "cohort__program", "module")
        return {str(one.pk): one for one in found}

    def zone(self) -> datetime.tzinfo:
        return zone_of(self.program)


def called(row: Row, trainee: Trainee) -> str:
    """How a report names whom a row is about: where its number was merged into another, by both."""
    roll: str = row["roll_number"]
    if roll.casefold() == trainee.roll_number.casefold():
        return str(trainee)
    return _("%(roll)s, now %(trainee)s") % {"roll": roll, "trainee": trainee}


def no_trainee(roll: str) -> ValidationError:
    words = _("Nobody with the roll number %(roll)s is in this program. Import the roster first.")
    return ValidationError({"roll_number": words % {"roll": roll}})


def no_session(number: str) -> ValidationError:
    return ValidationError({"session": _("This program has no session %(n)s.") % {"n": number}})
