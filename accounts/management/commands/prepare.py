from django.core.management import call_command
from django.core.management.base import BaseCommand

from accounts import services


class Command(BaseCommand):
    help = "Bring the database, the cache table and the static files up to date. Safe to run at every start."

    def handle(self, *args, verbosity, **options):
        call_command("migrate", interactive=False, verbosity=verbosity - 1)
        call_command("createcachetable", verbosity=verbosity - 1)
        call_command("clearsessions")
        services.tidy_up()
        call_command("collectstatic", interactive=False, verbosity=verbosity - 1)
