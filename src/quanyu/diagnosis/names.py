"""Names of the things a finding is about: what the master tables call a store, a touchpoint, a category."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from quanyu.config import Language
from quanyu.display import NULL_SIGN
from quanyu.engine import Engine
from quanyu.engine import tree as t
from quanyu.metrics import Metrics

# Dimension → table, its key, the Chinese and the English name.
_TABLES: Final = {
    "channel": ("channel", "channel_id", "name_zh", "name_en"),
    "first_channel": ("channel", "channel_id", "name_zh", "name_en"),
    "touchpoint": ("touchpoint", "touchpoint_id", "name_zh", "name_en"),
    "store": ("store", "store_id", "name", "name"),
    "category": ("category", "category_id", "name_zh", "name_en"),
    "parent_category": ("category", "category_id", "name_zh", "name_en"),
    "bought_category": ("category", "category_id", "name_zh", "name_en"),
    "product": ("product", "product_id", "name", "name"),
    "campaign": ("campaign", "campaign_id", "name", "name"),
    "group": ("group_chat", "group_id", "name", "name"),
    "associate": ("associate", "associate_id", "name", "name"),
}
# What differs among things of one name (a chain's stores, two associates) is told by its code.
_CODED: Final = frozenset({"store", "associate"})

Names = Mapping[tuple[str, str], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Named:
    """Says the values of dimensions: by label, else by the master table's name, else by code."""

    metrics: Metrics
    known: Names = field(default_factory=dict)

    def value(self, dimension: str, value: str | None, language: Language) -> str:
        """Return what a value is called; a dash for rows without one, the code in brackets where no name is known."""
        if value is None:
            return NULL_SIGN
        is_zh = language is Language.ZH
        label = self.metrics.dimensions[dimension].values.get(value)
        if label is not None:
            return label.zh if is_zh else label.en
        names = self.known.get((dimension, value))
        if names is None:
            known_master = dimension in _TABLES
            return (f"（{value}）" if is_zh else f"({value})") if known_master else value
        name = names[0] if is_zh else names[1]
        if dimension in _CODED:
            return f"{value} {name}"
        return f"“{name}”" if is_zh else name


def names_of(engine: Engine, dimensions: Iterable[str]) -> Names:
    """Return (Chinese, English) by dimension and code; one language's name stands for the other where it is missing."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for dimension in dict.fromkeys(dimensions):
        if dimension not in _TABLES or _TABLES[dimension][0] not in engine.tables:
            continue
        table, key, zh, en = _TABLES[dimension]
        read = t.select({"code": t.col(key), "zh": t.col(zh), "en": t.col(en)}, table, where=t.not_null(t.col(key)))
        rows = engine.query(read, {}).to_pylist()
        for row in sorted(rows, key=lambda one: (one["code"], one["zh"] or "", one["en"] or "")):
            if row["zh"] or row["en"]:
                found[dimension, row["code"]] = (row["zh"] or row["en"], row["en"] or row["zh"])
    return found
