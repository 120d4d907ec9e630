"""A whole program as one file, and from one."""

import io
from collections.abc import Iterator
from datetime import datetime
from tempfile import TemporaryFile

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import drafts
from accounts.acts import Conflict
from accounts.pages import form_page
from accounts.spreadsheets import PIECE
from programs.access import fetch
from programs.models import Program

from ..forms.imports import BundleForm
from ..imports.bundle import KIND, opened, take_in
from ..selectors.bundle import write_bundle
from ..selectors.imports import imports_told_to
from .long import long_page


@require_safe
def program_bundle(request, slug):
    """Everything of a program but names and accounts, for another Muster."""
    program = fetch(Program.objects, request.user, "run", slug=slug)
    name = content_disposition_header(True, f"muster-{program.slug}-{timezone.localdate()}.zip")
    headers = {"Content-Disposition": name}
    return StreamingHttpResponse(_sent(program), content_type="application/zip", headers=headers)


def _sent(program) -> Iterator[bytes]:
    with TemporaryFile() as file:
        write_bundle(program, file)
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def bundle_new(request):
    """Choose a bundle, for administrators."""
    if not request.user.is_superuser:
        raise PermissionDenied
    form = BundleForm(request.POST or None, request.FILES or None)

    def save():
        content = form.cleaned_data["file"].read()
        bundle = opened(io.BytesIO(content))
        about = {"kind": KIND, "name": form.cleaned_data["file"].name, "said": "", "came": None}
        draft = drafts.Draft(form.cleaned_data["key"], about, content)
        drafts.keep(request.user, draft)

        def work(tell):
            try:
                draft.about["came"] = take_in(
                    bundle, user=request.user, key=draft.key, rehearse=True, tell=tell
                ).as_json()
            except ValidationError as error:
                draft.about["said"] = " ".join(error.messages)
            drafts.note(request.user, draft)

        return _long(request, draft, bundle, _("Looking at every row"), work)

    page = {"title": _("Import a program"), "submit": _("Look at it"), "place": _("Programs")}
    return form_page(request, form, save, back=reverse("programs:program_list"), **page)


@require_safe
def bundle_detail(request, key):
    """What a bundle would bring, or why it cannot come. Once it has come, its program."""
    act = imports_told_to(request.user).filter(key=key, kind=KIND).first()
    if act is not None:
        program = fetch(Program.objects, request.user, code=act.reason)
        messages.success(
            request, _("The program has come whole. Who may see it or record in it, its roles say: give them now.")
        )
        return redirect(program)
    draft = _draft(request, key)
    came = draft.about["came"]
    if came:
        came |= {name: datetime.fromisoformat(came[name]) for name in ("first", "last")}
    context = {"draft": draft, "came": came, "said": opened(io.BytesIO(draft.content)).said}
    return render(request, "imports/bundle.html", context)


@require_POST
def bundle_confirm(request, key):
    if imports_told_to(request.user).filter(key=key, kind=KIND).exists():
        return redirect("trainees:bundle_detail", key)
    draft = _draft(request, key)
    bundle = opened(io.BytesIO(draft.content))

    def work(tell):
        try:
            take_in(bundle, user=request.user, key=key, tell=tell)
        except (ValidationError, Conflict) as error:
            draft.about |= {"came": None, "said": " ".join(getattr(error, "messages", [str(error)]))}
            drafts.note(request.user, draft)
        else:
            drafts.drop(request.user, key)

    return _long(request, draft, bundle, _("Importing"), work)


@require_POST
def bundle_discard(request, key):
    _draft(request, key)
    drafts.drop(request.user, key)
    messages.success(request, _("The file is thrown away. Nothing was written."))
    return redirect("programs:program_list")


def _draft(request, key) -> drafts.Draft:
    draft = drafts.find(request.user, key)
    if draft is None or draft.about["kind"] != KIND or not request.user.is_superuser:
        raise Http404(_("This file is not kept any more. Choose it once more."))
    return draft


def _long(request, draft, bundle, doing, work):
    after = reverse("trainees:bundle_detail", args=[draft.key])
    return long_page(request, work, doing=doing, rows=bundle.changes, after=after)
