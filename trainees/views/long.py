"""Work that lasts: a page that tells how far it is, while it is done."""

import contextvars
import queue
import threading
from collections.abc import Callable, Iterator

from django.db import connection
from django.http import StreamingHttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string

LONG = 2_000  # rows from which on the page tells how far it is


def long_page(request, work: Callable, *, doing: str, rows: int, after: str, program=None):
    """Do `work`, which is given a function to tell how many of `rows` are done, and go on to the address `after`."""
    if rows < LONG:
        work(lambda n: None)
        return redirect(after)
    page = render_to_string("imports/running.html", {"doing": doing, "rows": rows, "program": program}, request)
    head, tail = page.split("<!--steps-->")
    answer = StreamingHttpResponse(_told_on_the_way(head, tail, rows, after, work))
    answer["X-Accel-Buffering"] = "no"
    return answer


def _told_on_the_way(head: str, tail: str, rows: int, after: str, work: Callable) -> Iterator[str]:
    """The page, piece by piece: it is shown while the rest of it is still to come, so it needs no script."""
    told: queue.Queue = queue.Queue()

    def do():
        try:
            work(told.put)
        except Exception as error:
            told.put(error)
        else:
            told.put(None)
        finally:
            connection.close()

    thread = threading.Thread(target=contextvars.copy_context().run, args=[do])  # in the same language
    thread.start()
    yield head
    shown = -1
    while (n := told.get()) is not None and not isinstance(n, Exception):
        if (percent := 100 * n // max(rows, 1)) > shown:
            shown = percent
            yield render_to_string("imports/step.html", {"n": n, "rows": rows})
    thread.join()
    if n is None:
        yield render_to_string("imports/finished.html", {"after": after})
        yield tail
        return
    yield render_to_string("imports/failed.html", {"after": after})
    yield tail
    raise n
