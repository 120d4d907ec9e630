"""Asking people to join a program, and the page where they do."""

from allauth.account.utils import perform_login
from allauth.core.internal.ratelimit import consume_or_429
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.acts import Conflict
from accounts.forms import ActForm
from accounts.pages import act_page, form_page
from accounts.reauthentication import reauthenticated

from .. import services
from ..access import fetch
from ..forms import InvitationForm, NewAccountForm, TokenForm
from ..models import Invitation, Program


@reauthenticated
def invitation_create(request, slug):
    program = fetch(Program.objects, request.user, "run", slug=slug)
    form = InvitationForm(request.POST or None)

    def save():
        key = form.cleaned_data["key"]
        invite = services.invite
        return _handed_over(request, form, invite, key=key, program=program, **form.words())

    page = {"title": _("Invite somebody"), "submit": _("Invite"), "crumbs": [program], "place": _("People")}
    page["text"] = _(
        "They get a link that works once. With it they choose a username and a password, or join as who they are."
    )
    return form_page(request, form, save, back=_people(program), **page)


@reauthenticated
def invitation_renew(request, slug, pk):
    program, invitation = _pending(request, slug, pk)
    form = TokenForm(request.POST or None, initial={"seen": invitation.seen})

    def save():
        renew = services.renew_invitation
        return _handed_over(request, form, renew, invitation=invitation, **form.stamp(), **form.words())

    page = {"title": _("Send anew"), "submit": _("Make a new link"), "crumbs": [program], "place": _("People")}
    page["text"] = _("%(who)s. The link that was given before stops working.") % {"who": invitation}
    return form_page(request, form, save, back=_people(program), **page)


@require_POST
def invitation_withdraw(request, slug, pk):
    program, invitation = _pending(request, slug, pk)

    def save(form):
        services.withdraw_invitation(user=request.user, invitation=invitation, **form.stamp())

    return act_page(request, save, back=_people(program), done=_("Invitation withdrawn. Its link no longer works."))


@login_not_required
@never_cache
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_accept(request, token):
    """Where an invitation leads. Looking at it uses nothing up: the programs that check mails for bad links look too."""
    rows = Invitation.objects.by_token(token).select_related("act", "program", "invited_by")
    invitation = rows.first()
    valid = invitation is not None and rows.valid().exists()
    if (request.method == "POST" or not valid) and (refused := _too_often(request)):
        return refused
    if invitation is None:
        return _dead(request)
    accept = _accept_as_user if request.user.is_authenticated else _accept_as_new
    try:
        answer = accept(request, invitation, valid)
    except Conflict:  # used, withdrawn or renewed at this very moment
        return _dead(request)
    # Not "no-referrer", with which browsers send forms as from nowhere, and they are refused: this hides the token as well.
    answer["Referrer-Policy"] = "strict-origin"
    return answer


def _accept_as_new(request, invitation, valid):
    """Choose a username and a password, and come in with them."""
    form = NewAccountForm(request.POST or None, invitation=invitation)
    if form.is_valid():
        words = {"username": form.cleaned_data["username"], "password": form.cleaned_data["password1"]}
        try:
            services.accept_as_new(key=form.cleaned_data["key"], invitation=invitation, **words)
        except ValidationError as error:
            form.refuse(error)
        else:  # by the door that everybody comes in by; a form sent again has to have the password right too
            account = authenticate(request, **words)
            return (
                perform_login(request, account, redirect_url=_joined(request, invitation))
                if account
                else _dead(request)
            )
    return _page(request, invitation, valid, form)


def _accept_as_user(request, invitation, valid):
    """Join as who one is, at one tap, unless one has a role there: that one stays."""
    form = ActForm(request.POST or None)
    if form.is_valid():
        try:
            services.accept_invitation(user=request.user, key=form.cleaned_data["key"], invitation=invitation)
        except ValidationError as error:
            form.refuse(error)
        else:
            return redirect(_joined(request, invitation))
    return _page(request, invitation, valid, form)


def _joined(request, invitation):
    what = {"code": invitation.program.code, "role": invitation.get_kind_display()}
    messages.success(request, _("You have joined %(code)s as %(role)s.") % what)
    return invitation.program.get_absolute_url()


def _page(request, invitation, valid, form):
    if not valid:
        return _dead(request)
    context = {"invitation": invitation, "form": form}
    if request.user.is_authenticated:
        context["role"] = invitation.program.roles.filter(user=request.user).first()
    return render(request, "programs/invitation_accept.html", context, status=422 if request.method == "POST" else 200)


def _dead(request):
    """One answer for every link that leads nowhere: which it is, or whether there ever was one, is not told."""
    answer = render(request, "programs/invitation_dead.html", status=404)
    answer["Referrer-Policy"] = "strict-origin"
    return answer


def _too_often(request):
    """The refusal of an address that tries too often; how it is known is allauth's, as at sign-in."""
    rate = {"invitation": settings.INVITATION_RATE}
    return consume_or_429(request, app="muster", action="invitation", config=rate, limit_get=True)


def _handed_over(request, form, write, *, token, **words):
    """Write an invitation, mail its link where there is an address, and show the link: it is never seen again."""
    link = settings.MUSTER_URL + reverse("programs:invitation_accept", args=[token])
    failed = []

    def tell(invitation):
        try:
            if invitation.email:
                _mail(invitation, link)
        except OSError:  # whatever the mail server says, the invitation stands
            failed.append(True)

    invitation = write(user=request.user, token=token, tell=tell, **words)
    context = {"invitation": invitation, "link": link, "failed": failed, "back": _people(invitation.program)}
    return render(request, "programs/invitation_made.html", context)


def _mail(invitation, link):
    text = render_to_string("programs/invitation_mail.txt", {"invitation": invitation, "link": link})
    subject = _("Invitation to %(code)s in Muster") % {"code": invitation.program.code}
    send_mail(subject, text, None, [invitation.email])


def _pending(request, slug, pk):
    program = fetch(Program.objects, request.user, "run", slug=slug)
    rows = program.invitations.pending().select_related("act", "program", "invited_by")
    return program, get_object_or_404(rows, pk=pk)


def _people(program):
    return reverse("programs:program_people", args=[program.slug])
