"""What people enter about programs, modules, curricula, instructors and roles."""

import secrets

from django import forms
from django.contrib.auth import forms as auth_forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.forms import ActForm, SeveralField
from accounts.models import User

from .models import (
    WEIGHED,
    Curriculum,
    CurriculumEntry,
    Instructor,
    Invitation,
    PerformanceStep,
    Program,
    Role,
    SkillModule,
    Track,
)

NO_ADDRESS = {"new"}  # /modules/new/ is a page of its own


class CodedForm(ActForm, forms.ModelForm):
    """A thing with a code that stands in its address."""

    def clean_code(self):
        code = self.cleaned_data["code"]
        if code.lower() in NO_ADDRESS:
            raise ValidationError(gettext("%(code)s cannot be a code: Muster needs the word."), params={"code": code})
        return code


class UsernameField(forms.CharField):
    """A user by the name they sign in with, typed exactly: nobody is shown a list of everybody who has an account."""

    def __init__(self, **kwargs):
        kwargs.setdefault("max_length", 150)
        super().__init__(**kwargs)
        self.widget.attrs |= {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}

    def clean(self, value):
        name = super().clean(value)
        if not name:
            return None
        user = User.objects.filter(username=name, is_active=True).first()
        if user is None:
            raise ValidationError(gettext("No active user has this name."))
        return user


class ProgramForm(CodedForm):
    class Meta:
        model = Program
        fields = (
            "code",
            "title",
            "summary",
            "host",
            "partner",
            "framework",
            "location",
            "time_zone",
            "attendance_limit",
            "trained_from",
            "practised_from",
            "attempt_limit",
            "bulk_go",
        )
        widgets = {"summary": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["code"]  # it stands in addresses that people keep

    def refuse(self, error):
        if "slug" in getattr(error, "error_dict", {}):  # it is made of the code, which people know
            error = ValidationError({"code": error.message_dict["slug"]})
        super().refuse(error)


class WeightsForm(ActForm, forms.ModelForm):
    """What each reason to look after somebody weighs in the program."""

    class Meta:
        model = Program
        fields = WEIGHED

    def show(self):
        for name, field in self.fields.items():
            if name in WEIGHED:
                usual = gettext("Usually %(n)s.") % {"n": Program._meta.get_field(name).default}
                field.help_text = f"{field.help_text} {usual}"
        return super().show()


class TrackForm(ActForm, forms.ModelForm):
    class Meta:
        model = Track
        fields = ("code", "title")


class RoleForm(ActForm, forms.ModelForm):
    """A role of somebody who has none yet; of somebody who has one, only its kind and limit."""

    user = UsernameField(label=_("Username"), help_text=_("Exactly as they sign in."))

    class Meta:
        model = Role
        fields = ("user", "kind", "nation")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["user"]


class TokenForm(ActForm):
    """A form that gives away a new link. Its token is made here with the page, so the form sent twice gives the same link."""

    token = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["token"] = _SIGNED.sign(secrets.token_urlsafe(32))

    def clean_token(self):
        try:
            return _SIGNED.unsign(self.cleaned_data["token"])
        except signing.BadSignature:
            raise ValidationError(gettext("This form has lost its key. Load the page again.")) from None


_SIGNED = signing.Signer(salt="muster.invitation")


class InvitationForm(TokenForm, forms.ModelForm):
    class Meta:
        model = Invitation
        fields = ("kind", "nation", "display_name", "email")


class NewAccountForm(auth_forms.SetPasswordMixin, ActForm):
    """Whoever was invited makes an account, as `account` makes one of a username."""

    username = auth_forms.UsernameField(
        label=_("Username"),
        max_length=150,
        validators=[User.username_validator],
        help_text=_("You sign in with it; others see it. Not your real name."),
    )
    password1, password2 = auth_forms.SetPasswordMixin.create_password_fields(_("Password"), _("Password (again)"))

    def __init__(self, *args, invitation, **kwargs):
        super().__init__(*args, **kwargs)
        self.invitation = invitation

    def clean(self):
        words = super().clean()
        self.validate_passwords()
        account = User(username=words.get("username", ""), display_name=self.invitation.display_name)
        self.validate_password_for_user(account)
        return words


class AssignmentForm(ActForm):
    instructor = forms.ModelChoiceField(Instructor.objects.none(), label=_("Instructor or interpreter"))

    def __init__(self, *args, user, program, **kwargs):
        super().__init__(*args, **kwargs)
        known = Instructor.objects.visible_to(user).filter(archived_at=None)
        _offer(self.fields["instructor"], known, known.exclude(assignments__program=program))
        self.fields["instructor"].help_text = _("Those of your programs who are not assigned here yet.")


class AssessingForm(ActForm):
    """Which modules of the program an assigned instructor may assess."""

    modules = SeveralField(
        SkillModule.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=_("May assess only"),
        help_text=_("None ticked: every module of the program."),
    )

    def __init__(self, *args, assignment, **kwargs):
        now = list(assignment.may_assess.values_list("module", flat=True))
        super().__init__(*args, initial={"seen": assignment.seen, "modules": now}, **kwargs)
        taught = Q(entry__curriculum__program=assignment.program_id) | Q(pk__in=now)
        self.fields["modules"].queryset = SkillModule.objects.filter(taught).distinct()


class CurriculumForm(ActForm, forms.ModelForm):
    """A new version of a program's curriculum."""

    copy_of = forms.ModelChoiceField(
        Curriculum.objects.none(),
        required=False,
        label=_("Copy from"),
        empty_label=_("Nothing: begin with an empty version"),
        help_text=_("Takes every module of that version over, to be changed here."),
    )

    class Meta:
        model = Curriculum
        fields = ("note",)
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}

    field_order = ("copy_of", "note")

    def __init__(self, *args, program, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["copy_of"].queryset = program.curricula.select_related("program")


class NoteForm(ActForm, forms.ModelForm):
    class Meta:
        model = Curriculum
        fields = ("note",)
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}


