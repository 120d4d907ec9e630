"""What is written into the log, and what is not."""

import logging
import re

_SECRET = re.compile(r"((?:invitations|reset/key)(?:/|%2F))[\w-]+", re.I)


class Discreet(logging.Formatter):
    """Lines without what would let their reader in: the tokens of links that work once."""

    def format(self, record: logging.LogRecord) -> str:
        return _SECRET.sub(r"\1•••", super().format(record))
