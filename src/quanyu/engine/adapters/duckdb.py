"""DuckDB, the embedded engine: one warehouse file, bounded memory, spilling to the workspace."""

import copy
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import duckdb
import pyarrow as pa
from sqlglot import exp

from quanyu.engine.adapters.check import check_query, check_result, proves_key
from quanyu.engine.column_types import Value, arrow_schema, data_type, one_shape
from quanyu.engine.embedded import temp_table
from quanyu.engine.plan import finish
from quanyu.engine.protocol import Made
from quanyu.engine.step import Step
from quanyu.errors import ExternalError, InternalError, Problem, UserError
from quanyu.tables.contract import Contracts, Table

DEFAULT_MEMORY: Final = "3GB"
_WRITING: Final = (exp.Create, exp.Insert, exp.Delete, exp.Drop)


class Within(NamedTuple):
    """From one value up to and including another."""

    first: Value
    last: Value


class DuckDBEngine:
    """A warehouse file (or memory, without a path) and the catalogue of contract tables in it.

    New tables go to `schema`; `catalog` maps contract names to `schema.table` and may be pointed at older builds.
    Memory is bounded by `memory_limit`, beyond it DuckDB spills to `spill`.  One process may hold a file at a time;
    opening one that another process holds raises UserError `warehouse.locked`.
    """

    name = "duckdb"

    def __init__(
        self,
        path: Path | None,
        contracts: Contracts,
        *,
        schema: str = "main",
        memory_limit: str = DEFAULT_MEMORY,
        threads: int | None = None,
        spill: Path | None = None,
        read_only: bool = False,
    ) -> None:
        self.path = path
        self.contracts = contracts
        self.catalog: dict[str, str] = {}
        self._journal: list[str] | None = None
        config: dict[str, Any] = {
            "memory_limit": memory_limit,
            "preserve_insertion_order": "true",
            # A name in SQL means a table, never a variable of the Python around it; nothing is fetched from a network.
            "python_enable_replacements": "false",
            "autoinstall_known_extensions": "false",
        }
        if threads:
            config["threads"] = str(threads)
        if spill:
            spill.mkdir(parents=True, exist_ok=True)
            config["temp_directory"] = str(spill)
        self._start(_open(path, config, read_only), schema, read_only)

    @classmethod
    def over(
        cls, connection: Any, path: Path, contracts: Contracts, *, schema: str = "main", read_only: bool = False
    ) -> "DuckDBEngine":
        """Return an engine over a connection to a warehouse that another process holds (`BorrowedConnection`)."""
        engine = cls.__new__(cls)
        engine.path, engine.contracts = path, contracts
        engine.catalog, engine._journal = {}, None
        engine._start(connection, schema, read_only)
        return engine

    def _start(self, connection: duckdb.DuckDBPyConnection, schema: str, read_only: bool) -> None:
        self.connection = connection
        self.connection.execute("SET TimeZone = 'UTC'")
        self.schema = schema
        if not read_only:
            self.use_schema(schema)

    @contextmanager
    def beside(self) -> Iterator["DuckDBEngine"]:
        """Give the same warehouse over a connection of its own, for one other thread; temporary tables are not shared.

        What its transaction has not committed when the block ends is rolled back.
        """
        other = copy.copy(self)
        other.connection = self.connection.cursor()
        try:
            other.connection.execute("SET TimeZone = 'UTC'")
            yield other
        finally:
            other.connection.close()

    def use_schema(self, schema: str) -> None:
        """Make new tables in this schema from now on, creating it when it is not there."""
        self.run(exp.Create(this=exp.table_(schema, quoted=True), kind="SCHEMA", exists=True))
        self.schema = schema

    def drop_schema(self, schema: str) -> None:
        """Drop a schema with all its tables; nothing happens when it is not there."""
        place = exp.Table(db=exp.to_identifier(schema, quoted=True))
        self.run(exp.Drop(tables=[place], kind="SCHEMA", exists=True, cascade=True))
        self.catalog = {name: place for name, place in self.catalog.items() if not place.startswith(f"{schema}.")}

    @property
    def tables(self) -> frozenset[str]:
        """Return the contract names of the tables that exist."""
        return frozenset(self.catalog)

    def schemas(self) -> frozenset[str]:
        """Return the names of the schemas in the warehouse."""
        rows = self.run(exp.select("schema_name").from_("information_schema.schemata")).fetchall()
        return frozenset(str(row[0]) for row in rows)

    def tables_in(self, schema: str) -> frozenset[str]:
        """Return the names of the tables of a schema; empty when it does not exist."""
        tree = exp.select("table_name").from_("information_schema.tables")
        rows = self.run(tree.where(exp.column("table_schema").eq(schema))).fetchall()
        return frozenset(str(row[0]) for row in rows)

    def attach_schema(self, schema: str) -> None:
        """Add every contract table that stands in the schema to the catalogue."""
        for name in self.tables_in(schema):
            if name in self.contracts:
                self.catalog[name] = f"{schema}.{name}"

    def make(self, step: Step, parameters: Mapping[str, Value]) -> Made:
        """Make the step's table in the current schema, cast to its contract, its key checked.

        A step kept as a view is named and not computed; its key follows from the tables it reads and is not checked.
        Raises InternalError when the key repeats or a not-null column is null, ExternalError when the engine fails.
        """
        contract = self.contracts[step.name]
        values = tuple((name, parameters[name]) for name, _ in step.parameters)
        places = tuple((name, self.catalog[name]) for name in step.reads if name in self.catalog)
        text = _written(step, values, places, contract)
        proven = step.is_view or proves_key(step.tree, contract.key)
        return self._put(text, contract, "VIEW" if step.is_view else "TABLE", proven=proven)

    def make_query(self, tree: exp.Query, table: str, parameters: Mapping[str, Value]) -> Made:
        """Make a contract table from a checked query; as `make`."""
        contract = self.contracts[table]
        text = _text(finish(tree, parameters, self.catalog, self.name, contract), pretty=True)
        return self._put(text, contract, "TABLE", proven=proves_key(tree, contract.key))

    def _put(self, text: str, contract: Table, kind: str, *, proven: bool) -> Made:
        started = time.perf_counter()
        target = exp.table_(contract.name, db=self.schema, quoted=True)
        self.run(exp.Create(this=target, kind=kind, replace=True, expression=exp.var(text)), contract.name)
        self.catalog[contract.name] = f"{self.schema}.{contract.name}"
        rows = self._check(contract, proven=proven)
        return Made(contract.name, rows, time.perf_counter() - started, text)

    def append_query(self, tree: exp.Query, table: str, parameters: Mapping[str, Value]) -> float:
        """Add the rows of a checked query to a contract table made here; return the seconds.  Keys are not checked."""
        started = time.perf_counter()
        query = finish(tree, parameters, self.catalog, self.name, self.contracts[table])
        self.run(exp.Insert(this=exp.table_(table, db=self.schema, quoted=True), expression=query), table)
        return time.perf_counter() - started

    def name_query(self, tree: exp.Query, table: str) -> None:
        """Name a checked query as a view of a contract table in the current schema; the catalogue stays as it is."""
        query = finish(tree, {}, self.catalog, self.name, self.contracts[table])
        target = exp.table_(table, db=self.schema, quoted=True)
        self.run(exp.Create(this=target, kind="VIEW", replace=True, expression=query), table)

    def note_query(self, tree: exp.Query, name: str) -> int:
        """Keep the rows of a checked query under a name of our own until the connection closes; return their number."""
        self.run(temp_table(name, finish(tree, {}, self.catalog, self.name)), name)
        self.catalog[name] = name
        counted = exp.select(exp.Count(this=exp.Star())).from_(exp.table_(name, quoted=True))
        return int(self.run(counted).fetchall()[0][0])

    def insert_query(self, tree: exp.Query, table: str) -> None:
        """Add the rows of a checked query to a table of the current schema that is no contract's, or copies one."""
        query = finish(tree, {}, self.catalog, self.name)
        self.run(exp.Insert(this=exp.table_(table, db=self.schema, quoted=True), expression=query), table)

    def remove_rows(self, table: str, column: str, marks: str) -> None:
        """Remove from a table of the current schema the rows whose column is one of the same column of another."""
        schema, _, name = self.catalog[marks].rpartition(".")
        marked = exp.select(exp.column(column, quoted=True)).from_(exp.table_(name, db=schema or None, quoted=True))
        held = exp.In(this=exp.column(column, quoted=True), query=exp.Subquery(this=marked))
        self.run(exp.Delete(this=exp.table_(table, db=self.schema, quoted=True), where=exp.Where(this=held)), table)

    def register(self, table: str, rows: pa.Table) -> Made:
        """Make a contract table from Arrow rows, cast to the contract; raises InternalError for a wrong column set."""
        started = time.perf_counter()
        contract = self.contracts[table]
        if set(rows.column_names) != set(contract.column_names):
            raise InternalError(f"{table}: rows have columns {sorted(rows.column_names)}")
        self.connection.register("incoming_rows", rows)
        try:
            columns = [_cast(column.name, data_type(column.type, self.name)) for column in contract.columns]
            query = exp.select(*columns).from_("incoming_rows")
            target = exp.table_(table, db=self.schema, quoted=True)
            self.run(exp.Create(this=target, kind="TABLE", replace=True, expression=query), table)
        finally:
            self.connection.unregister("incoming_rows")
        self.catalog[table] = f"{self.schema}.{table}"
        return Made(table, self._check(contract), time.perf_counter() - started, "")

    def query(self, tree: exp.Query, parameters: Mapping[str, Value] | None = None) -> pa.Table:
        """Return the answer of a checked query over contract tables as Arrow, in the types of `one_shape`."""
        return one_shape(self.answer(_text(finish(tree, parameters or {}, self.catalog, self.name))))

    def look_up(
        self, table: str, columns: Sequence[str], wanted: Mapping[str, Sequence[Value] | Within]
    ) -> list[dict[str, Any]]:
        """Return the rows of a contract table of which each wanted column has one of its values, or one within.

        For few rows asked for often: the statement is written once per form and values are bound to it, where `query`
        takes longer to write a statement than to run it.  No values of a column are no rows.
        """
        form = tuple((name, None if isinstance(one, Within) else len(one)) for name, one in wanted.items())
        if any(values == 0 for _, values in form):
            return []
        text = _look_up_text(self.catalog[table], tuple(columns), form)
        values = [value for one in wanted.values() for value in one]
        found = self.run_text(text, {f"v{at}": value for at, value in enumerate(values)})
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]

    def batches(self, tree: exp.Query, rows: int) -> Iterator[pa.RecordBatch]:
        """Give the answer of a checked query in batches of about so many rows, in the types of `one_shape`.

        The answer never stands in memory as a whole.  The engine can ask nothing else until it is read to its end.
        """
        sql = _text(finish(tree, {}, self.catalog, self.name))
        try:
            for batch in self.connection.sql(sql).to_arrow_reader(rows):
                yield from one_shape(pa.Table.from_batches([batch])).to_batches()
        except (duckdb.Error, pa.ArrowException) as error:
            raise ExternalError(f"DuckDB failed: {error}\n{sql}", code="engine.failed") from error

    @contextmanager
    def lent(self, name: str, rows: pa.Table) -> Iterator[None]:
        """Let queries read Arrow rows under a name inside the block; nothing is copied, nor written to the file."""
        self.connection.register(name, rows)
        self.catalog[name] = name
        try:
            yield
        finally:
            del self.catalog[name]
            self.connection.unregister(name)

    def answer(self, sql: str) -> pa.Table:
        """Return the answer of finished SQL text of this engine as Arrow; raises ExternalError as `run_text`."""
        try:
            return self.connection.sql(sql).to_arrow_table()
        except duckdb.Error as error:
            raise ExternalError(f"DuckDB failed: {error}\n{sql}", code="engine.failed") from error

    def sql_of(self, tree: exp.Query, parameters: Mapping[str, Value] | None = None) -> str:
        """Return the SQL text this engine runs for a query, formatted."""
        return _text(finish(tree, parameters or {}, self.catalog, self.name), pretty=True)

    def rows_of(self, table: str) -> pa.Table:
        """Return a whole contract table, columns in contract order; for small tables and tests."""
        columns = [exp.column(name, quoted=True) for name in self.contracts[table].column_names]
        rows = self.query(exp.select(*columns).from_(exp.table_(table, quoted=True)))
        return rows.cast(arrow_schema(self.contracts[table]))

    def run(self, tree: exp.Expr, table: str = "") -> duckdb.DuckDBPyConnection:
        """Run one statement given as a tree, which is used up; raises ExternalError with its SQL when it fails."""
        sql = _text(tree)
        if self._journal is not None and isinstance(tree, _WRITING):
            self._journal.append(sql)
        return self.run_text(sql, table=table)

    @contextmanager
    def recorded(self) -> Iterator[list[str]]:
        """Give the list to which every statement of the block that writes is added, for `replay`.

        Writing a statement costs more than running it where few rows are touched.
        """
        texts: list[str] = []
        self._journal = texts
        try:
            yield texts
        finally:
            self._journal = None

    def replay(self, texts: Iterable[str]) -> None:
        """Run recorded statements again; what they read outside themselves must stand as it did."""
        for text in texts:
            self.run_text(text)

    def run_text(self, sql: str, values: Mapping[str, Any] | None = None, table: str = "") -> duckdb.DuckDBPyConnection:
        """Run a statement of one of our `.sql` files that only this engine knows; values are bound, never pasted."""
        try:
            return self.connection.execute(sql, values) if values else self.connection.execute(sql)
        except duckdb.OutOfMemoryException as error:
            message = f"DuckDB ran out of memory{_at(table)}: {_first_line(error)}"
            raise ExternalError(message, code="engine.memory") from error
        except duckdb.Error as error:
            raise ExternalError(f"DuckDB failed{_at(table)}: {error}\n{sql}", code="engine.failed") from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block in one transaction: all of it is durable, or nothing."""
        self.connection.execute("BEGIN TRANSACTION")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def export_parquet(self, table: str, path: Path) -> int:
        """Write a contract table to one Parquet file (zstd) and return its size in bytes."""
        schema, _, name = self.catalog[table].rpartition(".")
        query = exp.select("*").from_(exp.table_(name, db=schema or None, quoted=True))
        return self.export_query(query, path)

    def export_query(self, tree: exp.Query, path: Path) -> int:
        """Write the rows of a query over physical tables to one Parquet file (zstd) and return its size in bytes."""
        path.parent.mkdir(parents=True, exist_ok=True)
        copy = exp.Copy(
            this=exp.Subquery(this=tree),
            kind=False,
            files=[exp.Literal.string(str(path))],
            params=[
                exp.CopyParameter(this=exp.var("FORMAT"), expression=exp.var("PARQUET")),
                exp.CopyParameter(this=exp.var("COMPRESSION"), expression=exp.var("ZSTD")),
            ],
        )
        self.run(copy)
        return path.stat().st_size

    def import_parquet(self, table: str, pattern: str) -> Made:
        """Make a contract table from Parquet files (a path or glob), cast to the contract."""
        started = time.perf_counter()
        contract = self.contracts[table]
        columns = [_cast(column.name, data_type(column.type, self.name)) for column in contract.columns]
        query = exp.select(*columns).from_(exp.func("read_parquet", exp.Literal.string(pattern)))
        target = exp.table_(table, db=self.schema, quoted=True)
        self.run(exp.Create(this=target, kind="TABLE", replace=True, expression=query), table)
        self.catalog[table] = f"{self.schema}.{table}"
        return Made(table, self._check(contract), time.perf_counter() - started, "")

    def checkpoint(self) -> None:
        """Bring the write-ahead log into the file, so that opening it again replays nothing."""
        self.run_text("CHECKPOINT")

    def close(self) -> None:
        """Close the file; the engine cannot be used afterwards."""
        self.connection.close()

    def _check(self, table: Table, *, proven: bool = False) -> int:
        schema, _, name = self.catalog[table.name].rpartition(".")
        result = self.run_text(_check_text(table, schema, name, proven=proven), table=table.name)
        names = [column[0] for column in result.description or ()]
        return check_result(table, dict(zip(names, result.fetchall()[0], strict=True)))


def _text(tree: exp.Expr, *, pretty: bool = False) -> str:
    """Write a tree that nobody needs afterwards; a copy would cost as much as the writing."""
    return tree.sql(DuckDBEngine.name, pretty=pretty, copy=False)


@lru_cache(maxsize=1024)
def _written(
    step: Step, values: tuple[tuple[str, Value], ...], places: tuple[tuple[str, str], ...], contract: Table
) -> str:
    """Return the text of a step's query: to write it takes longer than to run it on a small shop, so it is kept."""
    return _text(finish(step.tree, dict(values), dict(places), DuckDBEngine.name, contract), pretty=True)


