"""A program leaves as one file and comes into another Muster whole: the same rows, the same progress, the same trail."""

import io
import uuid

from django.apps import apps
from django.db import connection

from accounts import trail
from programs.models import Program
from tests import factories as f
from tests.seeds.test_seed import loaded, seeded  # noqa: F401  fixtures
from trainees.imports.bundle import opened, take_in
from trainees.selectors.bundle import write_bundle


def bundle(code="TRD-2023"):
    file = io.BytesIO()
    write_bundle(Program.objects.get(code=code), file)
    return file


def another_muster():
    """An empty database, with nobody but an administrator."""
    trail.uninstall()
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        for model in reversed(list(apps.get_models(include_auto_created=True))):
            if model._meta.app_label in trail.APPS:
                cursor.execute(f'DELETE FROM "{model._meta.db_table}"')
    connection.check_constraints()
    trail.install()
    return f.UserFactory(is_superuser=True)


def test_a_program_comes_over_whole(seeded):  # noqa: F811
    import time

    t = time.time()
    file = bundle()
    print(len(file.getvalue()), time.time() - t)
    t = time.time()
    admin = another_muster()
    print(time.time() - t)
    t = time.time()
    came = take_in(opened(file), user=admin, key=uuid.uuid4())
    print(came, time.time() - t)
    assert bundle().getvalue() == file.getvalue()
