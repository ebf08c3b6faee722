"""What a server asks with `Retry-After` (RFC 9110, 10.2.3)."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

T = TypeVar("T")


def retry_after_s(value: str | None, otherwise: T) -> float | T:
    """The seconds it asks to be left alone, as a number or a date; `otherwise` if it says neither.

    Never endless: a server that says so has said nothing.
    """
    if value is None:
        return otherwise
    try:
        return max(0.0, float(value)) if math.isfinite(float(value)) else otherwise
    except ValueError:
        pass  # then it is a date, or nothing we know
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return otherwise
    now = datetime.now(UTC if until.tzinfo else None)
    return max(0.0, (until - now).total_seconds())
