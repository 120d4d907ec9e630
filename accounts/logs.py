"""What is written into the log, and what is not."""

import logging
import re
import traceback
from copy import copy

_SECRET = re.compile(r"((?:invitations|reset/key)(?:/|%2F))[\w-]+", re.I)


class Discreet(logging.Formatter):
    """Lines without what would let their reader in, the tokens of links that work once, and without what an error said.

    A database quotes the row that it refused, with the name in it. Where an error came from and of what kind it is says enough.
    """

    def format(self, record: logging.LogRecord) -> str:
        record = copy(record)
        record.exc_text = None  # another handler may have left its own there
        return _SECRET.sub(r"\1•••", super().format(record))

    def formatException(self, ei) -> str:
        told, error = [], ei[1]
        while error is not None:
            told.append("".join(traceback.format_tb(error.__traceback__)) + type(error).__qualname__)
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\ncaused by\n".join(told)
