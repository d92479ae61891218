"""One feed of a source as queries: rows of text become typed rows with a list of problems, then one row per thing.

A typed row has `#row`, `#line`, `#moment` (when it happened, for identity), `#source_id`, `#version`, `#errors` and
`#warnings` (lists of `position:code`, null for none; the position is that of `FeedPlan.labels`), the table's columns,
and the normal forms of its identifiers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from quanyu.config import Workspace
from quanyu.definitions.source import Feed
from quanyu.engine import parse_expression
from quanyu.engine.embedded import array, lenient, only, over, try_cast
from quanyu.engine.tree import Query, Tree, all_of, any_of, call, case, cast, coalesce, col, is_null, lit, select
from quanyu.errors import InternalError, Where
from quanyu.ingest.cells import Cell, Reading, column_cell, moment_of, number_name
from quanyu.ingest.people import IdentifierCell, identifier_cell, message, strongest, with_ids
from quanyu.tables import CONTRACTS, Column, Table, Type
from quanyu.tables.columns import PROVENANCE

FOOTERS: Final = (
    "合计",
    "总计",
    "小计",
    "合计:",
    "总计:",
    "合计：",
    "总计：",
    "Total",
    "TOTAL",
    "total",
    "Grand Total",
    "Totals",
)
_FILLED: Final = frozenset({"identifier_id", *(column.name for column in PROVENANCE)})
_SEPARATOR: Final = "\x1f"
_ALWAYS: Final = ("#row", "#line", "#moment", "#source_id", "#version", "#errors", "#warnings")


@dataclass(frozen=True, slots=True)
class FeedPlan:
    """A feed ready to run over one file: `mapped` gives its typed rows, `values` names the table's own columns.

    `spared` are the columns no row has to carry, with what to read instead: nothing is mapped to them, or another
    column says it already.
    """

    feed: Feed
    table: Table
    keys: tuple[str, ...]
    labels: tuple[str, ...]
    identifiers: tuple[IdentifierCell, ...]
    values: tuple[str, ...]
    spared: Mapping[str, Tree]
    mapped: Query
    reading: Reading

    @property
    def carried(self) -> tuple[str, ...]:
        """Return the names of the columns of a typed row but for identifiers: what is spared is not among them."""
        own = (*_ALWAYS, *(("#group",) if self.feed.one_per else ()), *self.values)
        return tuple(name for name in own if name not in self.spared)


def plan_feed(feed: Feed, reading: Reading, workspace: Workspace) -> FeedPlan:
    """Return the plan of a feed over the columns of one file."""
    table = CONTRACTS[feed.table]
    cells = [
        column_cell(mapping, column, table, reading)
        for name, mapping in feed.columns.items()
        if (column := table.column(name))
    ]
    identifiers = tuple(
        identifier_cell(number, given, reading, workspace) for number, given in enumerate(feed.identifiers)
    )
    every = [
        *cells,
        *(one.cell for one in identifiers),
        *_key_cells(feed, reading, identifiers),
        *_version_cells(feed, reading),
        *_moment_cells(feed, reading),
    ]
    values = tuple(column.name for column in table.columns if column.name not in _FILLED)
    spared = _spared(feed, table, {cell.key for cell in every}, reading)
    mapped = _mapped(feed, table, every, reading, spared)
    return FeedPlan(
        feed=feed,
        table=table,
        keys=tuple(cell.key for cell in every),
        labels=tuple(cell.label for cell in every),
        identifiers=identifiers,
        values=values,
        spared=spared,
        mapped=mapped,
        reading=reading,
    )


def outcome(plan: FeedPlan, hash_table: str) -> Query:
    """Return the rows of the feed with ids and fingerprint, without what is spared; of a grouped feed, one per group.

    `hash_table` holds the `hashes` of its identifiers, whose normal forms go no further.
    """
    rows = grouped(plan) if plan.feed.one_per else plan.mapped
    names = plan.carried
    identified = with_ids(rows, names, plan.identifiers, hash_table)
    # A number given by position says nothing of the row: the same row further down is the same content.
    told = [name for name in plan.values if name in plan.feed.columns and not plan.feed.columns[name].number_within]
    told = [name for name in told if not _is_reckoned(name, plan)]
    content = [coalesce(cast(col(name), "VARCHAR"), lit("")) for name in told]
    content += [coalesce(cast(col(one.id_name), "VARCHAR"), lit("")) for one in plan.identifiers]
    fingerprint = call("content_key", call("concat_ws", lit(_SEPARATOR), *content))
    kept = (*names, *(one.id_name for one in plan.identifiers))
    return select({**{name: col(name) for name in kept}, "fingerprint": fingerprint}, identified)


def whole_outcome(plan: FeedPlan, rows: str) -> Query:
    """Return the rows of an `outcome` kept in a table with what is spared, `identifier_id` and `#key`."""
    names = [*plan.carried, *(one.id_name for one in plan.identifiers), "fingerprint"]
    columns = {name: col(name) for name in names} | dict(plan.spared)
    # One source row may yield several rows of the table (`person_attribute`): what tells them apart is part of the key.
    further = [plan.spared.get(name, col(name)) for name in plan.table.key[3:]]
    columns |= {"identifier_id": strongest(plan.identifiers), "#key": _joined([col("#source_id"), *further])}
    return select(columns, rows)


def _is_reckoned(name: str, plan: FeedPlan) -> bool:
    """Return whether the column is a time of a live record.

    Its sender's clock was corrected by when it came, so the same record sent again has another one: it is no content.
    """
    column = plan.table.column(name)
    return plan.reading.source.format == "live" and column is not None and column.type in (Type.TIME, Type.DATE)


def grouped(plan: FeedPlan) -> Query:
    """Return one row per group of `good_row`; groups that disagree carry an error."""
    own = (
        *(name for name in plan.values if name not in plan.spared),
        *(one.cell.key for one in plan.identifiers),
    )
    combined: dict[str, Tree] = {}
    disagreeing: list[Tree] = []
    for name in own:
        combine = plan.feed.columns[name].combine if name in plan.feed.columns else "same"
        combined[name] = _combined(col(name), combine)
        if combine == "same":
            position = plan.keys.index(name) if name in plan.keys else 0
            differs = call("min", col(name)).neq(call("max", col(name)))
            disagreeing.append(case([(differs, lit(f"{position}:group.disagrees"))]))
    columns: dict[str, Tree] = {
        "#row": call("min", col("#row")),
        "#line": call("min", col("#line")),
        "#moment": call("min", col("#moment")),
        "#source_id": call("min", col("#source_id")),
        "#version": call("max", col("#version")),
        "#errors": _listed(disagreeing),
        "#warnings": lit(None),
        "#group": col("#group"),
        **combined,
    }
    kept = {name: tree for name, tree in columns.items() if name not in plan.spared}
    return select(kept, "good_row", group=[col("#group")])


def needs_whole_groups(feed: Feed) -> bool:
    """Return whether a value is made of several rows, so that a group with a bad row must wait as a whole."""
    return bool(feed.one_per) and any(mapping.combine != "same" for mapping in feed.columns.values())


def _mapped(feed: Feed, table: Table, every: Sequence[Cell], reading: Reading, spared: Mapping[str, Tree]) -> Query:
    texts = {
        "#row": col("#row"),
        "#line": col("#line"),
        "#broken": _broken(feed, reading),
        "#group": _joined([call("clean_text", reading.raw((name,)) or lit(None)) for name in feed.one_per]),
        **{f"o:{cell.key}": cell.text for cell in every if cell.keeps_original},
        **{f"t:{cell.key}": cell.text for cell in every},
    }
    names = [name for name in texts if name[:2] != "t:"]
    rows: Query = select(texts, _rows_of(feed, reading), where=_condition(feed, reading))
    for step in range(max(len(cell.cleaners) for cell in every)):
        cleaned = {
            f"t:{cell.key}": call(cell.cleaners[step], col(f"t:{cell.key}"))
            for cell in every
            if step < len(cell.cleaners)
        }
        rows = select({name: cleaned.get(name, col(name)) for name in texts}, rows)
    typed = select({**{name: col(name) for name in texts}, **{f"v:{cell.key}": cell.value for cell in every}}, rows)
    checked = select(
        {name: col(name) for name in names}
        | {cell.key: cell.final for cell in every}
        | {f"p:{cell.key}": cell.problem for cell in every if cell.problem is not None}
        | {f"w:{cell.key}": cell.warning for cell in every if cell.warning is not None},
        typed,
    )
    columns = _canonical(feed, table, every, reading)
    return select({name: tree for name, tree in columns.items() if name not in spared}, checked)


def _canonical(feed: Feed, table: Table, every: Sequence[Cell], reading: Reading) -> dict[str, Tree]:
    mapped = {cell.key for cell in every}
    columns: dict[str, Tree] = {
        "#row": col("#row"),
        "#line": col("#line"),
        "#moment": _moment(table, mapped),
        "#source_id": _joined([col(f"key {number}") for number in range(len(feed.key))]),
        "#version": call("version_text", col("version")) if feed.version else cast(lit(None), "VARCHAR"),
        "#errors": _errors(every),
        "#warnings": _faults(
            [(number, col(f"w:{cell.key}")) for number, cell in enumerate(every) if cell.warning is not None]
        ),
    }
    if feed.one_per:
        columns["#group"] = col("#group")
    for column in table.columns:
        if column.name in mapped:
            columns[column.name] = col(column.name)
        elif column.name not in _FILLED:
            columns[column.name] = _derived(column.name, table, mapped, reading) or _nothing(column)
    columns |= {cell.key: col(cell.key) for cell in every if cell.key.startswith("identifier ")}
    return columns


def _spared(feed: Feed, table: Table, mapped: set[str], reading: Reading) -> dict[str, Tree]:
    """Return the columns that rows need not carry, with what to read instead.

    Of a grouped feed only those that are null: the others are combined each in its own way.
    """
    spared: dict[str, Tree] = {}
    if feed.version is None:
        spared["#version"] = cast(lit(None), "VARCHAR")
    moment = _moment(table, mapped)
    if not feed.one_per and "told" not in mapped:
        spared["#moment"] = moment
    for column in table.columns:
        if column.name in mapped or column.name in _FILLED:
            continue
        derived = _derived(column.name, table, mapped, reading)
        if derived is None or not feed.one_per:
            spared[column.name] = derived if derived is not None else _nothing(column)
    return spared


def _derived(name: str, table: Table, mapped: set[str], reading: Reading) -> Tree | None:
    """Return the business date of the moment beside it (`local_date` of the first moment), or None."""
    column = table.column(name)
    origin = _first_moment(table) if name == "local_date" else name.removesuffix("_date") + "_at"
    if column and column.type is Type.DATE and origin in mapped:
        return reading.business_zone.day(col(origin))
    return None


def _nothing(column: Column) -> Tree:
    """Return null in the type of a column."""
    kinds = {Type.FEN: "BIGINT", Type.INT: "BIGINT", Type.DECIMAL: "DECIMAL(18, 6)", Type.DATE: "DATE",
             Type.TIME: "TIMESTAMP", Type.BOOL: "BOOLEAN", Type.RATIO: "DOUBLE"}  # fmt: skip
    return cast(lit(None), kinds.get(column.type, "VARCHAR"))


def _first_moment(table: Table) -> str:
    return next(
        (column.name for column in table.columns if column.type is Type.TIME and column.name not in _FILLED), ""
    )


def _moment_cells(feed: Feed, reading: Reading) -> list[Cell]:
    if feed.occurred_at is None:
        return []
    given = feed.occurred_at
    raw = reading.raw(given.from_)
    value = moment_of(col("t:told"), given.format, reading.zone)
    label = given.from_[0] if given.from_ else "occurred_at"
    return [Cell("told", label, raw or lit(None), value, col("v:told"), cleaners=reading.macros(given.clean))]


def _moment(table: Table, mapped: set[str]) -> Tree:
    own = "told" if "told" in mapped else _first_moment(table)
    return col(own) if own in mapped else cast(lit(None), "TIMESTAMP")


def _key_cells(feed: Feed, reading: Reading, identifiers: Sequence[IdentifierCell]) -> list[Cell]:
    """Return the parts of the source id; a part that names a person is hashed on the way."""
    personal = {one.cell.label: one for one in identifiers if one.id_type in ("mobile", "email")}
    cells: list[Cell] = []
    for number, name in enumerate(feed.key):
        key, label = f"key {number}", reading.header.find((name,)) or name
        given = col(f"t:{key}")
        problem = case([(is_null(given), lit("row.required"))])
        raw = reading.raw((name,))
        text = raw if raw is not None else lit(None)
        final, cleaners = col(f"v:{key}"), reading.macros(("excel_text", *_cleaners_of(name, feed)))
        if label in personal:
            one = personal[label]
            final, cleaners = call("keyed_hash", message(one, final)), one.cell.cleaners
        cells.append(Cell(key, label, text, given, final, problem, cleaners=cleaners))
    return cells


def _cleaners_of(heading: str, feed: Feed) -> tuple[str, ...]:
    return next((mapping.clean for mapping in feed.columns.values() if heading in mapping.from_), ())


def _version_cells(feed: Feed, reading: Reading) -> list[Cell]:
    if feed.version is None:
        return []
    raw = reading.raw((feed.version,))
    text = raw if raw is not None else lit(None)
    given = col("t:version")
    return [Cell("version", feed.version, text, given, col("v:version"), cleaners=reading.macros(("excel_text",)))]


def _errors(every: Sequence[Cell]) -> Tree:
    broken = col("#broken")
    listed = _faults([(number, col(f"p:{cell.key}")) for number, cell in enumerate(every) if cell.problem is not None])
    return case([(is_null(broken).not_(), array([call("concat", lit(":"), broken)]))], listed)


def _faults(codes: Sequence[tuple[int, Tree]]) -> Tree:
    """Return the codes that are not null as a list of `position:code`."""
    return _listed([_coded(number, code) for number, code in codes], [code for _, code in codes])


def _coded(number: int, fault: Tree) -> Tree:
    # `||` and not concat(): null stays null.
    return case([(is_null(fault).not_(), call("concat", lit(f"{number}:"), fault))])


def _listed(items: Sequence[Tree], tests: Sequence[Tree] = ()) -> Tree:
    """Return the items that are not null as a list; null for none, which is the usual case and costs one test."""
    if not items:
        return cast(lit(None), "VARCHAR[]")
    return case([(is_null(coalesce(*(tests or items))).not_(), call("present", array(items)))])


def _broken(feed: Feed, reading: Reading) -> Tree:
    """Return the problem of the whole row: a NUL, the header once more, a line of totals; null for none."""
    branches: list[tuple[Tree, Tree]] = []
    names = [name for name in reading.header.names if not name.startswith("#")]
    if reading.header.has_nul:
        anywhere = any_of([call("contains", coalesce(col(name), lit("")), call("chr", lit(0))) for name in names])
        branches.append((anywhere, lit("csv.nul")))
    keys = [heading for name in feed.key if (heading := reading.header.find((name,)))]
    if keys:
        repeated = all_of([col(heading).eq(lit(heading)) for heading in keys])
        branches.append((repeated, lit("csv.header_repeated")))
    footer = col(names[0]).isin(*(lit(word) for word in FOOTERS))
    branches.append((footer, lit("csv.footer")))
    return case(branches)


def _condition(feed: Feed, reading: Reading) -> Tree | None:
    if feed.where is None:
        return None
    tree, problems = parse_expression(feed.where, reading.header.names, Where())
    if tree is None:
        raise InternalError(f"condition of {feed.name} was not checked: {problems}")
    return lenient(tree)


def whole_rows(feeds: Sequence[Feed], reading: Reading) -> Query:
    """Return the rows of the file complete in themselves: what depends on other rows is filled in.

    Numbers within groups are counted before any condition leaves rows out; blanks of columns written on the first row
    of a group only take its value.  A row that comes back from quarantine brings its numbers along.
    """
    columns: dict[str, Tree] = {"#row": col("#row"), "#line": col("#line")}
    for names in sorted({mapping.number_within for feed in feeds for mapping in feed.columns.values()} - {()}):
        parts = [reading.raw((name,)) or lit(None) for name in names]
        number = over(call("row_number"), parts, [col("#row")])
        name = number_name(names)
        known = try_cast(col(name), "BIGINT") if name in reading.header.names else lit(None)
        columns[name] = coalesce(known, number)
    columns |= {heading: col(heading) for heading in reading.header.names if heading not in columns}
    for given in (feed.fill_from_first for feed in feeds if feed.fill_from_first):
        by = [reading.raw((name,)) or lit(None) for name in given.by]
        for heading in (found for name in given.columns if (found := reading.header.find((name,)))):
            own = col(heading)
            first = over(only(call("arg_min", own, col("#row")), is_null(own).not_()), by)
            columns[heading] = coalesce(own, first)
    return select(columns, "scan_row")


def _rows_of(feed: Feed, reading: Reading) -> str | Query:
    is_plain = feed.fill_from_first is None and not any(mapping.number_within for mapping in feed.columns.values())
    return "scan_row" if is_plain else whole_rows([feed], reading)


def rows_of_feed(feed: Feed, reading: Reading, columns: Mapping[str, Tree]) -> Query:
    """Return number and the given columns of the rows of the file that a feed takes."""
    return select({"#row": col("#row"), **columns}, _rows_of(feed, reading), where=_condition(feed, reading))


def _joined(parts: Sequence[Tree]) -> Tree:
    """Return the parts as one text; null when one is null."""
    if not parts:
        return cast(lit(None), "VARCHAR")
    if len(parts) == 1:
        return parts[0]
    whole = call("concat_ws", lit("|"), *parts)
    return case([(all_of([is_null(part).not_() for part in parts]), whole)])


def _combined(value: Tree, combine: str) -> Tree:
    functions = {"same": "min", "min": "min", "max": "max", "sum": "sum", "count": "count"}
    if combine in functions:
        return call(functions[combine], value)
    return call("arg_min" if combine == "first" else "arg_max", value, col("#row"))
