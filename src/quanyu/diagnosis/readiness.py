"""Which models a build can compute: every need of every model with the rows found for it (STR-24)."""

from collections.abc import Mapping

import pyarrow as pa

from quanyu.definitions.readiness import Readiness
from quanyu.engine import DuckDBEngine
from quanyu.engine import tree as t
from quanyu.metrics import Metrics
from quanyu.tables.run import READINESS


def readiness_rows(readiness: Readiness, engine: DuckDBEngine) -> pa.Table:
    """Return the rows of `readiness`: each need of each model with the rows found in the build the engine sees."""
    rows_of = {definition.name: _rows(readiness, definition.name, engine) for definition in readiness.needs}
    listed = []
    for model in readiness.models:
        wanted = [(name, True) for name in model.value.needs] + [(name, False) for name in model.value.richer]
        for number, (name, is_required) in enumerate(wanted, start=1):
            need = readiness.needs[name].value
            listed.append(
                {
                    "model": model.name,
                    "need_no": number,
                    "need": name,
                    "reference": model.value.reference,
                    "model_zh": model.value.label.zh,
                    "model_en": model.value.label.en,
                    "need_zh": need.says.zh,
                    "need_en": need.says.en,
                    "connect_zh": need.connect.zh,
                    "connect_en": need.connect.en,
                    "tables": ", ".join(dict.fromkeys(one.table for one in need.any)),
                    "is_required": is_required,
                    "rows": rows_of[name],
                    "is_met": rows_of[name] > 0,
                }
            )
    names = READINESS.column_names
    return pa.table({name: [row[name] for row in listed] for name in names})


def unready(readiness: Readiness, metrics: Metrics, engine: DuckDBEngine) -> Mapping[str, tuple[str, str]]:
    """Return the metrics that stand on models the build cannot compute, with what is missing in Chinese and English.

    A metric stands on the models of its reference, or on those that say they feed it; it is out when none of them is
    computable.  Without the table `readiness` nothing is.
    """
    if READINESS.name not in engine.tables:
        return {}
    missing: dict[str, list[tuple[str, str]]] = {definition.name: [] for definition in readiness.models}
    wanted = t.all_of([t.col("is_required").eq(t.lit(True)), t.col("is_met").eq(t.lit(False))])
    columns = {name: t.col(name) for name in ("model", "need_no", "need_zh", "need_en")}
    rows = engine.query(t.select(columns, READINESS.name, where=wanted), {}).to_pylist()
    for row in sorted(rows, key=lambda one: (one["model"], one["need_no"])):
        missing[row["model"]].append((row["need_zh"], row["need_en"]))
    of_reference: dict[str, list[list[tuple[str, str]]]] = {}
    for definition in readiness.models:
        for reference in (definition.value.reference, *definition.value.feeds):
            of_reference.setdefault(reference, []).append(missing[definition.name])
    found = {}
    for metric in metrics:
        lacks = of_reference.get(metric.reference, [])
        if lacks and all(lacks):
            names = dict.fromkeys(lacks[0])
            found[metric.name] = ("、".join(zh for zh, _ in names), ", ".join(en for _, en in names))
    return found


def _rows(readiness: Readiness, need: str, engine: DuckDBEngine) -> int:
    found = []
    for table, conditions in readiness.conditions[need]:
        if table not in engine.tables:
            continue
        where = t.all_of(conditions) if conditions else None
        answer = engine.query(t.select({"rows": t.count()}, table, where=where)).to_pylist()
        found.append(int(answer[0]["rows"]))
    return max(found, default=0)
