"""Identity at M: edges per second of a full resolution, the share an update of +1 % costs, and peak memory.

    python -m benchmarks.bench_identity [--persons 1000000]

About 4.4 identifiers and 3.7 pairs per person: members with a phone, most with platform accounts and devices; one
phone in two hundred changed hands (a conflict), one device in a thousand is a counter's (a hub).
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.mix import below, chance, draw
from quanyu.definitions.workspace import built_in_rules
from quanyu.engine import DuckDBEngine
from quanyu.identity.resolve import IdentityReport, resolve_full, update
from quanyu.identity.rules import IdentityRules
from quanyu.tables import CONTRACTS

TYPES = ("member_id", "mobile", "unionid", "platform_buyer_id", "device", "openid")
MEMBER, MOBILE, UNION, BUYER, DEVICE, OPEN = range(6)
START_US = 1_767_225_600_000_000


def id_of(kind: int, numbers: np.ndarray) -> np.ndarray:
    """Return 60-bit identifier ids."""
    return (draw(numbers, 100 + kind) >> np.uint64(4)).astype(np.int64)


def make(persons: int) -> tuple[pa.Table, pa.Table]:
    """Return identifier and identifier_pair; every hundredth person, and what they touch, comes in batch 2."""
    person = np.arange(persons)
    other = below(draw(person, 7), persons)
    phone = np.where(chance(draw(person, 1), 5), other, person)
    device = np.where(chance(draw(person, 2), 1), person // 20_000 * 20_000, person)
    counter = (device == person) & (person % 20_000 == 0)
    has = {
        MEMBER: person >= 0,
        MOBILE: person >= 0,
        UNION: chance(draw(person, 3), 500),
        BUYER: chance(draw(person, 4), 600),
        DEVICE: chance(draw(person, 5), 700) | counter,
        OPEN: chance(draw(person, 6), 600),
    }
    lent = has[DEVICE] & chance(draw(person, 8), 150)
    identifiers = [(kind, person[flags]) for kind, flags in has.items()]
    linked = [
        (MEMBER, person, MOBILE, phone),
        (UNION, person[has[UNION]], MOBILE, phone[has[UNION]]),
        (BUYER, person[has[BUYER]], MOBILE, phone[has[BUYER]]),
        (DEVICE, device[has[DEVICE]], MEMBER, person[has[DEVICE]]),
        (OPEN, person[has[OPEN] & has[UNION]], UNION, person[has[OPEN] & has[UNION]]),
        (UNION, person[has[UNION]], MEMBER, person[has[UNION]]),
        (DEVICE, person[lent], MEMBER, other[lent]),
    ]
    return _identifiers(identifiers), _pairs(linked)


def _identifiers(found: list[tuple[int, np.ndarray]]) -> pa.Table:
    kind = np.concatenate([np.full(len(numbers), kind) for kind, numbers in found])
    number = np.concatenate([numbers for _, numbers in found])
    ids = np.concatenate([id_of(kind, numbers) for kind, numbers in found])
    rows = len(ids)
    return pa.table(
        {
            "identifier_id": ids,
            "id_type": pa.DictionaryArray.from_arrays(pa.array(kind.astype(np.int8)), pa.array(TYPES)),
            "namespace": pa.array([""]).take(pa.array(np.zeros(rows, dtype=np.int8))),
            "value_hash": pa.array(ids).cast(pa.string()),
            "verified": np.ones(rows, dtype=np.bool_),
            "first_batch_seq": _batch(number),
            "first_seen_at": pa.array(START_US + number * 1000, pa.timestamp("us")),
        }
    )


def _pairs(linked: list[tuple[int, np.ndarray, int, np.ndarray]]) -> pa.Table:
    one = np.concatenate([id_of(kind, numbers) for kind, numbers, _, _ in linked])
    other = np.concatenate([id_of(kind, numbers) for _, _, kind, numbers in linked])
    batch = np.concatenate([np.maximum(_batch(left), _batch(right)) for _, left, _, right in linked])
    keys = np.unique(np.stack([np.minimum(one, other), np.maximum(one, other), batch]), axis=1)
    order = np.argsort(draw(keys[0] ^ keys[1], 9))
    low, high, batch = keys[:, order]
    rows = len(low)
    moment = pa.array(START_US + below(draw(low ^ high, 10), 10**9) * 1000, pa.timestamp("us"))
    return pa.table(
        {
            "identifier_a": low,
            "identifier_b": high,
            "evidence": below(draw(low, 11), 5) + 1,
            "first_batch_seq": batch,
            "first_occurred_at": moment,
            "last_occurred_at": moment,
            "source": pa.array(["shop"]).take(pa.array(np.zeros(rows, dtype=np.int8))),
            "method": pa.array(["login"]).take(pa.array(np.zeros(rows, dtype=np.int8))),
        }
    )


def _batch(number: np.ndarray) -> np.ndarray:
    return np.where(number % 100 == 99, 2, 1)


SCAN = """
SELECT sum(identifier_a), sum(identifier_b), sum(evidence), sum(first_batch_seq), sum(epoch_us(last_occurred_at))
FROM landing.identifier_pair
"""


def _scan_seconds(engine: DuckDBEngine) -> float:
    """Return the seconds of reading the columns of the pairs once, the file warm."""
    engine.answer(SCAN)
    started = time.perf_counter()
    engine.answer(SCAN)
    return time.perf_counter() - started


def _line(label: str, report: IdentityReport, scan: float, pairs: int) -> str:
    return (
        f"{label:<34} {report.seconds:7.2f} s  {pairs / report.seconds / 1e6:6.2f} M pairs/s"
        f"  {report.seconds / scan:6.0f} x scan  persons {report.persons:,}  conflicts {report.conflicts:,}"
        f"  inert {report.inert:,}  changed {report.changed:,}"
    )


def main() -> None:
    """Make the data, resolve it in full, write the ledger, add one per cent, and print what it took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--persons", type=int, default=1_000_000)
    persons = parser.parse_args().persons
    identifiers, pairs = make(persons)
    rules = IdentityRules(tuple(built_in_rules().values()))
    with tempfile.TemporaryDirectory() as folder:
        engine = DuckDBEngine(Path(folder) / "warehouse.duckdb", CONTRACTS, schema="landing", threads=2)
        engine.register("identifier", identifiers)
        engine.register("identifier_pair", pairs)
        engine.use_schema("main")
        print(f"{identifiers.num_rows:,} identifiers, {pairs.num_rows:,} pairs, {persons:,} true persons")
        _compile(rules)
        scan = _scan_seconds(engine)
        told = print if persons < 10_000 else None
        full = resolve_full(engine, rules, [], watermark=2, progress=told)
        print(_line("full, persons written", full, scan, full.pairs))
        first = update(engine, rules, [], watermark=1, progress=told)
        print(_line("full, with the ledger's history", first, scan, first.pairs))
        more = update(engine, rules, [], watermark=2, progress=told)
        print(_line("update, +1 % of identifiers", more, scan, pairs.num_rows - first.pairs))
        print(f"update/full: {more.seconds / full.seconds:.3f} persons, {more.seconds / first.seconds:.3f} with ledger")
        print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


def _compile(rules: IdentityRules) -> None:
    """Compile the kernels on a handful of persons, so that the figures are those of the second run."""
    engine = DuckDBEngine(None, CONTRACTS, schema="landing")
    for name, rows in zip(("identifier", "identifier_pair"), make(400), strict=True):
        engine.register(name, rows)
    engine.use_schema("main")
    resolve_full(engine, rules, [], watermark=2)
    engine.close()


if __name__ == "__main__":
    main()
