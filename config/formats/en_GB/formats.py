"""Days and times as they are written here: 10 Aug 2023, 08:00. Nobody in this field of work says 8 a.m."""

DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j M Y, H:i"
