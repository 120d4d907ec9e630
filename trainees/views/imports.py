"""Importing a file: choose, look at what it would do, do it, take it back."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import drafts
from accounts.acts import Conflict
from accounts.exports import asked, download
from accounts.imports import Changed, Refused, Report
from accounts.pages import form_page
from programs.access import fetch
from programs.models import Program

from .. import services
from ..forms.imports import CheckForm, UploadForm
from ..imports.running import File, kinds_for
from ..models import Cohort
from ..selectors.imports import imports_told_to, what_it_wrote
from ..tables.imports import template_table, wrong_rows
from ..words import deed_of
from .long import long_page

NEWEST = 10


def import_new(request, slug):
    """Choose a file; below, what was imported lately."""
    program = fetch(Program.objects, request.user, "record", slug=slug)
    kinds = kinds_for(program)
    initial = {name: request.GET[name] for name in ("kind", "cohort") if name in request.GET}
    form = UploadForm(
        request.POST or None, request.FILES or None, program=program, kinds=kinds, user=request.user, initial=initial
    )

    def save():
        said = form.cleaned_data
        content = said["file"].read()
        file = File(kinds[said["kind"]], program, content, said["cohort"])
        draft = drafts.Draft(
            said["key"],
            {
                "kind": said["kind"],
                "program": program.pk,
                "cohort": said["cohort"].pk if said["cohort"] else None,
                "name": said["file"].name,
                "note": file.table.note,
                "mapping": file.mapping,
                "decided": {},
                "report": None,
            },
            content,
        )
        drafts.keep(request.user, draft)
        return _check(request, draft, file)

    recent = imports_told_to(request.user).filter(scope=program.pk).order_by("-at", "-pk")[:NEWEST]
    return form_page(
        request,
        form,
        save,
        title=_("Import into %(program)s") % {"program": program.code},
        submit=_("Look at it"),
        back=program.get_absolute_url(),
        crumbs=[program],
        template="imports/new.html",
        program=program,
        kinds=kinds,
        formats=("csv", "xlsx"),
        recent=[(act, deed_of(act.kind)) for act in recent],
    )


@require_safe
def import_template(request, slug, kind):
    """An empty file of one kind, with its columns explained."""
    program = fetch(Program.objects, request.user, "record", slug=slug)
    importer = kinds_for(program).get(kind)
    if importer is None:
        raise Http404
    return download(request, {}, lambda _page: template_table(importer))


def import_detail(request, key):
    """What a file would do; once it is done, what it did."""
    act = imports_told_to(request.user).filter(key=key).first()
    if act is not None:
        program = fetch(Program.objects, request.user, pk=act.scope)
        context = {"act": act, "program": program, "what": deed_of(act.kind), "wrote": what_it_wrote(act)}
        context["may_undo"] = services.may_undo(request.user, act)
        return render(request, "imports/done.html", context)
    draft, file = _draft(request, key)
    form = _form(request, draft, file)
    if request.method == "POST" and form.is_valid():
        draft.about |= {"mapping": form.mapping(), "decided": form.decided(), "report": None}
        file.mapping, file.decided = form.mapping(), form.decided()
        drafts.note(request.user, draft)
        return _check(request, draft, file)
    report = Report.from_json(draft.about["report"]) if draft.about["report"] else None
    if report and asked(request):
        return download(request, {}, lambda _page: wrong_rows(file, report))
    context = {
        "draft": draft,
        "file": file,
        "program": file.program,
        "form": form,
        "report": report,
        "said": draft.about.pop("said", ""),
    }
    return render(request, "imports/preview.html", context, status=422 if form.errors else 200)


@require_POST
def import_confirm(request, key):
    """Do what the preview said."""
    if imports_told_to(request.user).filter(key=key).exists():
        return redirect("trainees:import_detail", key)
    draft, file = _draft(request, key)
    kept = draft.about["report"]
    if kept is None:
        return redirect("trainees:import_detail", key)

    def work(tell):
        draft.about["said"] = ""
        try:
            file.import_for(request.user, key, kept["digest"], tell)
        except (Changed, Refused) as other:
            draft.about["report"] = other.report.as_json()
            if other.report.digest != kept["digest"]:
                draft.about["said"] = _(
                    "Something has changed since you looked. Look again: this is what it would do now."
                )
        except (ValidationError, Conflict) as error:
            draft.about["said"] = " ".join(getattr(error, "messages", [str(error)]))
        else:
            drafts.drop(request.user, key)
            return
        drafts.note(request.user, draft)

    return _rehearsing_or_importing(request, draft, file, _("Importing"), kept["counts"], work)


@require_POST
def import_discard(request, key):
    _there, file = _draft(request, key)
    drafts.drop(request.user, key)
    messages.success(request, _("The file is thrown away. Nothing was written."))
    return redirect("trainees:import_new", file.program.slug)


# ---- what these have in common


def _draft(request, key) -> tuple[drafts.Draft, File]:
    """What the user uploaded under `key`; 404 where it is gone, or they may not import it any more."""
    draft = drafts.find(request.user, key)
    if draft is None:
        raise Http404(_("This file is not kept any more. Choose it once more."))
    about = draft.about
    program = fetch(Program.objects, request.user, "record", pk=about["program"])
    kind = kinds_for(program).get(about["kind"])
    if kind is None:
        raise Http404
    cohort = Cohort.objects.select_related("program").filter(pk=about["cohort"], program=program).first()
    decided = {int(line): choice for line, choice in about["decided"].items()}
    return draft, File(kind, program, draft.content, cohort, about["mapping"], decided)


def _form(request, draft, file) -> CheckForm:
    report = draft.about["report"]
    undecided = {line: (words, choices) for line, words, choices in report["undecided"]} if report else {}
    undecided |= _decided_before(draft)
    return CheckForm(
        request.POST or None,
        headings=file.table.columns,
        columns=file.kind.columns,
        mapping=file.mapping,
        undecided=undecided,
        decided=file.decided,
    )


def _decided_before(draft) -> dict[int, tuple[str, list[list[str]]]]:
    """What was asked before stays to be seen, and to be decided otherwise."""
    return {int(line): (words, choices) for line, (words, choices) in draft.about.get("asked", {}).items()}


def _check(request, draft, file):
    """Rehearse it, where every column is there that has to be."""
    if file.missing:
        return redirect("trainees:import_detail", draft.key)

    def work(tell):
        report = file.rehearse(request.user, tell)
        draft.about["report"] = report.as_json()
        draft.about["asked"] = {**draft.about.get("asked", {})} | {
            str(line): list(asked_of) for line, asked_of in report.undecided.items()
        }
        drafts.note(request.user, draft)

    return _rehearsing_or_importing(request, draft, file, _("Looking at every row"), None, work)


def _rehearsing_or_importing(request, draft, file, doing: str, counts, work: Callable):
    rows = sum(counts.values()) if counts else sum(1 for _row in file.table.rows)
    after = reverse("trainees:import_detail", args=[draft.key])
    return long_page(request, work, doing=doing, rows=rows, after=after, program=file.program)
