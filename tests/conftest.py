"""What all tests stand on."""

import tempfile

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import TransactionTestCase

from accounts import trail


def pytest_configure():
    """Serve static files as they lie there: nothing has to be collected before tests (tests/house collects them once).

    And neither the cost of a password nor the minute at which somebody is seen again is what tests are about, but for their own.
    """
    settings.STATIC_ROOT = tempfile.mkdtemp()
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    slow = settings.PASSWORD_HASHERS
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *slow]  # made to be fast
    settings.SESSION_NOTED_EVERY = 24 * 3600  # a slow machine counts the same questions to the database


@pytest.fixture(scope="session", autouse=True)
def emptying_tables_is_allowed_between_tests():
    """Tables that are only added to refuse the flush after a transactional test. The flush puts the triggers on again.

    What sign-in has counted is in no model's table, so the flush leaves it: a minute of fast tests would be throttled.
    """
    teardown = TransactionTestCase._fixture_teardown

    def without_triggers(self):
        trail.uninstall()
        teardown(self)
        cache.clear()

    TransactionTestCase._fixture_teardown = without_triggers
    yield
    TransactionTestCase._fixture_teardown = teardown