@lru_cache(maxsize=1024)
def _look_up_text(place: str, columns: tuple[str, ...], form: tuple[tuple[str, int | None], ...]) -> str:
    """Return SELECT of the columns where each of the form has one of so many values `$v0` … or, None, lies in two."""
    schema, _, name = place.rpartition(".")
    query = exp.select(*(exp.column(column, quoted=True) for column in columns))
    query = query.from_(exp.table_(name, db=schema or None, quoted=True))
    taken = 0
    for column, values in form:
        given = [exp.Placeholder(this=f"v{at}") for at in range(taken, taken + (values or 2))]
        taken += len(given)
        of = exp.column(column, quoted=True)
        if values is None:
            held: exp.Expr = exp.Between(this=of, low=given[0], high=given[1])
        elif values == 1:
            held = exp.EQ(this=of, expression=given[0])
        else:
            # A list of literals is checked after every column of every row was read; a join with them is before.
            listed = exp.select(exp.Anonymous(this="unnest", expressions=[exp.Array(expressions=given)]))
            held = exp.In(this=of, query=exp.Subquery(this=listed))
        query = query.where(held, copy=False)
    return _text(query)


@lru_cache(maxsize=1024)
def _check_text(table: Table, schema: str, name: str, *, proven: bool) -> str:
    return _text(check_query(table, exp.table_(name, db=schema, quoted=True), key_proven=proven))


def _open(path: Path | None, config: dict[str, Any], read_only: bool) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(path) if path else ":memory:", read_only=read_only, config=config)
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            message = f"The warehouse {path} is in use by another process."
            remedy = "Wait for it to end, or stop it; while `quanyu serve` runs, ask its API."
            raise UserError(Problem("warehouse.locked", message, remedy)) from error
        message = f"The warehouse {path} cannot be opened: {_first_line(error)}"
        raise ExternalError(message, code="warehouse.open") from error


def _cast(name: str, to: exp.DataType) -> exp.Expr:
    return exp.alias_(exp.Cast(this=exp.column(name, quoted=True), to=to), name, quoted=True)


def _at(table: str) -> str:
    return f" while making {table}" if table else ""


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def set_aside(path: Path) -> Path:
    """Move a warehouse file that cannot be opened, and its write-ahead log, beside itself; return the new name.

    The warehouse is rebuildable from the raw log, so a broken file is kept for inspection and never deleted.
    """
    number = 1
    while (target := path.with_name(f"{path.name}.broken-{number}")).exists():
        number += 1
    shutil.move(path, target)
    wal = path.with_name(path.name + ".wal")
    if wal.exists():
        shutil.move(wal, target.with_name(target.name + ".wal"))
    return target
