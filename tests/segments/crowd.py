"""Small random worlds of persons, and random rules over them."""

import datetime as dt
from typing import Any

from hypothesis import strategies as st

AS_OF = dt.date(2024, 6, 30)
ZONE = "Asia/Shanghai"
PERSONS = (1, 2, 3, 4)
SOMEBODY = st.sampled_from([*PERSONS, *PERSONS, None])
"""Whose row it is; None: nobody known."""
STRANGER = 99
"""In no table of persons: gives every table a row, so that every rule can be judged."""
Rows = list[dict[str, Any]]

DAYS = st.integers(-2, 12).map(lambda ago: AS_OF - dt.timedelta(days=ago))
SPANS = st.tuples(st.integers(-2, 12), st.integers(1, 9), st.booleans())
ALWAYS = dt.date(9999, 12, 31)
STAGES = ("r1", "r2", "r3", "r4")


def _moment(day: dt.date, minute: int) -> dt.datetime:
    """Noon of a day and some minutes, so that two things often happen at one moment."""
    return dt.datetime.combine(day, dt.time(4, minute))


def _event(number: int, drawn: tuple[Any, ...]) -> dict[str, Any]:
    person, day, minute, kind, channel, product, seconds = drawn
    activity = {"product_view": "shallow", "follow": "deep", "add_to_cart": "deep"}[kind]
    return {
        "event_id": f"e{number}",
        "person_id": person,
        "local_date": day,
        "occurred_at": _moment(day, minute),
        "type": kind,
        "activity": activity,
        "channel_id": channel,
        "product_id": product,
        "duration_s": seconds,
    }


def _order(number: int, drawn: tuple[Any, ...]) -> dict[str, Any]:
    person, day, minute, channel, net, is_valid, has_moment = drawn
    return {
        "order_id": f"o{number}",
        "person_id": person,
        "local_date": day,
        "paid_at": _moment(day, minute) if has_moment else None,
        "ordered_channel_id": channel,
        "net_fen": net,
        "is_valid": is_valid,
    }


def _line(number: int, drawn: tuple[Any, ...]) -> dict[str, Any]:
    person, day, order, category, product, net, is_valid = drawn
    return {
        "order_id": f"o{order}",
        "line_no": number,
        "person_id": person,
        "local_date": day,
        "category_id": category,
        "product_id": product,
        "net_fen": net,
        "is_valid": is_valid,
    }


def _span(drawn: tuple[int, int, bool]) -> tuple[dt.date, dt.date]:
    ago, length, is_open = drawn
    start = AS_OF - dt.timedelta(days=ago)
    return start, ALWAYS if is_open else start + dt.timedelta(days=length)


def _spans(drawn: dict[int, list[tuple[int, int, str]]]) -> Rows:
    """Spans of stages of each person one after the other, with or without a gap."""
    rows: Rows = []
    for person, pieces in drawn.items():
        day = AS_OF - dt.timedelta(days=14)
        before = None
        for gap, length, stage in pieces:
            day += dt.timedelta(days=gap + (stage == before and not gap))
            until = day + dt.timedelta(days=length)
            rows.append({"person_id": person, "stage": stage, "from_date": day, "until_date": until})
            day, before = until, stage
    return [{"model": "5r", "scope": "brand", **row} for row in rows]


