"""A vocabulary for tests, whose names are those of reliability.md 7.3; and rules at random over it."""

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from quanyu.config import Currency
from quanyu.definitions.segment_rule import RuleShape
from quanyu.segments.language.vocabulary import Noun, Sort, Vocabulary
from quanyu.segments.language.words import PURPOSE_LABELS, RELATION_LABELS, Label


def noun(name: str, sort: Sort, *values: str, code: str = "") -> tuple[str, Noun]:
    """Return a name of the text and its noun; labels are the name in capitals, and 名 before it."""
    labels = {value: Label(f"{value}级", value) for value in values}
    return name, Noun(code or name, sort, Label(f"名{name}", name), labels)


VOCABULARY = Vocabulary(
    Currency("CNY", 2),
    dict(
        [
            *(noun(name, Sort.NUMBER) for name in ("a", "b", "x", "age")),
            *(noun(name, Sort.TEXT) for name in ("city", "name", "gender")),
            noun("spend", Sort.MONEY, code="spend_fen"),
            noun("tier", Sort.CHOICE, "Silver", "Gold", "Black"),
            noun("birthday", Sort.MONTH_DAY),
            noun("joined", Sort.DAY),
        ]
    ),
    {"pay_success": Label("支付成功", "payment"), "product_view": Label("浏览商品", "product view")},
    tags=dict([noun("heavy", Sort.CHOICE, "yes"), noun("visits", Sort.NUMBER), noun("taste", Sort.TEXT)]),
    models=dict(
        [noun("5r", Sort.CHOICE, "r1", "r2", "r3", "r4", "r5"), noun("aipl", Sort.CHOICE, "interest", "loyalty")]
    ),
    segments={
        "b": ("a",),
        "plain": (),
        "loop": ("loop",),
        **{f"deep_{number}": (f"deep_{number + 1}",) for number in range(1, 9)},
    },
    own="a",
)

_NUMBER = st.integers(-(10**6), 10**6)
_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=6)
_TIMES = st.one_of(
    st.just({}),
    st.just({"at_most": 0}),
    st.integers(1, 99).map(lambda least: {"at_least": least}),
    st.integers(1, 99).map(lambda most: {"at_most": most}),
    st.tuples(st.integers(1, 50), st.integers(50, 99)).map(lambda pair: {"at_least": pair[0], "at_most": pair[1]}),
)
_BOUNDS = st.one_of(
    _NUMBER.map(lambda bound: {"at_least": bound}),
    _NUMBER.map(lambda bound: {"at_most": bound}),
    st.tuples(_NUMBER, st.integers(0, 999)).map(lambda pair: {"at_least": pair[0], "at_most": pair[0] + pair[1]}),
)
_KNOWN = st.booleans().map(lambda known: {"known": known})
_DAYS = st.integers(1, 1095)


def _among(values: Any) -> Any:
    return st.lists(values, min_size=1, max_size=4, unique=True).map(lambda found: {"is": tuple(found)})


def _attribute(names: tuple[str, ...], asked: Any) -> Any:
    return st.tuples(st.sampled_from(names), asked).map(lambda pair: {"attribute": {"name": pair[0], **pair[1]}})


def _counted(kind: str, **fixed: Any) -> Any:
    return st.tuples(st.fixed_dictionaries(fixed), _TIMES).map(lambda pair: {kind: {**pair[0], **pair[1]}})


def _put(key: str, values: Any) -> Any:
    return values.map(lambda value: {key: value})


def _both(*parts: Any) -> Any:
    """Return mappings made of one of each part."""
    return st.tuples(*parts).map(lambda found: {key: value for part in found for key, value in part.items()})


_NONE = st.just({})
_FILTERS = st.one_of(
    _NONE,
    _put(
        "where",
        st.dictionaries(
            st.sampled_from(("channel", "store")),
            st.lists(_TEXT, min_size=1, max_size=3, unique=True).map(tuple),
            min_size=1,
        ),
    ),
)
_ORDER_FILTERS = _both(
    _FILTERS,
    st.one_of(_NONE, st.integers(0, 999).map(lambda least: {"least": {"net_fen": least}})),
    st.one_of(_NONE, st.integers(1000, 9999).map(lambda most: {"most": {"net_fen": most, "discount_fen": most}})),
)
_ACTS = st.one_of(
    _both(st.just({"what": "order"}), _ORDER_FILTERS),
    _both(st.just({"what": "order_line"}), _FILTERS, _put("most", st.just({"qty": 3}))),
    _both(st.just({"what": "event"}), _FILTERS, st.sampled_from(({}, {"type": "pay_success"}, {"activity": "deep"}))),
)
_CALENDAR = st.one_of(
    _put("this", st.sampled_from(("week", "month", "quarter", "year"))),
    _put(
        "whole",
        _both(
            _put("unit", st.sampled_from(("week", "month", "quarter", "year"))),
            _put("count", st.integers(1, 120)),
            st.one_of(_NONE, _put("ago", st.integers(1, 120))),
        ),
    ),
)
_WINDOWS = st.one_of(
    _NONE,
    _put("days", _DAYS),
    st.tuples(st.integers(1, 500), st.integers(1, 500)).map(lambda pair: {"days": pair[0], "ago": pair[1]}),
    _put("from", st.dates()),
    _put("until", st.dates()),
    _put("during", _TEXT),
    _CALENDAR,
    st.tuples(st.dates(max_value=date(2030, 1, 1)), st.integers(1, 99)).map(
        lambda pair: {"from": pair[0], "until": pair[0] + timedelta(pair[1])}
    ),
)
# Counted in a window of days and nothing else is what `order` and `event` say, and reads back as those.
_LONG = st.one_of(_put("from", st.dates()), _put("during", _TEXT), st.just({"days": 30, "ago": 7}), _CALENDAR, _NONE)
_DIDS = st.one_of(
    _both(_ACTS, _LONG, _TIMES),
    _both(st.just({"what": "order_line"}), _WINDOWS, _TIMES),
    _both(
        st.just({"what": "order", "of": "net_fen"}),
        _ORDER_FILTERS,
        _WINDOWS,
        _put("measure", st.sampled_from(("sum", "avg", "min", "max"))),
        _BOUNDS,
    ),
    _both(
        st.just({"what": "event", "of": "day", "measure": "distinct"}),
        _FILTERS,
        _WINDOWS,
        _put("at_least", st.integers(1, 9)),
    ),
)
_STEPS = st.one_of(_ACTS, _both(_ACTS, _put("without", _ACTS)))
_STAGES = st.lists(st.sampled_from(("r1", "r2", "r3")), min_size=1, max_size=3, unique=True).map(tuple)

