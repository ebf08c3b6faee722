"""What servers say with Retry-After."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from recdial.retry_after import retry_after_s


def test_retry_after_may_be_a_date_or_nonsense() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert 90 < retry_after_s(soon, 1.0) <= 100
    assert retry_after_s("7", 1.0) == 7
    for nonsense in ("", "soon", "nan", "-5"):
        assert 0 <= retry_after_s(nonsense, 1.0) <= 1


def test_a_server_that_says_nothing_or_for_ever_leaves_it_to_the_caller() -> None:
    assert retry_after_s(None, None) is None
    assert retry_after_s("inf", None) is None
