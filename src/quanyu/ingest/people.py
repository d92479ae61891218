"""Identifiers of a row: read to their normal form, replaced by keyed hashes; the normal form never leaves scratch.

`value_hash` is HMAC-SHA256 under the workspace's matching key over `type|namespace|normal form`; `identifier_id` is
`hash60` of `type|namespace|value_hash` (`DESIGN.md` §5).  The pads of the key are bound as values, never as SQL text.
Each different value of a file is hashed once (`identifier_hash_<n>`), its rows are joined to it: hashing is the dearest
thing that happens to a cell, and a member has many rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from quanyu.config import Workspace
from quanyu.definitions.source import IdentifierMap
from quanyu.engine import DuckDBEngine
from quanyu.engine.column_types import data_type
from quanyu.engine.embedded import cast_to, insert_temp
from quanyu.engine.tree import (
    Query,
    Tree,
    all_of,
    any_of,
    call,
    case,
    cast,
    coalesce,
    col,
    is_null,
    left_join,
    lit,
    select,
    union_all,
)
from quanyu.ingest.cells import Cell, Reading
from quanyu.ingest.scan import sql
from quanyu.ingest.segment import Batch
from quanyu.store import Vault
from quanyu.tables import CONTRACTS

_NORMAL: Final = {
    "mobile": ("excel_text", "half_width", "phone"),
    "email": ("excel_text", "half_width", "email"),
}
_METHODS: Final = {"order": "order", "event": "login", "visit": "login", "membership": "form"}
_INVISIBLE: Final = r"[\x{200B}-\x{200F}\x{2060}-\x{2064}\x{FEFF}\x{00AD}]"
_PROBLEMS: Final = {"mobile": "phone_problem", "email": "email_problem"}


@dataclass(frozen=True, slots=True)
class IdentifierCell:
    """One identifier of a feed's rows: its cell (normal form), type, namespace and priority (1 is strongest)."""

    cell: Cell
    id_type: str
    namespace: str
    priority: int

    @property
    def hash_name(self) -> str:
        """Return the name its hashes are joined under."""
        return f"hash {self.cell.key}"

    @property
    def id_name(self) -> str:
        """Return the column of its identifier id."""
        return f"id {self.cell.key}"


def put_pads(engine: DuckDBEngine, vault: Vault) -> None:
    """Give the session the pads of the matching key, and the macros that hash with them."""
    inner, outer = vault.matching_pads()
    engine.run_text("SET VARIABLE inner_pad = $pad::BLOB", {"pad": inner})
    engine.run_text("SET VARIABLE outer_pad = $pad::BLOB", {"pad": outer})
    engine.run_text(sql("hashing"))


def identifier_cell(position: int, given: IdentifierMap, reading: Reading, workspace: Workspace) -> IdentifierCell:
    """Return the cell of one identifier; masked values and junk are no value, and are counted as warnings."""
    rule = workspace.identifier_rule(given.type)
    key = f"identifier {position}"
    label = reading.header.find(given.from_) or given.from_[0]
    raw = reading.raw(given.from_)
    cleaners = (*given.clean, *_NORMAL.get(given.type, ("excel_text",)))
    normal = col(f"t:{key}")
    masked = call("contains", normal, lit("*"))
    junk = normal.isin(*(lit(value) for value in rule.junk)) if rule and rule.junk else lit(False)
    fault = call(_PROBLEMS.get(given.type, "id_problem"), normal)
    value = case([(any_of([masked, junk]), lit(None)), (is_null(fault), normal)])
    problem = case([(any_of([is_null(normal), masked, junk]), lit(None))], fault)
    warnings = [(masked, lit("identifier.masked")), (junk, lit("identifier.junk"))]
    is_phone = given.type == "mobile"
    if is_phone:
        written, fits = col(f"o:{key}"), is_null(col(f"v:{key}")).not_()
        hidden = call("regexp_matches", written, lit(_INVISIBLE))
        warnings.append((all_of([fits, hidden]), lit("phone.invisible")))
        warnings.append((all_of([fits, call("trim", written).neq(normal)]), lit("phone.normalised")))
    cell = Cell(
        key=key,
        label=label,
        text=raw if raw is not None else cast(lit(None), "VARCHAR"),
        value=value,
        final=col(f"v:{key}"),
        problem=problem,
        warning=case(warnings),
        cleaners=reading.macros(cleaners),
        keeps_original=is_phone,
    )
    return IdentifierCell(cell, given.type, given.namespace or "", rule.priority if rule else 99)


def message(identifier: IdentifierCell, normal: Tree) -> Tree:
    """Return the text that is hashed: `type|namespace|normal form`."""
    prefix = f"{identifier.id_type}|{identifier.namespace}|"
    return case([(is_null(normal).not_(), call("concat", lit(prefix), normal))])


def hashes(rows: str | Query, identifiers: Sequence[IdentifierCell]) -> Query:
    """Return `#place` (in `identifiers`), `#normal` form, keyed `#hash` and `#id` of every identifier, each once."""
    return union_all([_hashes_of(place, one, rows) for place, one in enumerate(identifiers)])


