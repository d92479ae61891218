"""Stage rules in words: one sentence in Chinese and one in English that say why a stage holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

_ACTIVITIES: Final = {
    "passive": ("被动触达", "passive contact"),
    "shallow": ("浅度互动", "shallow activity"),
    "deep": ("深度互动", "deep activity"),
    "transaction": ("交易", "transaction"),
    "negative": ("负向行为", "negative activity"),
}
_SIGNALS: Final = {
    "purchase": ("购买", "purchase"),
    "member_buy": ("以会员身份购买", "purchase as a member"),
    "review": ("好评", "positive review"),
    "share": ("分享带来购买", "share that brought an order"),
    "capital": ("在可持续运营的私域关系中", "in Capital"),
    "member": ("是会员", "a member"),
    "relation": ("有私域关系", "has a private relation"),
}
_OPEN_WINDOW: Final = 36_500
"""A window of a hundred years stands for a lifetime."""


@dataclass(frozen=True, slots=True)
class Found:
    """One condition of a rule and the latest record it rests on: its day, and of an event its row of `event_type`."""

    shape: str
    signals: tuple[str, ...]
    days: int
    window_days: int | None
    window_months: int | None
    latest: date | None
    event_type: Mapping[str, Any] | None


def sentence(stage: Mapping[str, Any], found: Sequence[Found], since: date, until: date | None) -> tuple[str, str]:
    """Return why a stage holds, in Chinese and in English: what was found, in which windows, until when.

    `stage` is a row of `stage_def`; `until` is the last day on which it holds, None without an end.
    """
    zh = "; ".join(_condition(one, 0) for one in found)
    en = "; ".join(_condition(one, 1) for one in found)
    ends = ("持续有效", "with no end") if until is None else (f"至{until.isoformat()}", f"until {until.isoformat()}")
    return (
        f"{stage['name_zh']}: {zh}, 自{since.isoformat()}{ends[0]}",
        f"{stage['name_en']}: {en}, since {since.isoformat()} {ends[1]}",
    )


def _condition(found: Found, language: int) -> str:
    what = _what(found, language)
    if found.shape == "span":
        return what
    parts = [f"{found.latest.isoformat()} {what}" if found.latest else what]
    if found.days > 1:
        parts.append((f"至少{found.days}个不同日期", f"on at least {found.days} different days")[language])
    parts += _window(found, language)
    return ", ".join(parts)


def _window(found: Found, language: int) -> list[str]:
    if found.shape == "period":
        return [("当期内", "in the running period")[language]]
    if found.window_months is not None:
        return [(f"{found.window_months}个月内有效", f"counts for {found.window_months} months")[language]]
    if found.window_days is not None and found.window_days < _OPEN_WINDOW:
        return [(f"{found.window_days}天内有效", f"counts for {found.window_days} days")[language]]
    return [("长期有效", "counts for a lifetime")[language]]


def _what(found: Found, language: int) -> str:
    if found.event_type is not None:
        name = found.event_type[("name_zh", "name_en")[language]]
        return f"{name}, {_ACTIVITIES[found.event_type['activity']][language]}"
    if found.signals[0].startswith("id:"):
        types = [signal.removeprefix("id:") for signal in found.signals]
        one_of = ("已知标识之一: ", "known by any of ") if len(types) > 1 else ("已知标识: ", "known by ")
        return one_of[language] + ", ".join(types)
    words = [_SIGNALS[signal][language] for signal in found.signals if signal in _SIGNALS]
    return (" 或 ", " or ")[language].join(words) or ("行为", "event")[language]
