"""The database as it was asked for: what SQLite is not told, it does not do. (PostgreSQL does all of it by itself.)"""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.acts import add
from programs.models import Track
from tests import factories as f

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="about SQLite"),
]
FULL = 2


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", FULL), ("foreign_keys", 1), ("busy_timeout", 30_000)],
)
def test_readers_do_not_wait_what_is_written_stays_and_a_writer_waits_its_turn(pragma, value):
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {pragma}")
        assert cursor.fetchone() == (value,)


@pytest.mark.django_db(transaction=True)
def test_nothing_points_to_a_row_that_is_not_there():
    with pytest.raises(IntegrityError, match="FOREIGN KEY"):
        f.do(lambda act: add(Track(program_id=0, code="T", title="T"), act))
    assert not Track.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_transaction_takes_the_lock_to_write_at_its_start():
    with CaptureQueriesContext(connection) as asked, transaction.atomic():
        pass
    assert [one["sql"] for one in asked][0] == "BEGIN IMMEDIATE"
