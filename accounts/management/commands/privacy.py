from django.core.management.base import BaseCommand

from accounts import privacy


class Command(BaseCommand):
    help = "Print what is held about people and how long: the table of docs/privacy.md."

    def handle(self, *args, **options):
        self.stdout.write(privacy.table())
