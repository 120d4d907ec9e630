"""What the rule's answers are called on pages."""

from django.utils.translation import gettext_lazy as _

from .progress import Need, Standing, Status, Why

STATUS = {
    Status.ACHIEVED: _("Achieved"),
    Status.NO_GO: _("No-go"),
    Status.NO_GO_RECERTIFICATION: _("No-go (recertification)"),
    Status.EXPIRED: _("Expired"),
    Status.IN_TRAINING: _("In training"),
    Status.NOT_STARTED: _("Not started"),
    Status.EXEMPT: _("Exempt"),
}
# What a cell shows: a status, two of them told apart further. Every cell is in exactly one state.
CREDIT, BLOCKED = "credit", "blocked"
STATE = {
    "achieved": _("Achieved"),
    CREDIT: _("Achieved by credit"),
    "no_go": _("No-go"),
    "no_go_recertification": _("No-go (recertification)"),
    "expired": _("Expired"),
    "in_training": _("In training"),
    "not_started": _("Not started"),
    BLOCKED: _("Not started, blocked"),
    "exempt": _("Exempt"),
}
FLAG = {
    "due": _("due to expire"),
    "ends": _("exemption ends"),
    "outstanding": _("record outstanding"),
    "blocked": _("blocked"),
}
NEED = {Need.REQUIRED: _("required"), Need.ELECTIVE: _("elective")}
WHY = {
    Why.NOT_YET_RECORDED: _("not yet recorded on the day known"),
    Why.VOIDED: _("void"),
    Why.VOID: _("declares another record void"),
    Why.LATER: _("later than the day asked about"),
    Why.EXPIRED: _("no longer holds on that day"),
    Why.CANCELLED: _("cancelled by a NO-GO in a recertification"),
    Why.SUPERSEDED: _("a later or longer-lasting record decides"),
    Why.OUTWEIGHED: _("an ordinary NO-GO undoes no pass"),
    Why.EXEMPT: _("not asked of this trainee on that day"),
    Why.NO_ATTEMPT: _("not assessed: no attempt"),
}


def state_of(standing: Standing) -> str:
    """What a cell shows of a standing: its status, or `credit` or `blocked`."""
    if standing.status is Status.ACHIEVED and standing.by_credit:
        return CREDIT
    if standing.status is Status.NOT_STARTED and standing.blocked_by:
        return BLOCKED
    return standing.status.value


def flags_of(standing: Standing) -> list[str]:
    """What stands beside the status, never instead of it."""
    flags = []
    if standing.due_to_expire:
        flags.append("due")
    if standing.exemption_ends:
        flags.append("ends")
    if standing.outstanding_in:
        flags.append("outstanding")
    if standing.blocked_by and standing.status is not Status.NOT_STARTED:
        flags.append("blocked")
    return flags
