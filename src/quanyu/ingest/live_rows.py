"""The requests of one source as scan tables: records become flat rows of text, faults become refused records."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from quanyu.collect.act import COLUMNS
from quanyu.collect.record import Decoded, Family, Fault, Request
from quanyu.collect.retail import rows
from quanyu.collect.spool import Kept
from quanyu.engine import DuckDBEngine
from quanyu.engine.embedded import everything, temp_view
from quanyu.ingest.headings import Header
from quanyu.ingest.scan import Scan, put_rejected, put_table

_CHUNK: Final = 5_000
_MONEY: Final = frozenset({"order", "order_line", "refund"})
_ALIASES: Final = {"RMB": "CNY", "人民币": "CNY", "¥": "CNY"}

Row = Mapping[str, str | None]


@dataclass(slots=True)
class Gathered:
    """The rows and refused records of one source's requests, numbered together from 1 in order of receipt.

    A refused record is (number, place of its request, code, text).
    """

    batches: list[pa.RecordBatch] = field(default_factory=list)
    refused: list[tuple[int, int, str, str]] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    received: int = 0

    @property
    def absent(self) -> frozenset[str]:
        """Return the kinds of rows that did not come."""
        return frozenset(COLUMNS) - self.kinds.keys()


def gather(kept: Sequence[Kept], find: Callable[[str, str], Family | None], currency: str) -> Gathered:
    """Return the rows of the requests; what cannot be one is refused with its reason, nothing is left out.

    `currency` is the workspace's: an amount in another one is refused, since the tables have one currency.
    """
    gathered = Gathered()
    chunk: list[tuple[int, int, Row]] = []
    for place, one in enumerate(kept, start=1):
        for item in _told(one, find):
            gathered.received += 1
            said = _in_currency(item, currency) if not isinstance(item, Fault) else item
            if isinstance(said, Fault):
                text = said.text.encode("utf-8", "replace").decode()
                gathered.refused.append((gathered.received, place, said.code, text))
                continue
            gathered.kinds[said["row"] or ""] += 1
            chunk.append((gathered.received, place, said))
        if len(chunk) >= _CHUNK:
            gathered.batches.append(_as_batch(chunk))
            chunk = []
    gathered.batches.append(_as_batch(chunk))
    return gathered


def put_scan(engine: DuckDBEngine, gathered: Gathered) -> tuple[Scan, Header]:
    """Make the scan tables of gathered rows, with the columns of every kind: feeds ask for any of them in `where`."""
    table = pa.Table.from_batches(gathered.batches)
    put_table(engine, "live_row", table)
    engine.run(temp_view("scan_row", everything("live_row")))
    put_rejected(engine, gathered.refused)
    has_nul = any(pc.any(pc.match_substring(table[name], "\0")).as_py() for name in _EVERY)
    return Scan(_EVERY, gathered.received, len(gathered.refused)), Header(_EVERY, 0, has_nul=has_nul)


_EVERY: Final = tuple(dict.fromkeys(name for own in COLUMNS.values() for name in own))
_SCHEMA: Final = pa.schema(
    [("#row", pa.int64()), ("#line", pa.int64()), *((name, pa.string()) for name in _EVERY)],
)


def _as_batch(chunk: Sequence[tuple[int, int, Row]]) -> pa.RecordBatch:
    columns = [
        pa.array([number for number, _, _ in chunk], pa.int64()),
        pa.array([place for _, place, _ in chunk], pa.int64()),
        *(pa.array([row.get(name) for _, _, row in chunk], pa.string()) for name in _EVERY),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=_SCHEMA)


def _told(kept: Kept, find: Callable[[str, str], Family | None]) -> Iterator[Row | Fault]:
    """Yield the rows and faults of one request; a request for a mere check says nothing."""
    request = kept.request
    family = find(request.method, request.path)
    if family is None:
        yield _whole("request.not_live", request)
        return
    try:
        decoded = family.decode(request)
        told = _of_records(decoded, request.received_at)
    # A door: a decoder's mistake about one request must not hold up all that came after it.
    except Exception:  # noqa: BLE001
        yield _whole("request.undecoded", request)
        return
    yield from told


def _of_records(decoded: Decoded, received_at: int) -> list[Row | Fault]:
    if decoded.dry_run:
        return []
    told: list[Row | Fault] = list(decoded.faults)
    for record in decoded.records:
        told += rows(record, received_at=received_at)
    return told


def _whole(code: str, request: Request) -> Fault:
    """Return the fault of a request as a whole; its text is the request as JSON, the body in base64."""
    return Fault(code, "", msgspec.json.encode(request).decode())


def _in_currency(row: Row, currency: str) -> Row | Fault:
    if row["row"] not in _MONEY or not row.get("currency"):
        return row
    given = (row["currency"] or "").strip().upper()
    if _ALIASES.get(given, given) == currency.upper():
        return row
    return Fault("order.currency", "", json.dumps(row, ensure_ascii=False))
