"""Numbers and days as a graph states them in plain text."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

_NUMBER = re.compile(r"^[+-]?(\d{1,15}(\.\d*)?|\.\d+)$")
_DAY = re.compile(r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


def number(text: str) -> Decimal | None:
    """A decimal to six places as the graph states it, or None for what is no plain number.

    >>> number("2.5"), number("1e9"), number("NaN")
    (Decimal('2.500000'), None, None)
    """
    return Decimal(text).quantize(Decimal("0.000001")) if _NUMBER.match(text) else None


def calendar_day(text: str) -> str:
    """The day of a date, nothing for a day that no calendar has.

    >>> calendar_day("2026-02-28"), calendar_day("2026-02-30")
    ('2026-02-28', '')
    """
    try:
        return datetime.date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return ""


def day(text: str) -> str:
    """The day of a date or time stamp, as YYYY-MM-DD; nothing for what is no date.

    >>> day("2026-02-03T10:00:00"), day("2026-13-01")
    ('2026-02-03', '')
    """
    return text[:10] if _DAY.match(text) else ""
