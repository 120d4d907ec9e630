"""What all tests stand on."""

import pytest
from django.test import TransactionTestCase

from accounts import trail


@pytest.fixture(scope="session", autouse=True)
def emptying_tables_is_allowed_between_tests():
    """Tables that are only added to refuse the flush after a transactional test. The flush puts the triggers on again."""
    teardown = TransactionTestCase._fixture_teardown

    def without_triggers(self):
        trail.uninstall()
        teardown(self)

    TransactionTestCase._fixture_teardown = without_triggers
    yield
    TransactionTestCase._fixture_teardown = teardown
