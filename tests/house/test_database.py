"""The database as it was asked for: what SQLite is not told, it does not do. (PostgreSQL does all of it by itself.)"""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="about SQLite"),
]
FULL = 2


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", FULL),
        ("foreign_keys", 1),
        ("secure_delete", 1),
        ("busy_timeout", 30_000),
    ],
)
def test_readers_do_not_wait_what_is_written_stays_and_a_writer_waits_its_turn(pragma, value):
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {pragma}")
        assert cursor.fetchone() == (value,)


@pytest.mark.django_db(transaction=True)
def test_a_transaction_takes_the_lock_to_write_at_its_start():
    with CaptureQueriesContext(connection) as asked, transaction.atomic():
        pass
    assert asked.captured_queries[0]["sql"] == "BEGIN IMMEDIATE"
