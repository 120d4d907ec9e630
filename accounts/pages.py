"""How a page with a form answers: one way for all of them."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from .acts import Conflict, what_hangs
from .exports import history_asked
from .forms import ActForm
from .history import history_of
from .models import Versioned

NEWEST = 50  # acts that a history begins with


def form_page(
    request: HttpRequest,
    form: ActForm,
    save: Callable[[], Any],
    *,
    title: str,
    submit: str,
    back: str,
    done: str = "",
    template: str = "form_page.html",
    **context: Any,
) -> HttpResponseBase:
    """Show `form`; when it is sent and good, call `save` and go where it says.

    `save` writes through a service and gives the address to go to, an object that has one, or the answer itself. What the
    service refuses is shown in the form (422); where somebody else was faster, what stands there now is shown above it (409).
    In both cases everything entered is still there. `done` is said on the next page, `back` is where Cancel leads; `crumbs`
    are the objects above the page, `place` what `back` is called where it is none of them.
    """
    context |= {"form": form, "title": title, "submit": submit, "back": back}
    if request.method != "POST":
        return render(request, template, context | form.show())
    status = 422
    if form.is_valid():
        try:
            target = save()
        except ValidationError as error:
            form.refuse(error)
        except Conflict as conflict:
            context |= {"conflict": conflict, "differences": form.overtaken(conflict)}
            status = 409
        else:
            if done:
                messages.success(request, done)
            return target if isinstance(target, HttpResponseBase) else redirect(target)
    return render(request, template, context | form.show(), status=status)


def act_page(request: HttpRequest, save: Callable[[ActForm], Any], *, back: str, done: str = "") -> HttpResponse:
    """Answer a button that acts at once (`{% act_button %}`): do it and go on, or tell on a page of its own why not."""
    form = ActForm(request.POST)
    if form.is_valid():
        try:
            target = save(form)
        except ValidationError as error:
            return render(request, "refused.html", {"problems": error.messages, "back": back}, status=422)
        if done:
            messages.success(request, done)
        return redirect(target or back)
    return render(request, "refused.html", {"problems": [], "back": back}, status=422)


def delete_page(
    request: HttpRequest,
    row: Versioned,
    delete: Callable[..., None],
    *,
    then: Any,
    back: str,
    archive: str = "",
    along: Iterable[type[models.Model]] = (),
    **page: Any,
) -> HttpResponseBase:
    """Ask whether to delete `row`, and do it by the service `delete`; where something hangs on it, say what.

    `archive` is the address that archives it instead: offered where it cannot be deleted. Rows of the models `along` go with
    it. `then` is where one comes after deleting.
    """
    form = ActForm(request.POST or None, initial={"seen": row.seen})

    def save() -> Any:
        delete(user=request.user, **form.stamp())
        return then

    hangs = what_hangs(row, along)
    page |= {"hangs": hangs, "archive": archive if hangs else "", "row": row}
    return form_page(request, form, save, back=back, danger=True, **page)


def told(
    request: HttpRequest,
    *rows: models.Model,
    parts: Iterable[type[models.Model]] = (),
    only: Q | None = None,
    health: bool = True,
) -> dict[str, Any]:
    """What components/history.html needs: the history of `rows` once somebody asks for it (`?history=`), all of it with "all".

    Of its changes those that `only` leaves; without `health`, no remark that may say that somebody is ill.
    `audited` is what the audit knows it as, for whoever may look there.
    """
    asked = "all" if history_asked(request) else request.GET.get("history", "")
    if not rows:
        return {"history": None}
    audited = f"{rows[0]._meta.db_table}:{rows[0].pk}" if getattr(rows[0], "may_run", False) else ""
    if not asked:
        return {"history": None, "audited": audited}
    found = history_of(*rows, parts=parts, newest=None if asked == "all" else NEWEST + 1, only=only, health=health)
    more = asked != "all" and len(found) > NEWEST
    shown = found[:NEWEST] if more else found
    about = {"history_of": str(rows[0]), "history_is": f"{rows[0]._meta.verbose_name} {rows[0].pk}"}
    return {"history": shown, "history_goes_on": more, "audited": audited, **about}
