"""Days and times where a program is: what a clock on the wall shows there, also in the nights in which clocks change."""

import datetime
import zoneinfo

from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from programs.models import Program

MINUTE = datetime.timedelta(minutes=1)


def zone_of(program: Program) -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo(program.time_zone)


def at_local(day: datetime.date, time: datetime.time, zone: zoneinfo.ZoneInfo) -> datetime.datetime:
    """The moment at which clocks in `zone` show `time` on `day`. ValidationError where none is, or two are, as clocks change."""
    early, late = (datetime.datetime.combine(day, time.replace(fold=fold), zone) for fold in (0, 1))
    said = {"time": f"{time:%H:%M}", "day": date_format(day)}
    if early.utcoffset() == late.utcoffset():
        return early.astimezone(datetime.UTC)
    if early.astimezone(datetime.UTC).astimezone(zone).replace(tzinfo=None, fold=0) != early.replace(tzinfo=None):
        raise ValidationError(
            _("There is no %(time)s on %(day)s: clocks go forward that night. Choose another time.") % said
        )
    raise ValidationError(_("%(time)s comes twice on %(day)s: clocks go back that night. Choose another time.") % said)


def moved(at: datetime.datetime, days: int, zone: zoneinfo.ZoneInfo) -> datetime.datetime:
    """The same time on the clock, so many days later."""
    local = at.astimezone(zone)
    return at_local(local.date() + datetime.timedelta(days=days), local.time(), zone)


def day_of(at: datetime.datetime, zone: zoneinfo.ZoneInfo) -> datetime.date:
    return at.astimezone(zone).date()


def start_of(day: datetime.date, zone: zoneinfo.ZoneInfo) -> datetime.datetime:
    """The first moment of `day`."""
    return datetime.datetime.combine(day, datetime.time(), zone)


def end_of(day: datetime.date, zone: zoneinfo.ZoneInfo) -> datetime.datetime:
    """The first moment after `day`."""
    return start_of(day + datetime.timedelta(days=1), zone)
