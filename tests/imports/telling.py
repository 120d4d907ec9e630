"""Files for tests, and importing them."""

import uuid
from types import SimpleNamespace

from accounts.imports import recognised, run
from trainees.imports import KINDS


def table(text):
    """A table of lines with commas between the cells, the first one the headings."""
    head, *lines = [line.strip() for line in text.strip().splitlines()]
    rows = [[cell.strip() or None for cell in line.split(",")] for line in lines]
    return SimpleNamespace(columns=tuple(name.strip() for name in head.split(",")), rows=list(enumerate(rows, 2)))


def tell(kind, text, user, program, *, cohort=None, key=None, **more):
    """Import `text` as a file of this kind, or rehearse it; give the report."""
    file = text if not isinstance(text, str) else table(text)
    importer = KINDS[kind]
    about = {"program": program} | ({"cohort": cohort} if cohort else {})
    return run(
        lambda **known: importer(**about, **known),
        file,
        recognised(importer.columns, file.columns),
        user=user,
        key=key or uuid.uuid4(),
        kind=f"import.{kind}",
        body=[file.columns, [list(row) for row in file.rows]],
        scope=program.pk,
        **more,
    )


def said(report):
    """What is wrong, as (line, column, value, words)."""
    return [(line, one.label, one.value, one.words) for line, problems in report.problems.items() for one in problems]
