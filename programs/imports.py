"""Spreadsheets of modules, curricula and instructors: how each row is told to the services."""

from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.imports import (
    Change,
    CodesField,
    Column,
    Kind,
    NumberField,
    Outcome,
    Row,
    TextField,
    WholeField,
    WordField,
    YesField,
    known_only,
)

from . import services
from .access import must_coordinate, must_run
from .models import Assignment, Curriculum, CurriculumEntry, Instructor, Program, SkillModule

ARCHIVED = Column(
    "archived",
    gettext_lazy("Archived"),
    YesField(),
    gettext_lazy("yes or no. Who or what is archived is not offered any more."),
    "arkivert,архівовано",
)
MODULE = "module,module code,modul,modulkode,emne,модуль,код модуля"
CODE = "code,kode,код"


class OfProgram(Kind):
    """What an import into one program knows. Coordinators may."""

    def __init__(self, *, program: Program, **more: Any) -> None:
        super().__init__(**more)
        self.program = program

    def must(self) -> None:
        must_run(self.user, self.program)


class Modules(OfProgram):
    name = "modules"
    title = gettext_lazy("Modules")
    about = gettext_lazy("The catalogue of modules, which programs share.")
    columns = (
        Column("code", gettext_lazy("Code"), TextField(), gettext_lazy("As in TAC or MED-2."), f"{MODULE},{CODE}"),
        Column("title", gettext_lazy("Title"), TextField(), "", "name,navn,tittel,назва"),
        Column(
            "kind",
            gettext_lazy("Kind"),
            WordField(
                {
                    "foundation": "grunnlag,основа",
                    "skill": "crucial skill,ferdighet,навичка",
                    "exchange": "exchange of practice,utveksling,обмін",
                    "other": "annet,інше",
                },
                required=False,
            ),
            gettext_lazy("foundation, skill, exchange or other. Empty: skill."),
            "type,type emne,вид",
        ),
        Column(
            "standard",
            gettext_lazy("Standard"),
            TextField(required=False),
            gettext_lazy("What a GO means, in general words."),
            "krav,стандарт",
        ),
        ARCHIVED,
    )

    def must(self) -> None:
        must_coordinate(self.user)

    def take(self, row: Row) -> Outcome:
        fields = row.only("title", "kind", "standard")
        fields["kind"] = fields.get("kind") or SkillModule.Kind.SKILL
        module = SkillModule.objects.select_related("act").filter(code__iexact=row["code"]).first()
        if module is None:
            services.create_module(**self.by, code=row["code"], **fields)
            module = SkillModule.objects.select_related("act").get(code=row["code"])
            _archive(self.by, module, services.archive_module, row)
            return Outcome("new", str(module))
        if "kind" not in row.values or not row["kind"]:
            fields["kind"] = module.kind
        row = Row(row.line, row.values | {name: fields[name] for name in fields if name in row.values})
        found = self.differences(row, {"title": module.title, "kind": module.kind, "standard": module.standard})
        if found:
            services.update_module(**self.by, module=module, seen=module.seen, **fields)
        return Outcome.of(module, found + _archive(self.by, module, services.archive_module, row))


def _archive(by: Mapping[str, Any], thing: Any, service: Any, row: Row) -> list[Change]:
    """Archive or bring back what the row says of, where it says anything."""
    wanted, now = row["archived"], thing.archived_at is not None
    if wanted is None or wanted == now:
        return []
    what = "module" if isinstance(thing, SkillModule) else "instructor"
    service(**by, **{what: thing}, seen=thing.seen, archived=wanted)
    words = {True: _("yes"), False: _("no")}
    return [Change(_("Archived"), words[now], words[wanted])]


