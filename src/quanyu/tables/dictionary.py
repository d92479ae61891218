"""The data dictionary `docs/tables.md`, generated from the contracts.

`python -m quanyu.tables.dictionary > docs/tables.md` writes it anew; a test holds the page to the contracts.
"""

import sys
from collections.abc import Iterator

from quanyu.tables import CONTRACTS
from quanyu.tables.contract import Column, Privacy, Table

STAGES = {
    "ingest": ("接入", "Landing tables, one row per accepted source row"),
    "identity": ("身份", "Identity"),
    "facts": ("事实", "Facts"),
    "stages": ("阶段", "Stages"),
    "models": ("模型", "Consumer models"),
    "analytics": ("分析", "Analyses"),
    "metrics": ("指标", "Metrics"),
    "tags": ("标签", "Tags"),
    "segments": ("分群", "Segments"),
    "diagnosis": ("诊断", "Diagnosis"),
    "definitions": ("定义", "Definitions"),
    "loyalty": ("会员", "Loyalty"),
    "activation": ("触达", "Activation"),
    "measurement": ("度量", "Measurement"),
    "services": ("治理", "Governance"),
}

INTRODUCTION = """# 数据字典 · Tables

Every relation that the stages of quanyu exchange, generated from the contracts in `src/quanyu/tables/`.
Regenerate with `python -m quanyu.tables.dictionary > docs/tables.md`.

Types: `key` 64-bit surrogate · `fen` money in the smallest unit, whole · `int` whole number · `decimal` exact,
six decimals · `ratio` floating point, statistics only, never money · `date` business date in the workspace's zone ·
`time` moment in UTC · `json` text holding JSON. A period is half-open. Null means unknown and is shown as "—".

Privacy: `pseudonym` points at a person without naming them · `personal` describes a person · `sensitive` needs separate
consent. What names or reaches a person (mobile, e-mail, name, address) is in no table: only its keyed hash is.
"""


def dictionary_markdown() -> str:
    """Return the whole page: tables by the stage that writes them, each with grain, key and columns."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield INTRODUCTION.rstrip()
    for stage, (zh, en) in STAGES.items():
        tables = [table for table in CONTRACTS if table.stage == stage]
        if tables:
            yield from ("", f"## {zh} · {en}")
        for table in tables:
            yield from _table_lines(table)


def _table_lines(table: Table) -> Iterator[str]:
    yield from ("", f"### `{table.name}` {table.zh} · {table.en}", "")
    yield f"{table.grain[0].upper()}{table.grain[1:]}. Key: {_code(table.key)}."
    if table.entity:
        yield f"The newest row of each {_code(table.entity)} holds."
    yield from ("", "| column | type | 中文 | English | null | notes |", "| --- | --- | --- | --- | --- | --- |")
    for column in table.columns:
        null = "yes" if column.null else "no"
        yield f"| `{column.name}` | {column.type} | {column.zh} | {column.en} | {null} | {_notes(column)} |"


def _notes(column: Column) -> str:
    notes = []
    if column.unit:
        notes.append(column.unit)
    if column.values:
        notes.append(_code(column.values))
    if column.references:
        notes.append(f"→ `{column.references}`")
    if column.privacy is not Privacy.NONE:
        notes.append(f"**{column.privacy}**")
    return "; ".join(notes)


def _code(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    sys.stdout.write(dictionary_markdown())
