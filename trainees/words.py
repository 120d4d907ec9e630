"""What the rule's answers are called on pages."""

from django.utils.translation import gettext_lazy as _

from .progress import Concern, Need, Standing, Status, Why

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
CONCERN = {
    Concern.NO_GO: _("No-go"),
    Concern.EXPIRED: _("Expired"),
    Concern.NOT_ASSESSED: _("Not assessed"),
    Concern.BEHIND: _("Behind"),
    Concern.BLOCKED: _("Blocked"),
    Concern.ABSENT: _("Absent"),
    Concern.INACTIVE: _("Not seen"),
    Concern.LOW_SCORES: _("Low scores"),
    Concern.EXPIRING: _("Due to expire"),
    Concern.SUSPENDED: _("Suspended"),
    Concern.CAME_BACK: _("Came back"),
}
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


# What acts are called: of which thing, and what was done to it. An act's kind is "thing.deed".
THINGS = {
    "attempt": _("attempt"),
    "attendance": _("attendance"),
    "cohort": _("cohort"),
    "command": _("command line"),
    "completion": _("completion"),
    "curriculum": _("curriculum"),
    "entry": _("module of a curriculum"),
    "excusal": _("excusal"),
    "group": _("group"),
    "import": _("import"),
    "instructor": _("instructor"),
    "invitation": _("invitation"),
    "lesson": _("lesson"),
    "module": _("module"),
    "name": _("name"),
    "password": _("password"),
    "person": _("person"),
    "place": _("place"),
    "program": _("program"),
    "record": _("record"),
    "register": _("register"),
    "results": _("results"),
    "role": _("role"),
    "second_factor": _("second factor"),
    "session": _("session"),
    "sheet": _("printed sheet"),
    "signin": _("sign-in"),
    "track": _("track"),
    "trainee": _("trainee"),
    "undo": _("undoing"),
    "unlisted": _("somebody not on the roster"),
    "user": _("user"),
}
DEEDS = {
    "accept": _("accept"),
    "account": _("make the account"),
    "add": _("add"),
    "add_recovery_codes": _("make recovery codes"),
    "add_totp": _("set up an app"),
    "add_webauthn": _("add a passkey"),
    "allow": _("allow a further one"),
    "archive": _("archive"),
    "arrive": _("arrive"),
    "assign": _("assign"),
    "attendance": _("attendance"),
    "award": _("complete"),
    "bulk": _("GO for several"),
    "cancel": _("cancel"),
    "change": _("change"),
    "clone": _("new one like another"),
    "close": _("close"),
    "complete": _("complete"),
    "copy": _("copy"),
    "correct": _("correct"),
    "create": _("create"),
    "create_user": _("make a user"),
    "credit": _("credit"),
    "curriculum": _("curriculum"),
    "delete": _("delete"),
    "end": _("end"),
    "end_all": _("end all others"),
    "enrol": _("give"),
    "enter": _("enter"),
    "erase": _("erase"),
    "exemption": _("exemption"),
    "follow": _("follow a curriculum"),
    "go": _("GO"),
    "grant": _("give"),
    "grants": _("credits and exemptions"),
    "group": _("group"),
    "hand_out": _("hand out what is held"),
    "instructors": _("instructors and interpreters"),
    "limit": _("limit assessing"),
    "lose": _("lose"),
    "mark": _("mark"),
    "modules": _("modules"),
    "merge": _("merge with another number"),
    "move": _("move"),
    "no_go": _("NO-GO"),
    "not_assessed": _("not assessed"),
    "print": _("print"),
    "program": _("program"),
    "publish": _("publish"),
    "rate": _("rate"),
    "read": _("read"),
    "remedial": _("plan remedial groups"),
    "remove": _("remove"),
    "remove_recovery_codes": _("remove the recovery codes"),
    "remove_totp": _("remove the app"),
    "remove_webauthn": _("remove a passkey"),
    "remove_second_factor": _("take the second factor away"),
    "renew": _("send anew"),
    "renew_recovery_codes": _("make new recovery codes"),
    "reopen": _("open again"),
    "resolve": _("resolve"),
    "rest": _("rest present"),
    "results": _("results"),
    "resume": _("resume"),
    "retake": _("plan a retake"),
    "return": _("return"),
    "revoke": _("take away"),
    "roster": _("roster"),
    "seed": _("load the example"),
    "series": _("plan a series"),
    "sessions": _("sessions"),
    "sheet": _("result sheet"),
    "substitute": _("substitute"),
    "suspend": _("suspend"),
    "track": _("track"),
    "transfer": _("transfer"),
    "unarchive": _("bring back from the archive"),
    "unassign": _("end the assignment"),
    "unfollow": _("take a curriculum back"),
    "void": _("void"),
    "withdraw": _("withdraw"),
    "write": _("write"),
}


def deed_of(kind: str) -> str:
    """What an act of `kind` is called; its own words where there are none of ours."""
    thing, _dot, deed = kind.partition(".")
    words = [str(THINGS.get(thing, thing)), str(DEEDS.get(deed, deed.replace("_", " ")))]
    return ": ".join(word for word in words if word)
