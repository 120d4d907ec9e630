"""The audit, and one act of it."""

from django.utils.translation import gettext as _

from accounts.exports import Table, filters_in


def acts(page):
    """Every act that the filters leave, each with what stands beside it in the list."""
    columns = {
        "at": _("When"),
        "who": _("Who; empty: the command line"),
        "kind": _("Kind"),
        "what": _("What"),
        "program": _("Program"),
        "rows": _("Rows"),
        "first": _("The first of them"),
        "why": _("Why"),
        "undone_by": _("Undone by"),
        "act": _("Number of the act"),
    }
    rows = (
        (
            done.act.at,
            done.act.user,
            done.act.kind,
            done.what,
            done.program,
            done.rows,
            told(done.first) if done.first else "",
            done.act.reason,
            done.act.undone_by.user if hasattr(done.act, "undone_by") else "",
            done.act.pk,
        )
        for done in page["acts"]
    )
    return Table("audit", _("Audit"), columns, rows, filters=filters_in(page["filter"].form))


def lines(page):
    """What one act did, row by row."""
    done = page["done"]
    rows = ((line.thing, line.sentence) for line in page["rows"])
    title = _("Act %(n)s: %(what)s, %(who)s") % {"n": done.act.pk, "what": done.what, "who": done.act.user}
    return Table(f"act {done.act.pk}", title, {"thing": _("To what"), "what": _("What")}, rows)


def told(line):
    return f"{line.thing}: {line.sentence}" if line.thing else line.sentence
