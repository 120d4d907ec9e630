"""What pages are built from, beside the includes in templates/components/.

{% icon "add" %}                          a glyph that only decorates
{% glyph "no_go" "No-go" %}               a status: glyph, shape and colour, with its name for those who do not see it
{% share 7 9 %}                           7 of 9 (77 %), a dash where there is nothing to count
{% part_of 7 9 %}                         7 of 9, a dash where there is nothing to count
{% percent 7 9 %}                         77 %, <1 %, or a dash
{% meter 7 9 %}                           a bar; the figures stand beside it
{% main_nav %}                            the links of the bar
{% act_button address seen "Publish" %}   a button that acts at once, with a key of its own (accounts.pages.act_page answers)
{{ form|bare }}                           allauth's form without placeholders that only repeat its labels
{% download %}                            the page as a file; {% download "cells" _("Each cell") %} offers a further table of it
{% sort_link "roll_number" "Roll number" %}  the head of a column that sorts by it, and by it downwards when it does already
"""

import uuid

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

register = template.Library()

DASH = "–"
NAVIGATION = (  # by address: this floor does not know the names of those above
    ("/", gettext_lazy("Home")),
    ("/programs/", gettext_lazy("Programs")),
    ("/cohorts/", gettext_lazy("Cohorts")),
    ("/trainees/", gettext_lazy("Trainees")),
    ("/instructors/", gettext_lazy("Instructors")),
    ("/modules/", gettext_lazy("Modules")),
)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A glyph of components/symbols.html, for the eye only."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@register.simple_tag
def glyph(status: str, label: str) -> SafeString:
    """The glyph of a status. `label` is its name in words."""
    return format_html(
        '<span class="s s-{}" role="img" aria-label="{}" title="{}"><svg aria-hidden="true"><use href="#i-{}"/></svg></span>',
        status,
        label,
        label,
        status,
    )


@register.simple_tag
def percent(part: int, whole: int) -> str:
    """Whole per cent, rounded down, so 100 only when nothing is missing; "<1 %" for a little; a dash of nothing."""
    if not whole:
        return DASH
    figure = 100 * part // whole
    return "<1\N{NO-BREAK SPACE}%" if part and not figure else f"{figure}\N{NO-BREAK SPACE}%"


@register.simple_tag
def share(part: int, whole: int) -> str:
    """Both counts and the per cent that they make."""
    if not whole:
        return DASH
    return _("%(part)s of %(whole)s (%(percent)s)") % {"part": part, "whole": whole, "percent": percent(part, whole)}


@register.simple_tag
def part_of(part: int, whole: int) -> str:
    """Both counts, where the per cent stands beside them or says nothing more."""
    return _("%(part)s of %(whole)s") % {"part": part, "whole": whole} if whole else DASH


@register.simple_tag
def meter(part: int, whole: int, goal: int | None = None) -> SafeString:
    """A bar of `part` of `whole`, with a line at `goal` per cent. Nothing where there is nothing to count."""
    if not whole:
        return SafeString("")
    line = format_html('<path class="goal" d="M{} 0V8"/>', goal) if goal is not None else ""
    return format_html(
        '<svg class="meter" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="t" width="100" height="8" rx="2"/><rect class="v" width="{}" height="8" rx="2"/>{}</svg>',
        100 * part // whole,
        line,
    )


@register.filter
def bare(form):
    """`form` with nothing written inside its fields: allauth repeats each label there, and it looks like an entry."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)
    return form


@register.simple_tag(takes_context=True)
def main_nav(context) -> SafeString:
    """The links of the bar, the one of this page marked."""
    here = context["request"].path
    links = (
        (
            address,
            SafeString(' aria-current="page"')
            if here == address or (address != "/" and here.startswith(address))
            else "",
            label,
        )
        for address, label in NAVIGATION
    )
    return format_html("<ul>{}</ul>", format_html_join("", '<li><a href="{}"{}>{}</a></li>', links))


@register.inclusion_tag("components/act_button.html", takes_context=True)
def act_button(context, action: str, seen: str, label: str, look: str = "", spoken: str = "", **more):
    """A button in a form of its own. `seen` is the version of the row it is about; `more` are further hidden values."""
    return {
        "csrf_token": context.get("csrf_token"),
        "action": action,
        "key": uuid.uuid4(),
        "seen": seen,
        "label": label,
        "look": look,
        "spoken": spoken,
        "more": more,
    }


@register.simple_tag(takes_context=True)
def sort_link(context, field: str, label: str) -> SafeString:
    """A link in the head of a column. The page goes back to the first; everything else in the address stays."""
    query = context["request"].GET.copy()
    now = query.get("sort", "")
    query["sort"] = f"-{field}" if now == field else field
    query.pop("page", None)
    arrow = {field: " ↑", f"-{field}": " ↓"}.get(now, "")
    return format_html('<a href="?{}">{}{}</a>', query.urlencode(), label, arrow)


@register.inclusion_tag("components/download.html", takes_context=True)
def download(context, *others: str):
    """The menu that offers the page as a file (accounts.exports): all pages of it, filters and dates kept.

    `others` are further tables of the page, each by its name in the address and in words.
    """
    query = context["request"].GET.copy()
    for name in ("page", "history", "table"):
        query.pop(name, None)

    def address(kind: str, table: str = "") -> str:
        asked = query.copy()
        asked["format"] = kind
        if table:
            asked["table"] = table
        return f"?{asked.urlencode()}"

    tables = [("", ""), *zip(others[::2], others[1::2], strict=True)]
    return {"tables": [(words, address("csv", name), address("xlsx", name)) for name, words in tables]}
