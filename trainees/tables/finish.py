"""Can they still finish?"""

from django.utils.translation import gettext as _

from . import WHO, of_cohort, who


def finish(page):
    """One row for each trainee, the gravest first."""
    columns = WHO | {
        "outcome": _("Outcome"),
        "outcome_in_words": _("Outcome, in words"),
        "remaining": _("Modules to be met"),
        "lacking": _("Modules without a session"),
        "why": _("Why"),
    }
    rows = [
        (
            *who(one.person),
            one.outcome.value,
            one.words,
            " ".join(told.entry.code for told in one.steps),
            " ".join(told.entry.code for told in one.steps if told.step in one.finish.lacking),
            one.reason,
        )
        for one in page["endings"]
    ]
    return of_cohort(page, "finish", _("Can they still finish? %(cohort)s"), columns, rows, filters=_filters(page))


def remaining(page):
    """One row for each module that somebody has still to meet."""
    columns = WHO | {
        "module": _("Module"),
        "how": _("How"),
        "day": _("Day"),
        "session": _("Session"),
        "runs_out": _("Runs out on"),
        "after": _("After"),
        "words": _("In words"),
    }
    rows = [
        (
            *who(one.person),
            told.entry.code,
            told.step.how.value,
            told.step.day,
            told.step.session,
            told.step.runs_out,
            " ".join(entry.code for entry in told.after),
            told.words,
        )
        for one in page["endings"]
        for told in one.steps
    ]
    title = _("Modules to be met in %(cohort)s")
    return of_cohort(page, "modules to be met", title, columns, rows, filters=_filters(page))


def _filters(page):
    return {"outcome": page["outcome"]} if page["outcome"] else {}
