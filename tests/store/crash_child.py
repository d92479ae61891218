"""Writes batches and says so, until it is killed: `crash_child.py STATE_FOLDER RUN correct|early|doubled`.

Each line on standard output is an acknowledgement, `batch rows`, given when the unit of work has ended.  `early`
acknowledges before it ends, `doubled` writes each batch again in a unit of work of its own: the two planted bugs.
"""

import sys
from datetime import date
from pathlib import Path

from quanyu.store import QuarantineRow, RowCounts, SourceFile, Store, UnitOfWork, open_store, quarantine_id

ROWS = 20


def write(work: UnitOfWork, name: str) -> int:
    batch_seq = work.segments.begin(SourceFile("orders", "csv", name, None), date(2025, 11, 11))
    rows = [
        QuarantineRow(quarantine_id(batch_seq, row), batch_seq, "orders", name, row, row, "f", "c", "m", (), b"x" * 200)
        for row in range(ROWS)
    ]
    work.quarantine.add(rows)
    work.segments.seal(batch_seq, [], RowCounts(ROWS, 0, ROWS, 0))
    return batch_seq


def acknowledge(name: str) -> None:
    sys.stdout.write(f"{name}\n")
    sys.stdout.flush()


def loop(store: Store, run: str, mode: str) -> None:
    number = 0
    while True:
        number += 1
        name = f"{run}-{number}.csv"
        if mode == "early":
            acknowledge(name)
        with store.transaction() as work:
            write(work, name)
        if mode == "doubled":
            with store.transaction() as work:
                write(work, name)
        if mode != "early":
            acknowledge(name)


if __name__ == "__main__":
    acknowledge("ready")
    loop(open_store(Path(sys.argv[1])), sys.argv[2], sys.argv[3])