class EntryForm(ActForm, forms.ModelForm):
    """What a curriculum version asks in one module."""

    tracks = SeveralField(
        Track.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=_("Only for these tracks"),
        help_text=_("None ticked: the module is for every track, and for trainees without one."),
    )
    prerequisites = SeveralField(
        CurriculumEntry.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=_("Prerequisites"),
        help_text=_("Modules of this version that have to be achieved before this one."),
    )
    steps = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        label=_("Performance steps"),
        help_text=_("One on each line. Begin a line with ! where a NO-GO in the step makes the whole result NO-GO."),
    )

    class Meta:
        model = CurriculumEntry
        fields = ("module", "required", "hours", "pass_mark", "validity_months", "steps_needed")

    def __init__(self, *args, curriculum, **kwargs):
        super().__init__(*args, **kwargs)
        others = curriculum.entries.select_related("module", "curriculum")
        tracks = Q(archived_at=None)
        if self.instance.pk:
            del self.fields["module"]
            others = others.exclude(pk=self.instance.pk)
            tracks |= Q(entry_track__entry=self.instance)
            self.initial |= _links_of(self.instance)
        else:
            known = SkillModule.objects.current()
            _offer(self.fields["module"], known, known.exclude(entry__curriculum=curriculum))
        self.fields["tracks"].queryset = curriculum.program.tracks.filter(tracks).distinct()
        self.fields["prerequisites"].queryset = others
        for name in ("tracks", "prerequisites"):
            if not self.fields[name].queryset.exists():
                del self.fields[name]  # nothing to tick

    def clean_steps(self):
        lines = [line.strip() for line in self.cleaned_data["steps"].splitlines()]
        steps = [(line.removeprefix("!").strip(), line.startswith("!")) for line in lines]
        steps = [(title, critical) for title, critical in steps if title]
        longest = PerformanceStep._meta.get_field("title").max_length
        for title, _critical in steps:
            if len(title) > longest:
                message = gettext("A step has at most %(longest)s characters. This one is longer: %(title)s")
                raise ValidationError(message, params={"longest": longest, "title": title})
        return steps


def _links_of(entry: CurriculumEntry) -> dict:
    return {
        "tracks": [link.track_id for link in entry.for_tracks.all()],
        "prerequisites": [link.needs_id for link in entry.prerequisites.all()],
        "steps": "\n".join(f"! {step.title}" if step.critical else step.title for step in entry.steps.all()),
    }


class ModuleForm(CodedForm):
    class Meta:
        model = SkillModule
        fields = ("code", "title", "kind", "standard")
        widgets = {"standard": forms.Textarea(attrs={"rows": 6})}


class InstructorForm(CodedForm):
    """An instructor or interpreter; a new one is assigned to a program at once."""

    program = forms.ModelChoiceField(
        Program.objects.none(), label=_("Program"), help_text=_("Where they work first. More can be added later.")
    )
    account = UsernameField(
        required=False,
        label=_("Signs in as"),
        help_text=_("Their username, exactly. Empty: they do not sign in."),
    )

    class Meta:
        model = Instructor
        fields = ("code", "call_sign", "capacity", "nation", "unit", "languages", "account")

    field_order = ("program", "code", "call_sign", "capacity", "nation", "unit", "languages", "account")

    def __init__(self, *args, user=None, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["program"]
            self.initial["account"] = self.instance.account.username if self.instance.account_id else ""
        else:
            self.fields["program"].queryset = Program.objects.run_by(user).current()


def _offer(field: forms.ModelChoiceField, known, offered) -> None:
    """Let people choose among `offered`, but accept all that is `known`.

    A form sent twice names what its first sending already took: that is for the service to recognise, not for the field.
    """
    field.queryset = known
    field.widget.choices = [("", field.empty_label), *((row.pk, field.label_from_instance(row)) for row in offered)]
