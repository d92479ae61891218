"""Ingest by itself: a CSV file of orders until it is typed, de-duplicated, in the raw log, loaded and reconciled.

    python -m benchmarks.bench_ingest [--rows 1000000] [--strict]

Twelve columns, one order a row, five orders per member.  The base is the engine reading the same file as text, in the
same run; the second delivery has a tenth new rows, the rest known ones.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
from ruamel.yaml import YAML

from quanyu.config import Brand, Currency, Language, Workspace
from quanyu.definitions.sources import load_sources
from quanyu.definitions.workspace import built_in_rules
from quanyu.engine import DuckDBEngine
from quanyu.ingest.drive import IngestReport, ingest_all
from quanyu.store import create_key, open_store
from quanyu.tables import CONTRACTS

SOURCE = """
source: orders
system: own
format: csv
path: data/*.csv
feeds:
  - table: order
    key: order
    columns:
      order_id: order
      paid_at: paid at
      status: {from: status, values: {交易成功: completed, 交易关闭: cancelled, 已发货: fulfilled}}
      list_fen: list
      discount_fen: discount
      coupon_fen: coupon
      freight_fen: freight
      paid_fen: paid
      store_id: store
      associate_id: associate
      paid_channel_id: channel
    identifiers: [{type: member_id, from: member}]
"""
MAKE = """
COPY (
    SELECT
        'O' || (100000000 + i) AS "order",
        strftime(TIMESTAMP '2024-01-01' + to_seconds((i * 31) % 60000000), '%Y-%m-%d %H:%M:%S') AS "paid at",
        ['交易成功', '交易关闭', '已发货'][1 + i % 3] AS status,
        printf('%d.%02d', 100 + i % 500, i % 100) AS list,
        printf('%d.%02d', i % 20, i % 100) AS discount,
        CASE WHEN i % 4 = 0 THEN '10.00' END AS coupon,
        10 AS freight,
        printf('%d.%02d', 90 + i % 500, i % 100) AS paid,
        '门店' || (i % 50) AS store,
        'S' || (i % 300) AS associate,
        'ch' || (i % 6) AS channel,
        'M' || ((i * 7919) % greatest($members, 1)) AS member
    FROM range($start, $stop) AS made(i)
) TO '{path}' (HEADER, DELIMITER ',')
"""


@dataclass(frozen=True)
class Took:
    """Seconds on the clock and of all processors together."""

    wall: float
    cpu: float


@contextmanager
def timed(results: dict[str, Took], name: str) -> Iterator[None]:
    """Note how long the block took."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    results[name] = Took(time.perf_counter() - wall, time.process_time() - cpu)


def make(path: Path, start: int, stop: int, members: int) -> None:
    """Write orders `start` … `stop` as a CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(MAKE.replace("{path}", str(path)), {"start": start, "stop": stop, "members": members})


def scan(path: Path) -> int:
    """Read the file as text, as the base; returns the number of rows."""
    with duckdb.connect(config={"threads": "2"}) as connection:
        query = "CREATE TEMP TABLE scanned AS FROM read_csv($path, all_varchar = true, header = true, delim = ',')"
        connection.execute(query, {"path": str(path)})
        return int(connection.execute("SELECT count(*) FROM scanned").fetchall()[0][0])


def run(root: Path, rows: int, results: dict[str, Took]) -> tuple[IngestReport, IngestReport]:
    """Deliver the file, then another one of which a tenth is new."""
    rules = tuple(built_in_rules().values())
    currency = Currency("CNY", 2)
    workspace = Workspace(root, Brand("bench"), "Asia/Shanghai", currency, "beauty", Language.EN, identity=rules)
    workspace.state.mkdir()
    create_key(workspace.key_file)
    (root / "sources").mkdir()
    (root / "sources" / "orders.yaml").write_text(SOURCE, encoding="utf-8")
    sources, problems = load_sources(workspace)
    if problems:
        raise SystemExit("\n".join(map(str, problems)))
    engine = DuckDBEngine(
        workspace.warehouse_file, CONTRACTS, threads=2, memory_limit="1GB", spill=workspace.folder("tmp")
    )
    first, second = root / "data" / "1.csv", root / "data" / "2.csv"
    make(first, 0, rows, rows // 5)
    with open_store(workspace.state) as store:
        with timed(results, "scan as text"):
            scan(first)
        with timed(results, "ingest"):
            report = ingest_all(workspace, sources, store, engine)
        make(second, rows // 10, rows + rows // 10, rows // 5)
        with timed(results, "ingest, nine tenths known"):
            again = ingest_all(workspace, sources, store, engine)
    engine.close()
    return report, again


def main() -> int:
    """Run, print, and answer 1 when --strict is given and the budget is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_ingest", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--strict", action="store_true")
    asked = parser.parse_args()
    results: dict[str, Took] = {}
    with tempfile.TemporaryDirectory() as folder:
        report, again = run(Path(folder), asked.rows, results)
    base = results["scan as text"]
    print(f"{report.rows}\n{again.rows}")
    for name, took in results.items():
        rates = f"{asked.rows / took.wall:>9,.0f} rows/s on the clock, {2 * asked.rows / took.cpu:>9,.0f} on two cores"
        print(f"{name:26} {took.wall:6.2f} s ×{took.wall / base.wall:4.1f}", end="  ")
        print(f"cpu {took.cpu:6.2f} s ×{took.cpu / base.cpu:4.1f}  {rates}")
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
    budgets = YAML(typ="safe").load((Path(__file__).parent / "budgets.yaml").read_text(encoding="utf-8"))
    missed = asked.rows / results["ingest"].wall < budgets["ingest"]["csv_rows_per_second"]
    return 1 if asked.strict and missed else 0


if __name__ == "__main__":
    sys.exit(main())
