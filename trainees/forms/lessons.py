"""What a lesson says, and what came of it."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import ActForm

from ..models import Cohort, Lesson
from ..selectors.lessons import modules_of
from .fields import day_field, lines_field


class LessonForm(ActForm, forms.ModelForm):
    due_on = day_field(label=_("Due on"), required=False)

    class Meta:
        model = Lesson
        fields = ("kind", "text", "module", "follow_up", "due_on")
        widgets = {"kind": forms.RadioSelect, "text": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, cohort: Cohort, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["module"].queryset = modules_of([cohort])
        self.fields["module"].empty_label = _("The whole cohort")
        self.fields["module"].help_text = ""


class LessonCloseForm(ActForm):
    state = forms.ChoiceField(
        label=_("It is"),
        choices=[
            (Lesson.State.LEARNED, _("learned: the change is made")),
            (Lesson.State.DROPPED, _("dropped: nothing is changed")),
        ],
        initial=Lesson.State.LEARNED,
        widget=forms.RadioSelect,
    )
    outcome = lines_field(
        label=_("What was changed, or why nothing is"), help_text=_("About the training, not about people: no names.")
    )
