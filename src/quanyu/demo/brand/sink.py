"""The export files: written piece by piece, dirtied on the way, with the fate that every row must have."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import numpy as np
import pyarrow as pa

from quanyu.demo.brand.chance import Chance, Ints, Mask
from quanyu.demo.brand.texts import Texts, glued

Fate = Literal["received", "stored", "quarantined", "duplicate"]
_REPEATED: Final = 3


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written: its source, its name without year, its headings, its encoding."""

    source: str
    name: str
    headings: tuple[str, ...] = ()
    encoding: str = "utf-8"
    bom: bool = False
    kind: Literal["csv", "jsonl"] = "csv"

    def file(self, part: str) -> str:
        """Return the path below the workspace; `part` tells files of one source apart."""
        return f"exports/{self.source}/{self.name}{part}.{self.kind}"


@dataclass(slots=True)
class Sink:
    """Where a workspace's export files go; `fates` counts, per source and file, what must become of the rows."""

    root: Path
    chance: Chance
    fates: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)

    def write(
        self, layout: Layout, part: str, columns: Mapping[str, Texts] | Sequence[Texts], numbers: Ints,
        spoiled: Mask | None = None, groups: Ints | None = None,
    ) -> None:  # fmt: skip
        """Append rows to a file.

        `numbers` identify the rows for the draws; `spoiled` are rows that must be refused, with the rest of their
        group where `groups` says which rows belong together.  Three in a thousand of the good rows stand twice.
        """
        if not len(numbers):
            return
        parts = list(columns.values()) if isinstance(columns, Mapping) else list(columns)
        bad = np.zeros(len(numbers), np.bool_) if spoiled is None else spoiled
        if groups is not None:
            bad = np.isin(groups, groups[bad])
        again = ~bad & self.chance.happens(f"repeated in {layout.source}", numbers, _REPEATED)
        rows = _rows(parts, layout.kind)
        rows = pa.concat_arrays([rows, rows.filter(pa.array(again))])
        self._append(layout, layout.file(part), rows)
        self._count(layout, part, len(numbers), int(bad.sum()), int(again.sum()))

    def count(self, source: str, file: str, rows: int) -> None:
        """Note a file that was written elsewhere and whose rows are all good."""
        self.fates[source, file] = Counter(received=rows, stored=rows, quarantined=0, duplicate=0)

    def _append(self, layout: Layout, name: str, rows: Texts) -> None:
        path = self.root / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            head = ",".join(layout.headings) + "\n" if layout.kind == "csv" else ""
            path.write_bytes(("\ufeff" if layout.bom else "").encode() + head.encode(layout.encoding))
        data = bytes(rows.buffers()[2])[: _last(rows)]
        with path.open("ab") as file:
            file.write(data if layout.encoding == "utf-8" else data.decode().encode(layout.encoding))

    def _count(self, layout: Layout, part: str, rows: int, bad: int, again: int) -> None:
        fates = self.fates.setdefault((layout.source, layout.file(part)), Counter())
        fates.update(received=rows + again, stored=rows - bad, quarantined=bad, duplicate=again)


def _rows(parts: Sequence[Texts], kind: str) -> Texts:
    if kind == "jsonl":
        return glued(*parts, "\n")
    ends = [*[","] * (len(parts) - 1), "\n"]
    return glued(*(piece for cell in zip(parts, ends, strict=True) for piece in cell))


def _last(rows: Texts) -> int:
    offsets = np.frombuffer(rows.buffers()[1], np.int32)
    return int(offsets[rows.offset + len(rows)])
