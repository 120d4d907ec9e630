"""Files around importing: an empty one with its columns explained, and the rows that were wrong."""

from django.utils.translation import gettext as _

from accounts.exports import Table

WRONG = "what_is_wrong"


def template_table(kind):
    """The columns that an import reads, without a row."""
    columns = {}
    for one in kind.columns:
        if one.read:
            needed = _("Needed.") if one.needed else _("May be left out or empty.")
            columns[one.name] = " ".join(filter(None, [f"{one.label}.", needed, str(one.about)]))
    return Table(f"template {kind.name}", _("Template: %(kind)s") % {"kind": kind.title}, columns, [])


def wrong_rows(file, report):
    """The rows of a file that were wrong, as they stood there, with what is wrong and its line."""
    headings = file.table.columns
    columns = {heading: heading for heading in headings}
    columns |= {"line": _("Row in the file"), WRONG: _("What is wrong")}

    def told(line):
        problems = report.problems.get(line)
        if problems is None:
            return report.undecided[line][0]
        return " ".join(f"{one.label}: {one.words}" if one.label else one.words for one in problems)

    rows = (
        (*cells, line, told(line))
        for line, cells in file.table.rows
        if line in report.problems or line in report.undecided
    )
    return Table(f"wrong rows {file.kind.name}", _("Wrong rows"), columns, rows)
