from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts.acts import Conflict
from seeds import accounts, loader


class Command(BaseCommand):
    help = "Load the Trondheim example and its practice intake through the services. A second time changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("--refresh-practice", action="store_true", help="begin a new practice intake, as of today")
        parser.add_argument("--accounts", action="store_true", help="print the demonstration's accounts, load nothing")

    def handle(self, *args, refresh_practice: bool, **options):
        if options["accounts"]:
            self.stdout.write(f"  Sign in as {', '.join(accounts.NAMES)}; password {accounts.password()}\n")
            return
        users = accounts.demo_users()
        try:
            loader.load(users)
        except Conflict:
            self.stderr.write(
                "The example was loaded earlier, from other files than those in seeds/. It stays as it is."
            )
        loader.practise(users, timezone.localdate(), refresh=refresh_practice)
