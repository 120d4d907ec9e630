"""How one mark, of attendance or of a result, is answered to the script that sent it (docs/developers.md)."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.acts import Conflict
from accounts.forms import ActForm
from accounts.models import Act

Said = dict[str, str]


def mark_answer(
    request: HttpRequest, form: ActForm, save: Callable[[], Said], theirs: Callable[[], dict[str, Any]]
) -> JsonResponse:
    """Write one mark by `save` and tell what it says (200), or in words, by field, why not (422).

    Where somebody else was faster, or no version came with the mark, `theirs` tells what stands there now (409).
    """
    if form.is_valid():
        try:
            if "seen" not in request.POST:
                raise Conflict
            return JsonResponse(save())
        except ValidationError as error:
            form.refuse(error)
        except Conflict as conflict:
            return JsonResponse({"message": str(conflict), "theirs": theirs()}, status=409)
    errors = {"" if name == NON_FIELD_ERRORS else name: list(told) for name, told in form.errors.items()}
    return JsonResponse({"errors": errors}, status=422)


def saved(act: Act, value: str, words: Any, note: str = "") -> Said:
    """What `save` says: the mark as it stands, and the version that the next one has to carry."""
    return {"seen": str(act.key), "value": value, "words": str(words), "at": _clock(act), "note": note}


def stands(act: Act | None, value: str, words: Any) -> Said:
    """What `theirs` says: who put there what, and when. `act` is None where nobody did. A cleared mark carries no version."""
    seen = str(act.key) if act and value else ""
    return {"seen": seen, "value": value, "words": str(words), "by": str(act.user) if act else "", "at": _clock(act)}


def _clock(act: Act | None) -> str:
    """When it was, in the time zone that the view has activated."""
    return date_format(timezone.localtime(act.at), "H:i") if act else ""