def with_ids(rows: Query, names: Sequence[str], identifiers: Sequence[IdentifierCell], hash_table: str) -> Query:
    """Return the rows' columns `names` and the id of each identifier.

    The rows stand in their order but for blocks that two threads took in turn.
    """
    joined = select({**{name: col(name) for name in names}, **{one.id_name: _id_of(one) for one in identifiers}}, rows)
    for place, one in enumerate(identifiers):
        is_its = [col("#place", one.hash_name).eq(lit(place)), col("#normal", one.hash_name).eq(col(one.cell.key))]
        joined = left_join(joined, hash_table, one.hash_name, all_of(is_its))
    return joined


def strongest(identifiers: Sequence[IdentifierCell]) -> Tree:
    """Return the id of the strongest identifier a row has; null for none."""
    ids = [col(one.id_name) for one in sorted(identifiers, key=lambda one: one.priority)]
    return coalesce(*ids, lit(None)) if ids else cast(lit(None), "BIGINT")


def _id_of(one: IdentifierCell) -> Tree:
    return col("#id", one.hash_name)


def _hashes_of(place: int, one: IdentifierCell, rows: str | Query) -> Query:
    given, normal = col(one.cell.key), col("#normal")
    source = rows if isinstance(rows, str) else rows.copy()
    different = select({"#normal": given}, source, where=is_null(given).not_(), group=[given])
    hashed = select({"#normal": normal, "#hash": call("keyed_hash", message(one, normal))}, different)
    number = call("content_key", call("concat", lit(f"{one.id_type}|{one.namespace}|"), col("#hash")))
    return select({"#place": lit(place), "#normal": normal, "#hash": col("#hash"), "#id": number}, hashed)


def collect_people(
    engine: DuckDBEngine, identifiers: Sequence[IdentifierCell], rows: str, hash_table: str, table: str
) -> None:
    """Add the identifiers of a view of kept rows, and the pairs that stand in one row, to those of the batch."""
    carried = _carried(engine, identifiers, rows)
    for place, one in carried:
        engine.run(insert_temp("seen_identifier", _seen(place, one, rows, hash_table)))
    method = _METHODS.get(table, "import")
    for number, (_, one) in enumerate(carried):
        for _, other in carried[number + 1 :]:
            engine.run(insert_temp("seen_pair", _pairs(one, other, rows, method)))


def _carried(
    engine: DuckDBEngine, identifiers: Sequence[IdentifierCell], rows: str
) -> list[tuple[int, IdentifierCell]]:
    """Return the identifiers, with their places, that some row has: a live batch is small and has few of many types."""
    if not identifiers:
        return []
    counted = {one.id_name: call("count", col(one.id_name)) for one in identifiers}
    counts = engine.run(select(counted, rows)).fetchall()[0]
    return [(place, one) for place, one in enumerate(identifiers) if counts[place]]


def identifier_rows(batch: Batch) -> Query:
    """Return the batch's new identifiers as rows of the contract `identifier`."""
    return _of_contract(
        "identifier",
        "new_identifier",
        {"verified": lit(False), "first_batch_seq": lit(batch.seq)},
        ["identifier_id"],
    )


def pair_rows(batch: Batch) -> Query:
    """Return the batch's pairs as rows of the contract `identifier_pair`."""
    given = {"first_batch_seq": lit(batch.seq), "source": lit(batch.source)}
    return _of_contract("identifier_pair", "new_pair", given, ["identifier_a", "identifier_b", "method"])


def _of_contract(table: str, rows: str, given: dict[str, Tree], order: Sequence[str]) -> Query:
    columns = {
        column.name: cast_to(given.get(column.name, col(column.name)), data_type(column.type, "duckdb"))
        for column in CONTRACTS[table].columns
    }
    return select(columns, rows, order=[col(name) for name in order])


def _seen(place: int, one: IdentifierCell, rows: str, hash_table: str) -> Query:
    number = col(one.id_name)
    first = {"id": number, "seen_at": call("min", col("#moment"))}
    seen = select(first, rows, where=is_null(number).not_(), group=[number])
    columns = {
        "identifier_id": col("id"),
        "id_type": lit(one.id_type),
        "namespace": lit(one.namespace),
        "value_hash": col("#hash"),
        "normal": col("#normal"),
        "seen_at": col("seen_at"),
    }
    return left_join(
        select(columns, seen), hash_table, "hashed", all_of([col("#place").eq(lit(place)), col("#id").eq(col("id"))])
    )


def _pairs(one: IdentifierCell, other: IdentifierCell, rows: str, method: str) -> Query:
    first, second = col(one.id_name), col(other.id_name)
    pair = [call("least", first, second), call("greatest", first, second)]
    return select(
        {
            "identifier_a": pair[0],
            "identifier_b": pair[1],
            "method": lit(method),
            "evidence": call("count", lit(1)),
            "first_at": call("min", col("#moment")),
            "last_at": call("max", col("#moment")),
        },
        rows,
        # One value in two columns is one identifier, not a pair.
        where=first.neq(second),
        group=pair,
    )