class Instructors(OfProgram):
    name = "instructors"
    title = gettext_lazy("Instructors and interpreters")
    about = gettext_lazy("Who teaches, assesses and interprets in this program.")
    columns = (
        Column(
            "code",
            gettext_lazy("Staff number"),
            TextField(),
            gettext_lazy("As in NOR-01. By it people are known again."),
            f"staff no,number,ansattnummer,nummer,табельний номер,номер,{CODE}",
        ),
        Column(
            "call_sign",
            gettext_lazy("Call sign"),
            TextField(),
            gettext_lazy("Never a name."),
            "callsign,kallesignal,позивний",
        ),
        Column(
            "capacity",
            gettext_lazy("Capacity"),
            WordField(
                {"instructor": "instruktør,instruktor,інструктор", "interpreter": "tolk,перекладач"}, required=False
            ),
            gettext_lazy("instructor or interpreter. Empty: instructor."),
            "function,role,funksjon,rolle,посада,роль",
        ),
        Column("nation", gettext_lazy("Nation"), TextField(), "", "country,land,nasjon,країна,держава"),
        Column("unit", gettext_lazy("Unit"), TextField(required=False), "", "avdeling,enhet,підрозділ"),
        Column("languages", gettext_lazy("Languages"), TextField(required=False), "", "språk,мови"),
        Column(
            "may_assess",
            gettext_lazy("May assess only these modules"),
            CodesField(required=False),
            gettext_lazy("Codes of modules. Empty: every one."),
            "",
        ),
        ARCHIVED,
    )
    SAID = ("call_sign", "capacity", "nation", "unit", "languages")

    def take(self, row: Row) -> Outcome:
        fields = row.only(*self.SAID)
        instructor = Instructor.objects.select_related("act").filter(code__iexact=row["code"]).first()
        if instructor is None:
            fields["capacity"] = fields.get("capacity") or Instructor.Capacity.INSTRUCTOR
            services.create_instructor(**self.by, program=self.program, code=row["code"], **fields)
            instructor = Instructor.objects.select_related("act").get(code=row["code"])
            self._limit(instructor, row)
            _archive(self.by, instructor, services.archive_instructor, row)
            return Outcome("new", f"{instructor.code} {instructor}")
        if not Instructor.objects.visible_to(self.user).filter(pk=instructor.pk).exists():
            raise ValidationError({"code": _("This staff number is taken in another program. Ask an administrator.")})
        if not fields.get("capacity"):
            fields.pop("capacity", None)
        found = self.differences(Row(row.line, fields), {name: getattr(instructor, name) for name in self.SAID})
        if found:
            services.update_instructor(**self.by, instructor=instructor, seen=instructor.seen, **fields)
        if not instructor.assignments.filter(program=self.program).exists():
            services.assign_instructor(**self.by, program=self.program, instructor=instructor)
            found.append(Change(_("Program"), "", self.program.code))
        found += self._limit(instructor, row)
        found += _archive(self.by, instructor, services.archive_instructor, row)
        return Outcome.of(f"{instructor.code} {instructor}", found)

    def _limit(self, instructor: Instructor, row: Row) -> list[Change]:
        wanted = row["may_assess"]
        if wanted is None:
            return []
        rows = Assignment.objects.select_related("act").prefetch_related("may_assess__module")
        assignment = rows.get(program=self.program, instructor=instructor)
        now = sorted(one.module.code for one in assignment.may_assess.all())
        if sorted(wanted) == now:
            return []
        modules = modules_by_code(wanted, "may_assess")
        services.limit_assessing(**self.by, assignment=assignment, seen=assignment.seen, modules=modules)
        return [Change(_("May assess only these modules"), " ".join(now), " ".join(sorted(wanted)))]


def modules_by_code(codes: Collection[str], field: str) -> list[SkillModule]:
    """The modules of the catalogue with these codes; those that are missing are named."""
    found = {one.code: one for one in SkillModule.objects.filter(code__in=codes)}
    if missing := [code for code in codes if code not in found]:
        raise ValidationError({field: _("There is no module %(code)s in the catalogue.") % {"code": missing[0]}})
    return [found[code] for code in codes]


