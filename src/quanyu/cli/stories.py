"""How `quanyu explain` shows the history of a table and of an order."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from quanyu.cli.console import print_table, say
from quanyu.config import Currency, Language
from quanyu.display import format_money
from quanyu.ids import PersonId, format_person_id
from quanyu.money import Money
from quanyu.services.explain import OrderStory, TableStory
from quanyu.services.origin import SourceRow
from quanyu.store import Build
from quanyu.tables import CONTRACTS, Type

# What a reader looks for first; the whole row is in the JSON.
_OF_FACT: Final = ("local_date", "status", "is_valid", "person_id", "gross_fen", "refunded_fen", "net_fen")
_OF_ROW: Final = ("local_date", "status", "line_no", "product_id", "qty", "paid_fen", "amount_fen", "version")


def say_table(stories: Sequence[TableStory], build: Build, *, limit: int, sql: bool) -> None:
    """Show how a table was made (the first story) and, one line each, what it was made from, down to raw files."""
    first = stories[0]
    say(f"[bold]{first.name}[/bold] {first.zh} · {first.en}: {first.grain}")
    say(f"{first.place}, {first.rows:,} rows, build {build.build_id} as of {build.as_of}, watermark {build.watermark}")
    say(f"made by {first.made_by}")
    if first.source:
        say(f"as in {first.source}")
    if first.seconds is not None and first.built_at is not None:
        say(f"in {first.seconds:.3f} s, finished {first.built_at:%Y-%m-%d %H:%M:%S} UTC")
    if first.sql and sql:
        say("\n" + first.sql.replace("[", "\\["))
    rows = [(one.name, f"{one.rows:,}", _seconds(one), one.made_by, ", ".join(one.reads) or None) for one in stories]
    print_table("\nand all it was made from", ("table", "rows", "seconds", "made by", "reads"), rows,
                right=("rows", "seconds"))  # fmt: skip
    raw = [(one.name, file) for one in stories for file in one.raw]
    listed = [
        (table, str(file.batch_seq), file.file, f"{file.rows:,}", file.segment, file.segment_sha256[:12])
        for table, file in raw[:limit]
    ]
    columns = ("table", "batch", "file", "rows", "sealed as", "sha256")
    print_table(f"\nfrom {len(raw)} sealed files of the raw log", columns, listed, right=("batch", "rows"))
    if len(raw) > limit:
        say(f"… and {len(raw) - limit} more; raise --limit, or take --json.")
    if first.sql and not sql:
        say("More: --sql.")


def table_json(stories: Sequence[TableStory], build: Build) -> dict[str, Any]:
    """Return the stories of a table and of everything it was made from as JSON-ready values."""
    return {
        "table": stories[0].name,
        "build_id": build.build_id,
        "as_of": build.as_of,
        "watermark": build.watermark,
        "zone": build.zone,
        "tables": {one.name: _story_json(one) for one in stories},
    }


def say_order(story: OrderStory, currency: Currency) -> None:
    """Show the fact of an order and every row it was received as, with file and line."""
    say(f"[bold]{story.order_id}[/bold]")
    if story.fact is None:
        say("It is in no build: received after the watermark, or paid after the date of the build.")
    else:
        fact = [
            (name, _shown("order_fact", name, story.fact[name], currency)) for name in _OF_FACT if name in story.fact
        ]
        print_table("order_fact", ("column", "value"), fact)
    for table, rows in story.received.items():
        names = [name for name in _OF_ROW if CONTRACTS[table].column(name) is not None]
        listed = [
            (
                f"{place.file}:{place.line}" if place.line else f"{place.file} row {place.row}",
                str(place.batch_seq),
                *(_shown(table, name, row[name], currency) for name in names),
            )
            for row, place in rows
        ]
        print_table(f"{table}, as received", ("file", "batch", *names), listed)


def order_json(story: OrderStory) -> dict[str, Any]:
    """Return the story of an order as JSON-ready values; persons as `P…`."""
    return {
        "order_id": story.order_id,
        "order_fact": None if story.fact is None else _plain("order_fact", story.fact),
        "received": {
            table: [{"place": _place_json(place), "row": _plain(table, row)} for row, place in rows]
            for table, rows in story.received.items()
        },
    }


def _story_json(one: TableStory) -> dict[str, Any]:
    return {
        "zh": one.zh,
        "en": one.en,
        "grain": one.grain,
        "place": one.place,
        "made_by": one.made_by,
        "source": one.source,
        "rows": one.rows,
        "seconds": one.seconds,
        "built_at": one.built_at.isoformat() if one.built_at else None,
        "sql": one.sql,
        "reads": one.reads,
        "raw": [
            {
                "batch_seq": file.batch_seq,
                "source": file.source,
                "file": file.file,
                "file_sha256": file.file_sha256,
                "received_at": file.received_at.isoformat(),
                "segment": file.segment,
                "segment_sha256": file.segment_sha256,
                "rows": file.rows,
            }
            for file in one.raw
        ],
    }


def _place_json(place: SourceRow) -> dict[str, Any]:
    return {
        "source": place.source,
        "file": place.file,
        "line": place.line,
        "row": place.row,
        "batch_seq": place.batch_seq,
        "received_at": place.received_at,
    }


def _plain(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _key(table, name, value) for name, value in row.items()}


def _key(table: str, name: str, value: Any) -> Any:
    column = CONTRACTS[table].column(name)
    is_key = column is not None and column.type is Type.KEY and isinstance(value, int)
    return format_person_id(PersonId(value)) if is_key else value


def _shown(table: str, name: str, value: Any, currency: Currency) -> str | None:
    column = CONTRACTS[table].column(name)
    if value is None:
        return None
    if column is not None and column.type is Type.FEN:
        return format_money(Money(value, currency), Language.EN, exact=True)
    return str(_key(table, name, value))


def _seconds(one: TableStory) -> str | None:
    return None if one.seconds is None else f"{one.seconds:.3f}"
