"""Import a spreadsheet at the command line: `manage.py import_csv roster people.csv --program TRD-2023 --user coordinator`."""

import sys
import uuid
from pathlib import Path

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.acts import Conflict
from accounts.imports import Changed, Refused
from accounts.models import User
from programs.access import with_rights
from programs.models import Program
from trainees.imports import KINDS
from trainees.imports.running import File
from trainees.models import Cohort

SHOWN = 20


class Command(BaseCommand):
    help = "Import a CSV or XLSX file: all of its rows, or none. What a page would refuse, this refuses too."

    def add_arguments(self, parser):
        parser.add_argument("kind", choices=sorted(KINDS), help="what stands in the file")
        parser.add_argument("file", type=Path)
        parser.add_argument("--program", required=True, help="its code")
        parser.add_argument("--user", required=True, help="in whose name: they need the rights for it")
        parser.add_argument("--cohort", help="for rows that name none: its code")
        parser.add_argument(
            "--map", action="append", default=[], metavar="HEADING=COLUMN", help="what a heading stands for"
        )
        parser.add_argument("--decide", action="append", default=[], metavar="ROW=new|ROLL", help="who somebody is")
        parser.add_argument("--dry-run", action="store_true", help="tell what it would do, and do nothing")

    def handle(self, *, kind, file, program, user, cohort, dry_run, **more):
        somebody = User.objects.filter(username=user, is_active=True).first()
        if somebody is None:
            raise CommandError(f"There is no active user {user}.")
        found = with_rights(Program.objects.visible_to(somebody), somebody).filter(code=program).first()
        if found is None:
            raise CommandError(f"{user} sees no program {program}.")
        chosen = Cohort.objects.select_related("program").filter(program=found, code=cohort).first() if cohort else None
        if cohort and chosen is None:
            raise CommandError(f"{program} has no cohort {cohort}.")
        try:
            self._go(kind, file, found, somebody, chosen, dry_run, more)
        except (ValidationError, Conflict) as error:
            raise CommandError(" ".join(getattr(error, "messages", [str(error)]))) from error
        except PermissionDenied as error:
            raise CommandError(f"{user} may not import this into {program}.") from error
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error

    def _go(self, kind, path, program, user, cohort, dry_run, more):
        file = File(KINDS[kind], program, path.read_bytes(), cohort)
        file.mapping = {**file.mapping, **dict(pair.rpartition("=")[::2] for pair in more["map"])}
        file.decided = {int(line): choice for line, choice in (pair.split("=", 1) for pair in more["decide"])}
        for column in file.missing:
            raise CommandError(
                f"No column stands for “{column.label}”. Name it {column.name}, or say --map HEADING={column.name}."
            )
        for heading in file.unknown:
            self.stderr.write(f"Left out: the column “{heading}” stands for nothing.")
        if dry_run:
            self._tell(file.rehearse(user, self._progress))
            self.stdout.write("Nothing was written: --dry-run.")
            return
        try:
            self._tell(file.import_for(user, uuid.uuid4(), "", self._progress))
        except (Refused, Changed) as refused:
            self._tell(refused.report)
            if not refused.report.is_good:
                raise CommandError("Nothing was written.") from refused
            self.stdout.write("Everything in this file stands here already.")

    def _progress(self, n):
        if sys.stderr.isatty():
            self.stderr.write(f"\r{n:,} rows", ending="")

    def _tell(self, report):
        counts = ", ".join(f"{report.counts[sort]} {sort}" for sort in ("new", "changed", "unchanged", "wrong", "open"))
        self.stdout.write(counts)
        for line, problems in list(report.problems.items())[:SHOWN]:
            for one in problems:
                where = f"{one.label}: " if one.label else ""
                value = f" (“{one.value}”)" if one.value else ""
                self.stdout.write(f"  row {line}: {where}{one.words}{value}")
        for line, (words, choices) in list(report.undecided.items())[:SHOWN]:
            told = "; ".join(f"--decide {line}={value}: {label}" for value, label in choices)
            self.stdout.write(f"  row {line}: {words} {told}")
        if (left := len(report.problems) + len(report.undecided) - 2 * SHOWN) > 0:
            self.stdout.write(f"  and {left} more")