class Curricula(OfProgram):
    """The newest version of the program's curriculum. Where that is published, what is new goes into a draft copied from it."""

    name = "curriculum"
    title = gettext_lazy("Curriculum")
    about = gettext_lazy("What the program teaches, in its order. Changes to a published version become a new draft.")
    columns = (
        known_only("position", gettext_lazy("Position"), "no,nr,#,№"),
        Column(
            "module",
            gettext_lazy("Module"),
            TextField(),
            gettext_lazy("Its code in the catalogue."),
            f"{MODULE},{CODE}",
        ),
        known_only("title", gettext_lazy("Title"), "name,navn,tittel,назва"),
        Column(
            "asked",
            gettext_lazy("Required or elective"),
            WordField(
                {
                    "required": "mandatory,yes,obligatorisk,ja,обов'язковий,обовʼязковий,так",
                    "elective": "optional,no,valgfri,valgfritt,nei,за вибором,ні",
                },
                required=False,
            ),
            gettext_lazy("required or elective. Empty: required."),
            "required,obligatorisk,обов'язковий",
        ),
        Column(
            "tracks",
            gettext_lazy("Tracks"),
            CodesField(required=False),
            gettext_lazy("Codes of tracks. Empty: for every one."),
            "track,retning,linje,напрям,напрями",
        ),
        Column("hours", gettext_lazy("Hours"), NumberField(required=False), "", "timer,години"),
        Column(
            "pass_mark",
            gettext_lazy("Pass mark"),
            NumberField(required=False),
            gettext_lazy("From 0 to 100. Empty: judged without a score."),
            "bestått fra,grense,прохідний бал",
        ),
        Column(
            "validity_months",
            gettext_lazy("Valid for, months"),
            WholeField(required=False),
            gettext_lazy("Empty: for ever."),
            "validity,gyldig måneder,чинний місяців",
        ),
        Column(
            "needs",
            gettext_lazy("Prerequisites"),
            CodesField(required=False),
            gettext_lazy("Codes of modules of this file that have to be achieved before."),
            "prerequisite,forkunnskaper,krever,передумови",
        ),
        known_only("steps", gettext_lazy("Steps of the checklist")),
        Column(
            "checklist",
            gettext_lazy("Checklist"),
            TextField(required=False),
            gettext_lazy(
                "Its steps, one on each line of the cell. A line begins with ! where a NO-GO makes the result NO-GO."
            ),
            "sjekkliste,контрольний список",
        ),
        Column("steps_needed", gettext_lazy("Steps needed, %"), WholeField(required=False), "", ""),
    )
    fields = {"required": "asked", "prerequisites": "needs"}
    SAID = ("hours", "pass_mark", "validity_months", "steps_needed")

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        newest = Curriculum.objects.select_related("act", "program").filter(program=self.program)
        self.curriculum = newest.order_by("number").last()
        self.tracks = {one.code: one for one in self.program.tracks.all()}

    def take(self, row: Row) -> Outcome:
        [module] = modules_by_code([row["module"]], "module")
        entry = self._entry(module.code)
        wanted = self._wanted(row, entry)
        now = _now(entry)
        found = self.differences(Row(row.line, wanted), now) if entry else []
        if entry is not None and not found:
            return Outcome("unchanged", str(module))
        draft = self._draft()
        fields = {name: wanted[name] for name in self.SAID if name in wanted}
        if "asked" in wanted:
            fields["required"] = wanted["asked"] == "required"
        if "hours" in fields and fields["hours"] is None:
            fields["hours"] = 0
        links: dict[str, Any] = {}
        if "tracks" in wanted:
            links["tracks"] = [self._track(code) for code in wanted["tracks"]]
        if "needs" in wanted:
            links["prerequisites"] = [self._needed(code) for code in wanted["needs"]]
        if "checklist" in wanted:
            links["steps"] = _steps(wanted["checklist"])
        if entry is None:
            services.add_entry(**self.by, curriculum=draft, module=module, **links, **fields)
            return Outcome("new", str(module))
        entry = self._entry(module.code)  # in the draft now
        services.update_entry(**self.by, entry=entry, seen=entry.seen, **links, **fields)
        return Outcome.of(module, found)

    def _entry(self, code: str) -> Any:
        if self.curriculum is None:
            return None
        rows = CurriculumEntry.objects.select_related("act", "curriculum", "module")
        parts = ("for_tracks__track", "prerequisites__needs__module", "steps")
        return rows.prefetch_related(*parts).filter(curriculum=self.curriculum, module__code=code).first()

    def _wanted(self, row: Row, entry: CurriculumEntry | None) -> dict[str, Any]:
        """What the row says, in the form in which `_now` tells what stands."""
        wanted = row.only("asked", "tracks", "needs", "checklist", *self.SAID)
        if "asked" in wanted:
            wanted["asked"] = wanted["asked"] or "required"
        if wanted.get("hours", 0) is None:
            wanted["hours"] = entry.hours if entry else 0
        for name in ("tracks", "needs"):
            if name in wanted:
                wanted[name] = tuple(sorted(wanted[name]))
        if "checklist" in wanted:
            wanted["checklist"] = checklist(_steps(wanted["checklist"]))
        return wanted

    def _draft(self) -> Curriculum:
        """The draft that changes go into; the first one makes it."""
        if self.curriculum is None or self.curriculum.published_at is not None:
            services.create_curriculum(**self.by, program=self.program, copy_of=self.curriculum)
            rows = Curriculum.objects.select_related("act", "program").filter(program=self.program)
            self.curriculum = rows.order_by("number").last()
        if self.curriculum is None:
            raise PermissionDenied
        return self.curriculum

    def _track(self, code: str) -> Any:
        if code not in self.tracks:
            raise ValidationError({"tracks": _("This program has no track %(code)s.") % {"code": code}})
        return self.tracks[code]

    def _needed(self, code: str) -> Any:
        entry = self._entry(code)
        if entry is None:
            words = _("%(code)s does not stand above it in this file, nor in the curriculum.")
            raise ValidationError({"prerequisites": words % {"code": code}})
        return entry


def _now(entry: CurriculumEntry | None) -> dict[str, Any]:
    if entry is None:
        return {}
    return {
        "asked": "required" if entry.required else "elective",
        "tracks": tuple(sorted(link.track.code for link in entry.for_tracks.all())),
        "hours": entry.hours,
        "pass_mark": entry.pass_mark,
        "validity_months": entry.validity_months,
        "needs": tuple(sorted(link.needs.module.code for link in entry.prerequisites.all())),
        "checklist": checklist((one.title, one.critical) for one in entry.steps.all()),
        "steps_needed": entry.steps_needed,
    }


def _steps(text: str) -> list[tuple[str, bool]]:
    lines = [line.strip() for line in text.splitlines()]
    return [(line.removeprefix("!").strip(), line.startswith("!")) for line in lines if line.strip("! ")]


def checklist(steps: Any) -> str:
    """The steps of a checklist in one cell."""
    return "\n".join(f"! {title}" if critical else title for title, critical in steps)


KINDS: tuple[type[OfProgram], ...] = (Modules, Curricula, Instructors)
