"""A program as one file: `manage.py export_program TRD-2023 trd.zip`."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from programs.models import Program
from trainees.selectors.bundle import write_bundle


class Command(BaseCommand):
    help = (
        "Write everything of a program into a ZIP file for another Muster, without names and accounts (docs/files.md)."
    )

    def add_arguments(self, parser):
        parser.add_argument("program", help="its code")
        parser.add_argument("file", type=Path)

    def handle(self, *, program, file, **_more):
        found = Program.objects.filter(code=program).first()
        if found is None:
            raise CommandError(f"There is no program {program}.")
        try:
            with file.open("xb") as made:
                said = write_bundle(found, made)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        self.stdout.write(f"{file}: {said['changes']:,} changes, {file.stat().st_size:,} bytes")
