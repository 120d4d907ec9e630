"""What every list shares: a page of it, in an order that the address asks for."""

from collections.abc import Mapping

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

PER_PAGE = 50


def page_of(
    request: HttpRequest,
    rows: QuerySet,
    orders: Mapping[str, tuple[str, ...]],
    per_page: int = PER_PAGE,
    *,
    few: bool = False,
) -> Page:
    """The page of `rows` that the address asks for: `?sort=-code&page=2`. Whatever makes no sense there is the first.

    `orders` maps what may stand in the address to the columns to sort by; a minus before it turns all of them round.
    A `few` rows are fetched all at once, not counted first.
    """
    wanted = request.GET.get("sort", "")
    columns = orders.get(wanted.removeprefix("-"))
    if columns:
        down = wanted.startswith("-")
        rows = rows.order_by(*(f"-{column}" if down else column for column in columns), "pk")
    return Paginator(list(rows) if few else rows, per_page).get_page(request.GET.get("page"))
