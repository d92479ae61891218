"""Refused rows of a batch on their way into quarantine: cells encrypted, faults named with heading and line."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from quanyu.engine import DuckDBEngine
from quanyu.engine.embedded import everything, temp_view
from quanyu.engine.tree import call, cast, col, lit, select
from quanyu.errors import Problem, Where
from quanyu.ingest.fates import count_rows
from quanyu.ingest.feeds import FeedPlan, whole_rows
from quanyu.ingest.messages import fault
from quanyu.ingest.scan import Scan, sql
from quanyu.store import QuarantineRow, Vault, quarantine_id

WHOLE_LINE: Final = "#text"
"""Key of a payload that is one line of text, because its cells could not be told apart; `#names` and `#delimiter` help
to cut it once it is repaired."""
_CHUNK: Final = 5_000


@dataclass(frozen=True, slots=True)
class _Refused:
    """One refused record: its number and line, its faults as `feed:position:code[:other line]`, its cells encrypted."""

    number: int
    line: int | None
    faults: Sequence[str]
    payload: bytes


def refused_rows(
    engine: DuckDBEngine, scan: Scan, plans: Sequence[FeedPlan], place: tuple[int, str, str], vault: Vault
) -> Iterator[QuarantineRow]:
    """Yield the quarantine rows of a file in order of record; `place` is (batch_seq, source, file as shown)."""
    # Without this question every row of a clean file would be written as JSON for nothing.
    if not scan.rejected and not count_rows(engine, "bad_row"):
        return
    _make_cells_view(engine, plans)
    given = {"names": json.dumps(scan.names, ensure_ascii=False), "delimiter": scan.delimiter}
    answer = engine.run_text(sql("refused_rows"), given)
    while rows := answer.fetchmany(_CHUNK):
        payloads = vault.encrypt_many([cells.encode() for _, _, cells, _ in rows])
        for (number, line, _, faults), payload in zip(rows, payloads, strict=True):
            yield _row(_Refused(number, line, faults, payload), plans, place)


def _make_cells_view(engine: DuckDBEngine, plans: Sequence[FeedPlan]) -> None:
    """Make the view of whole rows as JSON: what a row took from its neighbours must come back with it."""
    rows = whole_rows([plan.feed for plan in plans], plans[0].reading)
    names = [name for name in rows.named_selects if name not in ("#row", "#line")]
    parts = [part for name in names for part in (lit(name), cast(col(name), "VARCHAR"))]
    cells = cast(call("json_object", *parts), "VARCHAR")
    engine.run(temp_view("cells_of_row", select({"#row": col("#row"), "#line": col("#line"), "cells": cells}, rows)))


def _row(row: _Refused, plans: Sequence[FeedPlan], place: tuple[int, str, str]) -> QuarantineRow:
    batch_seq, source, file = place
    where = Where(file=file, line=row.line, row=row.number)
    problems = list(_problems(row.faults, plans, where))
    first = problems[0]
    return QuarantineRow(
        quarantine_id=quarantine_id(batch_seq, row.number),
        batch_seq=batch_seq,
        source=source,
        file=file,
        line=row.line,
        row_number=row.number,
        field=first.where.field or "",
        code=first.code,
        message=first.message,
        problems=tuple(problem.as_dict() for problem in problems),
        payload_enc=row.payload,
    )


def _problems(faults: Sequence[str], plans: Sequence[FeedPlan], where: Where) -> Iterator[Problem]:
    """Yield each fault once: two feeds that read one heading find the same in it."""
    seen: set[tuple[str, str]] = set()
    for text in faults:
        feed, position, code, *detail = text.split(":")
        field = plans[int(feed)].labels[int(position)] if position else ""
        if (field, code) not in seen:
            seen.add((field, code))
            yield fault(code, field, where, detail[0] if detail else "")


def count_warnings(engine: DuckDBEngine, plans: Sequence[FeedPlan]) -> dict[tuple[str, str], int]:
    """Return how many rows carry each warning, by (heading, code)."""
    counts: dict[tuple[str, str], int] = {}
    for number, plan in enumerate(plans):
        name = f"feed_row_{number}" if plan.feed.one_per else f"feed_out_{number}"
        engine.run(temp_view("typed", everything(name)))
        for text, rows in engine.run_text(sql("warnings")).fetchall():
            position, _, code = str(text).partition(":")
            key = (plan.labels[int(position)], code)
            counts[key] = max(counts.get(key, 0), int(rows))
    return counts


def payload_cells(payload: bytes) -> dict[str, str | None]:
    """Return the cells of a decrypted payload by heading."""
    cells: dict[str, str | None] = json.loads(payload)
    return cells
