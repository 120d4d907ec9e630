"""What an address may give."""

import pytest

from accounts.addresses import as_pk


@pytest.mark.parametrize(
    ("text", "pk"),
    [("7", 7), (7, 7), ("9" * 18, 10**18 - 1), ("9" * 19, None), ("-1", None), ("٣", None), ("²", None), ("7\n", None)],
)
def test_an_id_is_a_few_ascii_digits(text, pk):
    assert as_pk(text) == pk
    assert as_pk(None) is None and as_pk("") is None
