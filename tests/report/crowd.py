"""What people of the shop did besides buying: events, relations, shares, messages, so that every model has rows."""

import datetime as dt
from typing import Any

CHANNELS = (
    ("ads", "朋友圈广告", "Moments <ads>", "public", "traffic", "online", None),
    ("mini", "小程序", "Mini-program", "private", "store", "online", "mini_program"),
    ("wecom", "企业微信", "WeCom", "private", "pool", "online", "dedicated_service"),
    ("stores", "门店", "Stores", "private", "store", "offline", None),
)
# Who does what, so many days before the end: persons from a to b, every step days, on a channel and touchpoint.
_HABITS = (
    ("ad_impression", 1, 60, 9, "ads", "card"),
    ("ad_impression", 61, 90, 53, "ads", "card"),
    ("ad_click", 1, 30, 17, "ads", "card"),
    ("product_view", 1, 40, 11, "mini", "home"),
    ("cart_added", 1, 20, 19, "mini", "home"),
    ("consult", 5, 25, 23, "wecom", "chat"),
)


def crowd(as_of: dt.date) -> dict[str, list[dict[str, Any]]]:
    """Rows of events, channels, touchpoints, relations, memberships, shares, messages up to the date."""
    return {
        "event": _events(as_of),
        "channel": [
            {"channel_id": key, "name_zh": zh, "name_en": en, "domain": domain, "role": role, "line": line,
             "fp_venue": venue}
            for key, zh, en, domain, role, line, venue in CHANNELS
        ],
        "touchpoint": [
            {"touchpoint_id": key, "channel_id": channel, "name_zh": f"触点{key}", "name_en": key.title()}
            for key, channel in (("card", "ads"), ("home", "mini"), ("chat", "wecom"))
        ],
        "membership": [
            {"member_id": f"m{n}", "identifier_id": n, "joined_at": dt.datetime(2023, 1 + n % 12, 3)}
            for n in range(1, 31)
        ],
        "relation": [
            {"relation_id": f"r{n}", "identifier_id": n, "type": "dedicated_service", "channel_id": "wecom",
             "started_at": dt.datetime(2023, 1 + n % 12, 5),
             "ended_at": dt.datetime(2024, 5, 9) if n % 10 == 0 else None}
            for n in range(1, 46)
        ],
        "share": [
            {"share_id": f"s{n}", "identifier_id": n, "channel_id": "mini", "occurred_at": dt.datetime(2024, 5, n),
             "local_date": dt.date(2024, 5, n)}
            for n in range(1, 6)
        ],
        "referral": [
            {"referral_id": f"f{n}", "share_id": f"s{n}", "identifier_id": 40 + n,
             "visited_at": dt.datetime(2024, 5, n, 9)}
            for n in range(1, 6)
        ],
    }  # fmt: skip


def _events(as_of: dt.date) -> list[dict[str, Any]]:
    rows = []
    for kind, first, last, every, channel, touchpoint in _HABITS:
        for person in range(first, last + 1):
            for number in range(12):
                day = as_of - dt.timedelta(days=(person * 7) % every + every * number)
                rows.append(
                    {"event_id": f"{kind}-{person}-{number}", "identifier_id": person, "type": kind,
                     "occurred_at": dt.datetime.combine(day, dt.time(8)), "local_date": day,
                     "channel_id": channel, "touchpoint_id": touchpoint}
                )  # fmt: skip
    return rows
