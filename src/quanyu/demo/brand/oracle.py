"""What is true of every person at the end: 5R, AIPL, FAST+ layer and life cycle, from their own clean history.

Written from the definitions (domain M-05, M-06, M-08, M-09, M-23) in plain array arithmetic, not from quanyu's SQL:
it judges that.  Windows and periods are those of the flavour's industry.  The last day of history is day `END`.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from quanyu.demo.brand import days
from quanyu.demo.brand.chance import Ints, Mask

END: Final = days.DAYS - 1
NEVER: Final = -100_000
PASSIVE: Final = ("ad_impression", "message_delivered", "store_passage")
SHALLOW: Final = ("ad_click", "message_click", "product_view", "page_view", "live_view", "like", "category_search",
                  "group_click", "vote")  # fmt: skip
DEEP: Final = (
    "follow", "contact_added", "group_joined", "member_joined", "subscribed", "cart_added", "wishlist_added",
    "coupon_claimed", "search", "consult", "service_booked", "qr_scan", "share", "sign_in", "redeem", "live_long_view",
    "group_message", "task_done",
)  # fmt: skip
FP_START: Final = days.LAST_MONTH
"""First day of the running FAST+ period: October begins a month and a quarter, so it holds for every flavour."""
_MATURE: Final = {"grocery": 8}
_FALLBACK: Final = {"grocery": (30, 90), "beauty": (180, 365), "apparel": (120, 365)}
MIN_GAPS: Final = 500
STAGES_5R: Final = ("r0", "r1", "r2", "r3", "r4", "r5")
STAGES_AIPL: Final = ("none", "awareness", "interest", "purchase", "loyalty")
LAYERS: Final = ("l0", "l1", "l2", "l3", "l4", "l5")
LIFECYCLE: Final = ("none", "intro", "growth", "mature", "dormant", "lost")


@dataclass(frozen=True, slots=True)
class Acts:
    """Things that happened: whose (place), on which day, of which type of event."""

    at: Ints
    day: Ints
    type: np.ndarray

    def latest(self, types: tuple[str, ...], persons: int) -> Ints:
        """Return the last day on which each person did something of these types."""
        own = np.isin(self.type, types)
        last = np.full(persons, NEVER)
        np.maximum.at(last, self.at[own], self.day[own])
        return last


@dataclass(frozen=True, slots=True)
class History:
    """What the oracle knows of the persons of a piece.

    `bought_at`, `bought_day`: valid orders; `member_order`: in which the export names the member.  `spread_at`,
    `spread_day`, `spread_order`: positive reviews and shares that sold.  `in_capital` and `is_member` hold at the end.
    `registered`: day of the first relation, or NEVER.
    """

    persons: int
    acts: Acts
    bought_at: Ints
    bought_day: Ints
    member_order: Mask
    spread_at: Ints
    spread_day: Ints
    in_capital: Mask
    is_member: Mask
    registered: Ints


def purchase_days(at: Ints, day: Ints) -> tuple[Ints, Ints]:
    """Return persons and days of the distinct purchase days, sorted."""
    both = np.unique(at * 10_000 + day + 2_000)
    return both // 10_000, both % 10_000 - 2_000


def stage_5r(history: History) -> Ints:
    """Return the 5R stage of each person, 0 outside the assets (M-05, windows of fast-moving goods)."""
    n, acts = history.persons, history.acts
    at, day = purchase_days(history.bought_at, history.bought_day)
    bought = _count(at[_within(day, 365)], n)
    spread = _count(history.spread_at[_within(history.spread_day, 365)], n)
    views = acts.type == "product_view"
    view_at, view_day = purchase_days(acts.at[views], acts.day[views])
    view_days = _count(view_at[_within(view_day, 90)], n)
    return _highest(
        (_within(acts.latest(PASSIVE, n), 30), 1),
        (_within(acts.latest(SHALLOW, n), 30), 2),
        (_within(acts.latest(DEEP, n), 90) | (view_days >= 3), 3),
        (bought >= 1, 4),
        ((bought >= 2) | ((bought >= 1) & (spread >= 1)), 5),
    )


def stage_aipl(history: History) -> Ints:
    """Return the AIPL stage of each person, 0 for none (M-06)."""
    n, acts = history.persons, history.acts
    at, day = purchase_days(history.bought_at, history.bought_day)
    thirty_months = (np.datetime64("2026-11") - np.timedelta64(30, "M")).astype("datetime64[D]")
    since = int((thirty_months - np.datetime64(days.FIRST.isoformat())).astype(np.int64))
    interest = tuple(kind for kind in (*SHALLOW, *DEEP) if kind != "category_search")
    loyal = _count(at[_within(day, 365)], n) >= 2
    loyal |= _count(history.spread_at[_within(history.spread_day, 365)], n) >= 1
    return _highest(
        (_within(acts.latest((*PASSIVE, "category_search"), n), 15), 1),
        (_within(acts.latest(interest, n), 15), 2),
        (_count(at[day >= since], n) >= 1, 3),
        (loyal, 4),
    )


def fp_layer(history: History) -> Ints:
    """Return the FAST+ layer of each person at the end, in the period that then runs; 0 outside Capital (M-09)."""
    n = history.persons
    at, day = purchase_days(history.bought_at[history.member_order], history.bought_day[history.member_order])
    bought = _count(at[day >= FP_START], n)
    member = history.in_capital & history.is_member
    return _highest(
        (history.in_capital, 1),
        (member, 2),
        (member & (bought >= 1), 3),
        (member & (bought >= 2), 4),
        (member & (bought >= 2) & (_count(history.spread_at, n) >= 1), 5),
    )


def gaps(history: History) -> Ints:
    """Return how many gaps between consecutive purchase days have each length, of those that ended in 730 days."""
    at, day = purchase_days(history.bought_at, history.bought_day)
    own = (at[1:] == at[:-1]) & _within(day[1:], 730)
    return np.bincount((day[1:] - day[:-1])[own], minlength=2_000)[:2_000].astype(np.int64)


def thresholds(gap_counts: Ints, industry: str) -> tuple[int, int]:
    """Return after how many days a buyer is dormant and lost: Q80 and Q95 by nearest rank, or the industry's."""
    total = int(gap_counts.sum())
    if total < MIN_GAPS:
        return _FALLBACK[industry]
    reached = np.cumsum(gap_counts)
    dormant, lost = (int(np.searchsorted(reached, -(-total * share // 100))) for share in (80, 95))
    return dormant, lost


def silence(history: History) -> tuple[Ints, Ints]:
    """Return days since each person's last purchase (else last activity) and the purchase days that judge them.

    Purchase days of the last 365 days count, else all.  Persons of whom nothing is known are silent for ever.
    """
    n = history.persons
    at, day = purchase_days(history.bought_at, history.bought_day)
    last = np.full(n, NEVER)
    np.maximum.at(last, at, day)
    active = history.acts.latest((*SHALLOW, *DEEP, "checkout", "order_paid"), n)
    since = END - np.where(last > NEVER, last, np.maximum(active, history.registered))
    recent = _count(at[_within(day, 365)], n)
    return since, np.where(recent > 0, recent, _count(at, n))


def lifecycle(since: Ints, bought: Ints, cuts: tuple[int, int], industry: str) -> Ints:
    """Return the life-cycle stage of each person, 0 for those of whom nothing is known (M-23)."""
    dormant, lost = cuts
    stage = np.where(bought >= _MATURE.get(industry, 4), 3, np.where(bought >= 2, 2, 1))
    stage = np.where(since > dormant, 4, stage)
    stage = np.where(since > lost, 5, stage)
    return np.where(END - since <= NEVER, 0, stage)


def _within(day: Ints, window: int) -> Mask:
    return (day > END - window) & (day <= END)


def _count(at: Ints, persons: int) -> Ints:
    return np.bincount(at, minlength=persons).astype(np.int64)


def _highest(*held: tuple[Mask, int]) -> Ints:
    stage = np.zeros(len(held[0][0]), np.int64)
    for mask, number in held:
        stage = np.where(mask, number, stage)
    return stage