CHANNELS = st.sampled_from(["pos", "mini", None])
CATEGORIES = st.sampled_from(["a", "b", None])
PRODUCTS = st.sampled_from(["p", "q", None])
MONEY = st.sampled_from([-100, 0, 100, 200])
MINUTES = st.integers(0, 2)
EVENTS = st.lists(
    st.tuples(
        SOMEBODY,
        DAYS,
        MINUTES,
        st.sampled_from(["product_view", "follow", "add_to_cart"]),
        CHANNELS,
        PRODUCTS,
        st.sampled_from([None, 5, 30]),
    ),
    min_size=8,
    max_size=16,
)
ORDERS = st.lists(
    st.tuples(SOMEBODY, DAYS, MINUTES, CHANNELS, MONEY, st.booleans(), st.booleans()), min_size=5, max_size=10
)
LINES = st.lists(
    st.tuples(SOMEBODY, DAYS, st.integers(0, 3), CATEGORIES, PRODUCTS, MONEY, st.booleans()), min_size=5, max_size=10
)
TAGS = st.lists(st.tuples(st.sampled_from(PERSONS), SPANS, st.sampled_from(["1", "5", "9"])), max_size=5)
RELATIONS = st.lists(st.tuples(SOMEBODY, SPANS, st.sampled_from(["member", "shop_follow"])), max_size=5)
REACHES = st.lists(
    st.tuples(st.sampled_from(PERSONS), SPANS, st.sampled_from(["wx", "mini", "type:group_member"]), st.booleans()),
    max_size=5,
)
# Few persons and days: words that contradict each other at one moment are wanted.
RECENT = st.integers(-1, 1).map(lambda ago: AS_OF - dt.timedelta(days=ago))
WORDS = st.lists(st.tuples(st.sampled_from([1, 5, 2]), RECENT, st.just(0), st.booleans()), min_size=4, max_size=8)
LISTED = st.sets(st.sampled_from(PERSONS))
FACTS = st.dictionaries(st.sampled_from(PERSONS), st.one_of(st.none(), st.integers(0, 3)))
HISTORIES = st.fixed_dictionaries(
    dict.fromkeys(
        PERSONS, st.lists(st.tuples(st.integers(0, 3), st.integers(1, 6), st.sampled_from(STAGES)), max_size=4)
    )
)


@st.composite
def crowds(draw: st.DrawFn) -> dict[str, Rows]:
    """Draw the tables that rules read, each with a row of a stranger or of nobody."""
    far = AS_OF - dt.timedelta(days=900)
    events = [_event(number, one) for number, one in enumerate(draw(EVENTS))]
    orders = [_order(number, one) for number, one in enumerate(draw(ORDERS))]
    lines = [_line(number, one) for number, one in enumerate(draw(LINES))]
    tags = [("level", person, value, *_span(span)) for person, span, value in draw(TAGS)]
    ties = [(kind, person, *_span(span)) for person, span, kind in draw(RELATIONS)]
    reaches = [(channel, person, is_open, *_span(span)) for person, span, channel, is_open in draw(REACHES)]
    reaches = list({one[:2]: one for one in reaches}.values())
    words = [(one, _moment(day, minute), yes) for one, day, minute, yes in draw(WORDS)]
    facts = draw(FACTS)
    spans = [*_spans(draw(HISTORIES)), *_spans({STRANGER: [(0, 1, "r1")]})]
    held = [row for row in spans if row["from_date"] <= AS_OF < row["until_date"] or row["person_id"] == STRANGER]
    return {
        "person": [{"person_id": one} for one in PERSONS],
        # Identifier 5 belongs to the first person too; nobody is known by the sixth.
        "identifier_person": [
            *({"identifier_id": one, "person_id": one} for one in PERSONS),
            {"identifier_id": 5, "person_id": 1},
            {"identifier_id": 6, "person_id": None},
        ],
        "channel": [
            {"channel_id": "pos", "line": "offline", "platform": "pos"},
            {"channel_id": "mini", "line": "online", "platform": "wechat"},
            {"channel_id": "wx", "line": "online", "platform": "wecom"},
        ],
        "campaign": [
            {"campaign_id": "past", "starts_on": AS_OF - dt.timedelta(days=9), "ends_on": AS_OF - dt.timedelta(days=6)},
            {"campaign_id": "running", "starts_on": AS_OF - dt.timedelta(days=2), "ends_on": None},
        ],
        "event_fact": [*events, _event(99, (None, AS_OF, 0, "product_view", None, None, None))],
        "order_fact": [*orders, _order(99, (None, AS_OF, 0, None, 0, True, True))],
        "order_line_fact": [*lines, _line(99, (None, AS_OF, 99, None, None, 0, True))],
        "person_tag": [
            {"tag_code": code, "person_id": one, "value": value, "number": value, "from_date": since, "to_date": until}
            for code, one, value, since, until in [*_apart(tags), ("level", STRANGER, "1", far, ALWAYS)]
        ],
        "relation_fact": [
            {"relation_id": f"t{number}", "type": kind, "person_id": one, "from_date": since, "until_date": until}
            for number, (kind, one, since, until) in enumerate([*ties, ("member", STRANGER, far, ALWAYS)])
        ],
        "reach_span": [
            {"channel_id": channel, "person_id": one, "reachable": is_open, "from_date": since, "until_date": until}
            for channel, one, is_open, since, until in [*reaches, ("type:group_member", STRANGER, True, far, ALWAYS)]
        ],
        "consent": [
            {
                "consent_id": f"c{number}",
                "identifier_id": one,
                "purpose": "marketing_wecom",
                "granted": yes,
                "occurred_at": at,
            }
            for number, (one, at, yes) in enumerate([*words, (6, _moment(far, 0), True)])
        ],
        "person_fact": [
            *({"person_id": one, "as_of": AS_OF, "recency_days": days} for one, days in facts.items()),
            {"person_id": STRANGER, "as_of": AS_OF, "recency_days": 1},
        ],
        "segment_list": [
            {"list": "lists/own.csv (mobile)", **dict.fromkeys(("entries", "matched", "unmatched"), 3)}
            | {"repeated": 0, "malformed": 0}
        ],
        "segment_list_person": [{"list": "lists/own.csv (mobile)", "person_id": one} for one in draw(LISTED)]
        + [{"list": "lists/other.csv (mobile)", "person_id": 1}],
        "stage_span": spans,
        "stage_snapshot": [
            {"model": "5r", "scope": "brand", "date": AS_OF, "person_id": row["person_id"], "stage": row["stage"]}
            for row in held
        ],
    }


