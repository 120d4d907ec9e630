"""A program from another Muster: `manage.py import_program trd.zip --user admin`."""

import sys
import uuid
from pathlib import Path

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.acts import Conflict
from accounts.models import User
from trainees.imports.bundle import opened, take_in


class Command(BaseCommand):
    help = "Import a whole program that another Muster has written with export_program: all of it, or nothing."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--user", required=True, help="in whose name: an administrator")
        parser.add_argument("--dry-run", action="store_true", help="tell what it would do, and do nothing")

    def handle(self, *, file, user, dry_run, **_more):
        somebody = User.objects.filter(username=user, is_active=True).first()
        if somebody is None:
            raise CommandError(f"There is no active user {user}.")
        try:
            with file.open("rb") as content:
                came = take_in(opened(content), user=somebody, key=uuid.uuid4(), rehearse=dry_run, tell=self._progress)
        except PermissionDenied as error:
            raise CommandError(f"{user} is no administrator.") from error
        except (ValidationError, Conflict) as error:
            raise CommandError(" ".join(getattr(error, "messages", [str(error)]))) from error
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        for things, new, known in came.as_json()["tables"]:
            self.stdout.write(f"{things}: {new:,} new" + (f", {known:,} here already" if known else ""))
        self.stdout.write("Nothing was written: --dry-run." if dry_run else f"{came.acts:,} acts.")

    def _progress(self, n):
        if sys.stderr.isatty():
            self.stderr.write(f"\r{n:,} changes", ending="")
