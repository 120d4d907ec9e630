from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.acts import Conflict
from seeds import accounts, loader, scale


class Command(BaseCommand):
    help = "Load the Trondheim example and its practice intake through the services. A second time changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("--refresh-practice", action="store_true", help="begin a new practice intake, as of today")
        parser.add_argument("--accounts", action="store_true", help="print the demonstration's accounts, load nothing")
        parser.add_argument("--demo-accounts", action="store_true", help="make them where others reach Muster, too")

        parser.add_argument(
            "--scale",
            metavar="COHORTSxTRAINEESxMODULES",
            help="load invented programs of this size instead, for measuring",
        )
        parser.add_argument("--programs", type=int, default=1, help="over how many programs its cohorts are spread")
        parser.add_argument("--seed", type=int, default=1, help="another number gives other people and results")

    def handle(self, *args, refresh_practice: bool, demo_accounts: bool, **options):
        if options["accounts"]:
            self.stdout.write(accounts.told(), ending="")
            return
        if not settings.LOCAL and not demo_accounts:
            raise CommandError(
                f"The example needs the accounts {', '.join(accounts.NAMES)}, with one password and an administrator's "
                f"rights among them, and {settings.MUSTER_URL} is not this machine only. Nothing was loaded. "
                "To have them there all the same: manage.py seed --demo-accounts"
            )
        users = accounts.demo_users()
        if options["scale"] is not None:
            self._scale(options, users["administrator"])
            return
        try:
            loader.load(users)
        except Conflict:
            self.stderr.write(
                "The example was loaded earlier, from other files than those in seeds/. It stays as it is."
            )
        loader.practise(users, timezone.localdate(), refresh=refresh_practice)

    def _scale(self, options, user):
        try:
            wanted = scale.Scale.of(options["scale"], options["programs"], options["seed"])
        except ValueError:
            raise CommandError("Say cohorts, trainees in each and modules, as in --scale 100x30x40.") from None
        if not scale.load(wanted, user, tell=self.stdout.write):
            self.stderr.write("It is there already, and stays as it is.")
