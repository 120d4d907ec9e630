"""What a reason to look after a trainee weighs in a program. The reasons are the rule's: trainees/progress/concerns.py."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..fields import WeightField


class Weighing(models.Model):
    """A weight for each reason: the points that one of what it counts gives. How the defaults were found: docs/attention.md."""

    weighs_no_go = WeightField(
        _("points: no-go"), default=3, help_text=_("For each no-go in a row in a module, three at most.")
    )
    weighs_expired = WeightField(
        _("points: expired"), default=3, help_text=_("For each module whose pass has run out.")
    )
    weighs_not_assessed = WeightField(
        _("points: not assessed"),
        default=3,
        help_text=_("For each module at whose assessment they were not, and not assessed since, six at most."),
    )
    weighs_behind = WeightField(
        _("points: behind"),
        default=2,
        help_text=_("For each other module that half of the cohort have achieved and they have not, six at most."),
    )
    weighs_blocked = WeightField(
        _("points: blocked"),
        default=1,
        help_text=_("For each module that waits for one of those above, three at most."),
    )
    weighs_absent = WeightField(
        _("points: absent"), default=1, help_text=_("For each of the last five sessions from which they were absent.")
    )
    weighs_inactive = WeightField(
        _("points: not seen"),
        default=1,
        help_text=_("For each whole week without attendance or result while sessions were missed, four at most."),
    )
    weighs_low_scores = WeightField(
        _("points: low scores"),
        default=2,
        help_text=_("Where six of ten in the cohort scored better 1, seven 2, and so on: five at most."),
    )
    weighs_expiring = WeightField(
        _("points: due to expire"), default=1, help_text=_("For each module whose pass ends soon, three at most.")
    )
    weighs_suspended = WeightField(_("points: suspended"), default=2, help_text=_("While they are suspended."))
    weighs_came_back = WeightField(
        _("points: came back"),
        default=1,
        help_text=_("For each time that they withdrew or did not complete before, two at most."),
    )

    class Meta:
        abstract = True


WEIGHED = tuple(field.name for field in Weighing._meta.local_fields)
