"""Makes the sample exports beside it: files in the shapes of real platforms, dirty on purpose, and their answers.

    cd tests && python -m data.exports.make_samples

Everything is arithmetic on counters: no chance, no clock, so every run gives the same bytes
(`tests/library/test_sample_exports.py`).  Nothing of quanyu is imported: `EXPECTED.yaml` of a folder follows from how
its rows are made, each with the fate it is meant to have, and is the oracle of ingest and facts.

EXPECTED.yaml of a folder says:
- `sources`: per profile, its files in the order they arrive and rows received = stored + quarantined + duplicate.  A
  row is a record below the header.  `duplicate` is a row seen before with the same content; a row that comes again in a
  later file with another status is stored, and is the one that holds.
- `quarantine`: file, line (from 1, the header is 1; of a record over several lines the first) and code of every row
  that is refused; codes as in `reliability.md` §7.1.
- `orders`: orders known at the end.  `gross_fen` is paid_fen of the orders that were paid; `refund_fen` what was given
  back of them (refund rows, else the whole of an order with status refunded); `orphan_refund_fen` refunds of orders
  that no file holds.  Dates are days in Asia/Shanghai; `mobiles` counts different mobiles.

Mobiles are 1990000xxxx and mail addresses are of example.com: valid in form, nobody's in fact.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from data.exports.marketplaces import jd, tmall
from data.exports.shops import shopify, youzan
from data.exports.tills import pos
from data.exports.writing import Book, Export

HERE = Path(__file__).parent
FOLDERS = {"tmall": tmall, "jd": jd, "youzan": youzan, "shopify": shopify, "pos": pos}


def expected(exports: list[Export], book: Book) -> str:
    """Return the text of EXPECTED.yaml."""
    text = ["# Made by make_samples.py, which says what each figure means.\n", "sources:\n"]
    for profile in dict.fromkeys(export.profile for export in exports):
        own = [export for export in exports if export.profile == profile]
        counts = {fate: sum(export.counts[fate] for export in own) for fate in ("stored", "quarantined", "duplicate")}
        text.append(f"  {profile}:\n    files: [{', '.join(export.name for export in own)}]\n")
        text.append(f"    received: {sum(counts.values())}\n")
        text += [f"    {fate}: {count}\n" for fate, count in counts.items()]
    text.append("quarantine:\n")
    for export in exports:
        text += [f"  - {{file: {export.name}, line: {line}, code: {code}}}\n" for line, code in export.refused]
    text.append("orders:\n")
    for name, value in book.facts().items():
        shown = value if isinstance(value, int) else json.dumps(value)
        text.append(f"  {name}: {shown}\n")
    return "".join(text)


def samples() -> Iterator[tuple[str, bytes]]:
    """Yield every file as its path below the folder of the samples and its content."""
    for folder, make in FOLDERS.items():
        exports, book = make()
        for export in exports:
            yield f"{folder}/{export.name}", export.content()
        yield f"{folder}/EXPECTED.yaml", expected(exports, book).encode()


def main() -> None:
    """Write all samples beside this file."""
    for name, content in samples():
        path = HERE / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