def _apart(tags: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Keep one span of the tag per person: a person has one value at a time."""
    return list({one[1]: one for one in tags}.values())


WHERES: dict[str, st.SearchStrategy[dict[str, list[str]]]] = {
    "event": st.sampled_from([{}, {"channel": ["pos"]}, {"product": ["p", "q"]}]),
    "order": st.sampled_from([{}, {"channel": ["mini"]}]),
    "order_line": st.sampled_from([{}, {"category": ["a"]}, {"category": ["a", "b"], "product": ["p"]}]),
}
NUMBERS = {"event": "duration_s", "order": "net_fen", "order_line": "net_fen"}
FIELDS = {"event": "channel", "order": "day", "order_line": "category"}
WINDOWS = st.one_of(
    st.just({}),
    st.sampled_from([{"during": "past"}, {"during": "running"}]),
    st.builds(
        lambda unit, count, ago: {"whole": {"unit": unit, "count": count, "ago": ago}},
        st.sampled_from(["week", "month"]),
        st.integers(1, 2),
        st.integers(0, 2),
    ),
    st.sampled_from([{"this": "week"}, {"this": "month"}]),
    st.builds(lambda days: {"days": days}, st.integers(1, 8)),
    st.builds(lambda days, ago: {"days": days, "ago": ago}, st.integers(1, 6), st.integers(0, 6)),
    st.builds(
        lambda start, length: {
            "from": (AS_OF - dt.timedelta(days=start)).isoformat(),
            "until": (AS_OF - dt.timedelta(days=start - length)).isoformat(),
        },
        st.integers(0, 12),
        st.integers(1, 8),
    ),
)
BOUNDS = st.sampled_from([{"at_least": 1}, {"at_least": 2}, {"at_most": 1}, {"at_most": 0}, {"at_least": 0}])
SUMS = st.sampled_from([{"at_least": 100}, {"at_most": 150}, {"at_least": -50}, {"at_least": 0, "at_most": 200}])


@st.composite
def acts(draw: st.DrawFn, *, windowed: bool = True) -> dict[str, Any]:
    """Draw things of one kind, in a window when wanted."""
    what = draw(st.sampled_from(sorted(WHERES)))
    said: dict[str, Any] = {"what": what, "where": draw(WHERES[what])}
    if what == "event":
        said |= draw(st.sampled_from([{}, {"type": "product_view"}, {"activity": "deep"}]))
    if draw(st.booleans()):
        said |= draw(st.sampled_from([{"least": {NUMBERS[what]: 100}}, {"most": {NUMBERS[what]: 100}}]))
    return {**said, **(draw(WINDOWS) if windowed else {})}


@st.composite
def dids(draw: st.DrawFn) -> dict[str, Any]:
    """Draw how often or how much somebody did a thing."""
    said = draw(acts())
    measure = draw(st.sampled_from(["count", "count", "sum", "avg", "min", "max", "distinct"]))
    if measure == "count":
        return {**said, **draw(st.one_of(st.just({}), BOUNDS))}
    if measure == "distinct":
        return {**said, "measure": measure, "of": FIELDS[said["what"]], **draw(BOUNDS)}
    return {**said, "measure": measure, "of": NUMBERS[said["what"]], **draw(SUMS)}


@st.composite
def sequences(draw: st.DrawFn) -> dict[str, Any]:
    """Draw steps one after the other, with or without a gap and an absence at their end."""
    step = st.one_of(st.sampled_from([{"what": "event"}, {"what": "order"}]), acts(windowed=False))
    first, *later = draw(st.lists(step, min_size=2, max_size=3))
    steps = [first, *({**one, "without": draw(step)} if draw(st.booleans()) else one for one in later)]
    said: dict[str, Any] = {"steps": steps, "days": draw(st.integers(2, 14))}
    if draw(st.booleans()):
        said["gap_days"] = draw(st.integers(0, 4))
    if draw(st.booleans()):
        said |= {"then_not": draw(acts(windowed=False)), "then_days": draw(st.integers(1, 4))}
    return said


SIDES = st.lists(st.sampled_from([*STAGES, "none"]), min_size=1, max_size=2, unique=True)
CHANGES = st.one_of(
    st.builds(lambda a, days: {"model": "5r", "from": a, "days": days}, SIDES, st.integers(1, 14)),
    st.builds(lambda b, days: {"model": "5r", "to": b, "days": days}, SIDES, st.integers(1, 14)),
    st.builds(lambda a, b, days: {"model": "5r", "from": a, "to": b, "days": days}, SIDES, SIDES, st.integers(1, 14)),
)
OFTEN = st.one_of(st.just({}), st.sampled_from([{"at_least": 2}, {"at_most": 1}, {"at_most": 0}]))
KINDS = (
    dids().map(lambda said: {"did": said}),
    acts().map(lambda said: {"first": said}),
    acts().map(lambda said: {"last": said}),
    sequences().map(lambda said: {"sequence": said}),
    CHANGES.map(lambda said: {"changed": said}),
    st.just({"consent": "marketing_wecom"}),
    st.just({"reach": "wecom"}),
    st.builds(
        lambda stages, day: {"stage": {"model": "5r", "is": stages, **day}},
        st.lists(st.sampled_from(STAGES), min_size=1, max_size=2, unique=True),
        st.one_of(st.just({}), DAYS.map(lambda day: {"on": day.isoformat()})),
    ),
    st.sampled_from(
        [
            {"tag": {"code": "level"}},
            {"tag": {"code": "level", "is": ["5"]}},
            {"tag": {"code": "level", "at_least": 5}},
            {"relation": {"type": "member"}},
            {"relation": {"live": False}},
            {"attribute": {"name": "days_since_last", "at_least": 1, "at_most": 2}},
            {"attribute": {"name": "days_since_last", "known": False}},
            {"attribute": {"name": "stage_5r", "is": ["r1"]}},
            {"segment": "buyers"},
            {"sample": {"percent": 50, "seed": "x"}},
            {"persons": [1, 3]},
            {"list": {"file": "lists/own.csv", "identifier": "mobile"}},
        ]
    ),
    st.builds(
        lambda kind, days, often: {"event": {**kind, "days": days, **often}},
        st.sampled_from([{"type": "follow"}, {"activity": "shallow"}]),
        st.integers(1, 12),
        OFTEN,
    ),
    st.builds(
        lambda line, days, often: {"order": {**line, "days": days, **often}},
        st.sampled_from([{}, {"line": "online"}]),
        st.integers(1, 12),
        OFTEN,
    ),
)
TREES = st.recursive(
    st.one_of(*KINDS),
    lambda parts: st.one_of(
        st.lists(parts, min_size=1, max_size=3).map(lambda some: {"all": some}),
        st.lists(parts, min_size=1, max_size=3).map(lambda some: {"any": some}),
        parts.map(lambda one: {"not": one}),
    ),
    max_leaves=4,
)
RULES = st.tuples(*KINDS, *KINDS, TREES, TREES).map(list)
"""One condition of every kind, twice, and trees of them."""
