"""Identifiers of a row: read to their normal form, replaced by keyed hashes; the normal form never leaves scratch.

`value_hash` is HMAC-SHA256 under the workspace's matching key over `type|namespace|normal form`; `identifier_id` is
`hash60` of `type|namespace|value_hash` (`DESIGN.md` §5).  The pads of the key are bound as values, never as SQL text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from quanyu.config import Workspace
from quanyu.definitions.source import IdentifierMap
from quanyu.engine import DuckDBEngine
from quanyu.engine.column_types import data_type
from quanyu.engine.embedded import cast_to, insert_temp
from quanyu.engine.tree import Query, Tree, any_of, call, case, cast, coalesce, col, is_null, lit, select
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
        """Return the column of its keyed hash."""
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
    warning = case([(masked, lit("identifier.masked")), (junk, lit("identifier.junk"))])
    cell = Cell(
        key=key,
        label=label,
        text=raw if raw is not None else cast(lit(None), "VARCHAR"),
        value=value,
        final=col(f"v:{key}"),
        problem=problem,
        warning=warning,
        cleaners=reading.macros(cleaners),
    )
    return IdentifierCell(cell, given.type, given.namespace or "", rule.priority if rule else 99)


def message(identifier: IdentifierCell, normal: Tree) -> Tree:
    """Return the text that is hashed: `type|namespace|normal form`."""
    prefix = f"{identifier.id_type}|{identifier.namespace}|"
    return case([(is_null(normal).not_(), call("concat", lit(prefix), normal))])


def hashed(query: Query, names: Sequence[str], identifiers: Sequence[IdentifierCell]) -> Query:
    """Return the query with hash, id and `identifier_id` (the strongest of the row) added to its columns `names`."""
    kept = {name: col(name) for name in names}
    if not identifiers:
        return select({**kept, "identifier_id": cast(lit(None), "BIGINT")}, query)
    hashes = {one.hash_name: call("keyed_hash", message(one, col(one.cell.key))) for one in identifiers}
    first = select({**kept, **hashes}, query)
    ids = {one.id_name: _identifier_id(one) for one in identifiers}
    second = select({**kept, **{name: col(name) for name in hashes}, **ids}, first)
    strongest = sorted(identifiers, key=lambda one: one.priority)
    return select(
        {
            **kept,
            **{name: col(name) for name in (*hashes, *ids)},
            "identifier_id": coalesce(*(col(one.id_name) for one in strongest), lit(None)),
        },
        second,
    )


def _identifier_id(one: IdentifierCell) -> Tree:
    named = call("concat", lit(f"{one.id_type}|{one.namespace}|"), col(one.hash_name))
    number = call("content_key", named)
    return case([(is_null(col(one.hash_name)).not_(), number)])


def collect_people(engine: DuckDBEngine, identifiers: Sequence[IdentifierCell], rows: str, table: str) -> None:
    """Add the identifiers of a view of kept rows, and the pairs that stand in one row, to those of the batch."""
    for one in identifiers:
        engine.run(insert_temp("seen_identifier", _seen(one, rows)))
    method = _METHODS.get(table, "import")
    for number, one in enumerate(identifiers):
        for other in identifiers[number + 1 :]:
            engine.run(insert_temp("seen_pair", _pairs(one, other, rows, method)))


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


def _seen(one: IdentifierCell, rows: str) -> Query:
    return select(
        {
            "identifier_id": col(one.id_name),
            "id_type": lit(one.id_type),
            "namespace": lit(one.namespace),
            "value_hash": call("min", col(one.hash_name)),
            "normal": call("min", col(one.cell.key)),
            "seen_at": call("min", col("#moment")),
        },
        rows,
        where=is_null(col(one.id_name)).not_(),
        group=[col(one.id_name)],
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
