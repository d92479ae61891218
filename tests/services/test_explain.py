from datetime import date

import pytest

from quanyu.clock import Period
from quanyu.errors import UserError
from quanyu.services.explain import read_period

AS_OF = date(2026, 2, 12)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        (None, "2026-02-01", "2026-03-01"),
        ("2025", "2025-01-01", "2026-01-01"),
        ("2025-Q4", "2025-10-01", "2026-01-01"),
        ("2024-02", "2024-02-01", "2024-03-01"),
        ("2026-W01", "2025-12-29", "2026-01-05"),
        ("2025-12-31", "2025-12-31", "2026-01-01"),
        ("2026-01-03..2026-01-05", "2026-01-03", "2026-01-05"),
    ],
)
def test_a_period_is_half_open(text: str | None, start: str, end: str):
    assert read_period(text, AS_OF) == Period(date.fromisoformat(start), date.fromisoformat(end))


@pytest.mark.parametrize("text", ["", "26", "2026-Q5", "2026-W60", "2026-02-30", "2026-01-01..", "yesterday", "0000"])
def test_what_is_no_period_is_refused(text: str):
    with pytest.raises(UserError) as refused:
        read_period(text, AS_OF)
    assert refused.value.code == "explain.period"
