"""Which tags a build can compute: a tag whose data is missing says why, and has a value for nobody."""

from collections.abc import Sequence
from dataclasses import dataclass

from quanyu.definitions.readiness import Readiness
from quanyu.definitions.tag import Tag
from quanyu.engine import DuckDBEngine
from quanyu.engine import tree as t


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a tag cannot be computed, in both languages: what is missing and what to connect."""

    zh: str
    en: str


def missing_data(tags: Sequence[Tag], readiness: Readiness, engine: DuckDBEngine) -> dict[str, WhyNot]:
    """Return the reason of every tag that the build cannot compute, by code; each need is asked for once."""
    needs = {name for tag in tags for name in tag.needs}
    unmet = {name for name in sorted(needs) if not _is_met(readiness, name, engine)}
    return {tag.code: _why(tag, unmet, readiness) for tag in tags if unmet & set(tag.needs)}


def _is_met(readiness: Readiness, need: str, engine: DuckDBEngine) -> bool:
    for table, conditions in readiness.conditions[need]:
        where = t.all_of(conditions) if conditions else None
        query = t.select({"found": t.lit(1)}, table, where=where, limit=1)
        if table in engine.tables and engine.query(query).num_rows:
            return True
    return False


def _why(tag: Tag, unmet: set[str], readiness: Readiness) -> WhyNot:
    needs = [readiness.needs[name].value for name in tag.needs if name in unmet]
    zh = "；".join(f"缺少{need.says.zh}，请{need.connect.zh}" for need in needs)
    en = "; ".join(
        f"no {need.says.en[:1].lower()}{need.says.en[1:]}: {need.connect.en[:1].lower()}{need.connect.en[1:]}"
        for need in needs
    )
    return WhyNot(f"无法计算，因为{zh}。", f"Not computable because there are {en}.")