LEAVES = st.one_of(
    _put("did", _DIDS),
    _put("first", _both(_ACTS, _WINDOWS)),
    _put("last", _both(_ACTS, _WINDOWS)),
    _put(
        "sequence",
        _both(
            _put("steps", st.tuples(_ACTS, st.lists(_STEPS, min_size=1, max_size=2)).map(lambda s: (s[0], *s[1]))),
            _put("days", _DAYS),
            st.one_of(_NONE, _put("gap_days", st.integers(0, 30))),
            st.one_of(_NONE, _both(_put("then_not", _ACTS), _put("then_days", _DAYS))),
        ),
    ),
    _put("tag", _both(st.just({"code": "heavy"}), st.sampled_from(({}, {"is": ("yes",)})))),
    _put("tag", _both(st.just({"code": "visits"}), _BOUNDS)),
    _put("tag", _both(st.just({"code": "taste"}), _among(_TEXT))),
    _put("stage", _both(st.just({"model": "5r"}), _put("is", _STAGES), st.one_of(_NONE, _put("on", st.dates())))),
    _put(
        "changed",
        _both(
            st.just({"model": "5r"}), _put("days", _DAYS), _put("from", _STAGES), st.one_of(_NONE, _put("to", _STAGES))
        ),
    ),
    _put("changed", _both(st.just({"model": "5r", "to": ("none",)}), _put("days", _DAYS))),
    st.just({"segment": "plain"}),
    _put("list", st.just({"file": "lists/own.csv"})),
    _put(
        "list",
        _both(
            _put("file", st.sampled_from(("lists/own.csv", "lists/b/名单.CSV"))),
            _put("identifier", st.sampled_from(("mobile", "openid"))),
            st.one_of(_NONE, _put("namespace", _TEXT)),
        ),
    ),
    _put("sample", _both(_put("percent", st.integers(1, 99)), _put("seed", _TEXT))),
    _attribute(("age", "spend_fen"), st.one_of(_BOUNDS, _KNOWN)),
    _attribute(("city", "name"), st.one_of(_among(_TEXT), _KNOWN)),
    _attribute(("tier",), st.one_of(_among(st.sampled_from(("Silver", "Gold", "Black"))), _KNOWN)),
    _attribute(("birthday",), _among(st.sampled_from(("02-29", "12-31", "01-01")))),
    _attribute(("joined",), _among(st.dates().map(str))),
    _counted("event", type=st.sampled_from(("pay_success", "product_view")), days=_DAYS),
    _counted("event", activity=st.sampled_from(("passive", "shallow", "deep", "transaction", "negative")), days=_DAYS),
    _counted("order", days=_DAYS),
    _counted("order", days=_DAYS, line=st.sampled_from(("online", "offline"))),
    st.tuples(st.sampled_from((None, *RELATION_LABELS)), st.booleans()).map(
        lambda pair: {"relation": {"live": pair[1], **({} if pair[0] is None else {"type": pair[0]})}}
    ),
    st.sampled_from(tuple(PURPOSE_LABELS)).map(lambda purpose: {"consent": purpose}),
    st.sampled_from(("wecom", "sms", "push", "subscription", "ads", "store")).map(lambda means: {"reach": means}),
).map(RuleShape.model_validate)
"""Every leaf there is."""


def _nodes(inner: Any) -> Any:
    groups = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.one_of(
        groups.map(lambda parts: RuleShape.model_validate({"all": parts})),
        groups.map(lambda parts: RuleShape.model_validate({"any": parts})),
        inner.map(lambda part: RuleShape.model_validate({"not": part})),
    )


RULES = st.recursive(LEAVES, _nodes, max_leaves=12)
"""Rules in which no group has a single part: a group of one has no text of its own."""
