"""Exports of persons: who may be written, what is masked, the file, and its line in the audit log, all or nothing."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from quanyu.engine import DuckDBEngine
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.errors import Problem, UserError, did_you_mean
from quanyu.exports.fields import OPEN, Block, Field, choose, fields_of, is_open
from quanyu.exports.persons import (
    CHOSEN,
    KEPT,
    PERSON,
    contact_tree,
    counts_tree,
    fates_tree,
    identifiers_tree,
    kept_tree,
    listed_tree,
    rows_tree,
    unknown_tree,
)
from quanyu.exports.platforms import Platform, find_platform, hashed
from quanyu.exports.writers import EXCEL_ROWS, Draft, Format, draft_of, format_of, open_writer
from quanyu.exports.written_ids import written_ids
from quanyu.segments import Ground, condition_of, persons_tree, unknown_in
from quanyu.services.project import Project
from quanyu.services.segments import RULE_FILES, find_segment, ground_of, open_segments, read_rule_file
from quanyu.store import AuditEntry, AuditRecord, Build, Store, Vault, open_vault
from quanyu.tables.contract import Privacy, Type
from quanyu.tables.people import CONSENT_PURPOSES

BATCH_ROWS: Final = 20_000
ANALYSIS: Final = "analysis"
"""The purpose of an export that stays inside and reaches nobody."""

UNGATED: Final = ("service", ANALYSIS)
"""Purposes without a consent of their own: serving an order rests on its contract."""

PURPOSES: Final = (*CONSENT_PURPOSES, ANALYSIS)
ADS: Final = "ads_matching"
PACKAGE: Final = "privacy.package"
ACTIONS: Final = ("export.persons", "export.hashed", PACKAGE)
PERSONS_FOLDER: Final = "export_persons"
"""The folder of the state that remembers who was in which export: one file of ids for each line of the audit log."""
_PAGE: Final = 1_000

Choice: TypeAlias = t.Query | pa.Table
"""Who is meant: a query that gives person_id, or a table with a column person_id of ids, merged-away ones too."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an export is made: the workspace, its store, its warehouse with a build attached, and who asks."""

    project: Project
    store: Store
    engine: DuckDBEngine
    build: Build
    actor: str


@dataclass(frozen=True, slots=True)
class Request:
    """What to write where: columns by name, the purpose, classes of personal data that the caller may see."""

    path: Path
    columns: tuple[str, ...]
    purpose: str
    may_see: frozenset[Privacy] = frozenset()
    overwrite: bool = False
    headings: str = "code"


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: persons and rows (of a hashed list: numbers), who was left out and why, and the file's hash."""

    path: Path
    form: str
    persons: int
    rows: int
    left_out: Mapping[str, int]
    columns: tuple[str, ...]
    masked: tuple[str, ...]
    purpose: str
    sha256: str
    bytes: int
    audit_id: int


@dataclass(frozen=True, slots=True)
class _Chosen:
    fates: t.Query
    kept: t.Query
    persons: int
    left_out: dict[str, int] = field(default_factory=dict)


def export_persons(place: Place, choice: Choice, request: Request) -> Exported:
    """Write one row per chosen person and audit it; the file and its audit record are both there, or neither.

    Persons without live consent for a purpose that needs one are left out and counted (M-38, consent gate).  Columns of
    a class that the caller may not see hold `*`.  Without a right to persons a group below P.small_group is refused.
    Raises UserError with every problem of the request, `export.nobody`, `export.small_group`.
    """
    fields = _check(place, request)
    form = format_of(request.path)
    with (
        draft_of(request.path, overwrite=request.overwrite) as draft,
        _chosen(place, choice, request.purpose) as chosen,
    ):
        if not request.may_see:
            _refuse_small(place, chosen.persons)
        if form is Format.EXCEL and chosen.persons > EXCEL_ROWS:
            message = f"{chosen.persons:,} persons do not fit the {EXCEL_ROWS:,} rows of an Excel sheet."
            raise UserError(Problem("export.excel_rows", message, "Write .csv or .parquet."))
        masked = tuple(one.name for one in fields if not is_open(one, request.may_see))
        said = {"purpose": request.purpose, "as_of": place.build.as_of.isoformat(), "build": str(place.build.build_id)}
        writer = open_writer(form, draft.path, _headings(fields, request.headings), said)
        try:
            for batch in _batches(place, chosen.kept, fields, request.may_see):
                writer.write(batch)
        finally:
            writer.close()
        columns = (PERSON, *(one.name for one in fields))
        done = _Done(ACTIONS[0], form.value, chosen, chosen.persons, chosen.persons, columns, masked)
        return _publish(place, draft, request, done)


def export_hashed(
    place: Place, choice: Choice, path: Path, platform: str, hash_name: str | None = None, *, overwrite: bool = False
) -> Exported:
    """Write the hashes of the mobiles of the chosen persons as an advertising platform matches them, one a line.

    Only persons with live consent for ads_matching; the originals come from the vault and are written nowhere.  A list
    of fewer than P.small_group persons is refused whoever asks (FP-44).  Lines stand in the order of keyed hashes,
    which tells nothing.  Raises UserError as `export_persons`, `export.platform`, `export.hash`.
    """
    wanted, name = find_platform(platform, hash_name)
    request = Request(path, (), ADS, overwrite=overwrite)
    with draft_of(path, overwrite=overwrite) as draft, _chosen(place, choice, ADS) as chosen:
        reached = Ground(place.engine, place.build.as_of, place.build.zone).count(
            t.select({PERSON: t.col(PERSON)}, contact_tree("mobile"), where=q.is_in(t.col(PERSON), chosen.kept))
        )
        chosen.left_out["no_mobile"] = chosen.persons - reached
        _refuse_small(place, reached)
        written = _write_hashes(place, chosen, wanted, lambda numbers: hashed(numbers, wanted, name), draft)
        done = _Done(ACTIONS[1], f"{platform} {name}", chosen, reached, written, (f"mobile_{name}",), ())
        return _publish(place, draft, request, done)


def columns_known(engine: DuckDBEngine) -> list[Field]:
    """Return every field that can be exported from the build, block by block."""
    order = list(Block)
    return sorted(fields_of(engine).values(), key=lambda one: order.index(one.block))


def export_log(store: Store) -> list[AuditRecord]:
    """Return the audit records of all exports, oldest first."""
    found: list[AuditRecord] = []
    after = 0
    with store.reading() as work:
        while page := work.audit.find(after=after, limit=_PAGE):
            found += [record for record in page if record.action in ACTIONS]
            after = page[-1].audit_id
    return found


def everybody() -> t.Query:
    """Return the choice of every person of the build."""
    return persons_tree([])


def by_segment(place: Place, name: str) -> t.Query:
    """Return the choice by a segment, named or in a YAML file with a rule or a definition.

    Raises UserError with every problem of the rule, `segment.unknown`, `export.unknown` when the build has no data to
    judge it by.
    """
    segments = open_segments(place.project.workspace)
    path = Path(name)
    if path.suffix in RULE_FILES:
        rule = read_rule_file(place.project.workspace, segments, path)
    else:
        rule = find_segment(segments, name).value.rule
    ground = ground_of(place.engine, place.build, segments)
    missing = unknown_in(ground, rule)
    if missing:
        message = f"The rule asks for what the build does not know: {', '.join(missing)}."
        raise UserError(Problem("export.unknown", message, "Connect it; `quanyu readiness` says how."))
    return persons_tree([condition_of(ground, rule)])


def originals(store: Store, vault: Vault, identifier_ids: pa.Array) -> pa.Array:
    """Return the originals of identifiers from the vault in their order, null where it has none.

    Whoever asks owes the audit log a line.
    """
    wanted = [one for one in pc.unique(identifier_ids).to_pylist() if one is not None]
    with store.reading() as work:
        found = work.identifiers.get(wanted)
    clear = vault.decrypt_many([one.value_enc for one in found])
    values = pa.array([value.decode() for value in clear], pa.string())
    known = pa.array([one.identifier_id for one in found], pa.int64())
    return pc.take(values, pc.index_in(identifier_ids, known))


def bound_vault(project: Project, store: Store) -> Vault:
    """Return the workspace's vault, its key checked against the store."""
    vault = open_vault(project.workspace.key_file)
    with store.transaction() as work:
        work.keys.bind(vault)
    return vault


def check_classes(names: Sequence[str]) -> frozenset[Privacy]:
    """Return the privacy classes of these names; raises UserError `export.may_see`."""
    known = [one.value for one in Privacy if one not in OPEN]
    problems = []
    for name in names:
        if name not in known:
            remedy = did_you_mean(name, known) or f"There are {', '.join(known)}."
            problems.append(Problem("export.may_see", f'No class of personal data "{name[:40]}".', remedy))
    if problems:
        raise UserError(problems)
    return frozenset(Privacy(name) for name in names)


@dataclass(frozen=True, slots=True)
class _Done:
    action: str
    form: str
    chosen: _Chosen
    persons: int
    rows: int
    columns: tuple[str, ...]
    masked: tuple[str, ...]


def _check(place: Place, request: Request) -> list[Field]:
    problems: list[Problem] = []
    fields: list[Field] = []
    try:
        fields = choose(fields_of(place.engine), request.columns)
    except UserError as error:
        problems += error.problems
    if request.purpose not in PURPOSES:
        remedy = did_you_mean(request.purpose, PURPOSES) or f"There are {', '.join(PURPOSES)}."
        problems.append(Problem("export.purpose", f'No purpose "{request.purpose[:40]}".', remedy))
    contacts = [one.name for one in fields if one.block is Block.CONTACT]
    if request.purpose == ANALYSIS and contacts:
        message = f"An export for {ANALYSIS} reaches nobody, so it holds no {' or '.join(contacts)}."
        problems.append(Problem("export.contact", message, "Leave it out, or name the purpose it serves."))
    try:
        format_of(request.path)
    except UserError as error:
        problems += error.problems
    if problems:
        raise UserError(problems)
    return fields


@contextmanager
def _chosen(place: Place, choice: Choice, purpose: str) -> Iterator[_Chosen]:
    """Give who is kept for a purpose, with the number left out for each reason."""
    if isinstance(choice, pa.Table):
        asked = pa.table({PERSON: pc.unique(choice[PERSON].cast(pa.int64()))})
        with place.engine.lent(CHOSEN, asked):
            yield _judged(place, listed_tree(), purpose, asked=asked.num_rows)
        return
    yield _judged(place, choice, purpose)


def _judged(place: Place, persons: t.Query, purpose: str, asked: int | None = None) -> _Chosen:
    ground = Ground(place.engine, place.build.as_of, place.build.zone)
    fates = fates_tree(ground, persons, None if purpose in UNGATED else purpose)
    counted = {row["fate"]: int(row["persons"]) for row in place.engine.query(counts_tree(fates)).to_pylist()}
    kept = counted.pop(KEPT, 0)
    if asked is not None:
        counted["unknown"] = ground.count(unknown_tree())
        counted["same_person"] = asked - counted["unknown"] - ground.count(persons)
    left_out = {reason: number for reason, number in sorted(counted.items()) if number}
    if not kept:
        why = ", ".join(f"{reason} {number:,}" for reason, number in left_out.items())
        message = f"Nobody is left to export{f' ({why})' if why else ''}."
        raise UserError(Problem("export.nobody", message, "Choose other persons, or collect consent for the purpose."))
    return _Chosen(fates, kept_tree(fates), kept, left_out)


def _refuse_small(place: Place, persons: int) -> None:
    least = place.project.parameters.integer("P.small_group")
    if persons < least:
        message = f"The group is smaller than {least} persons (P.small_group) and would point at single ones."
        raise UserError(Problem("export.small_group", message, "Choose a wider group."))


def _headings(fields: Sequence[Field], language: str) -> list[str]:
    if language == "code":
        return [PERSON, *(one.name for one in fields)]
    labels = [(one.zh if language == "zh" else one.en, _unit(one, language)) for one in fields]
    return ["用户" if language == "zh" else "Person", *(f"{label}{unit}" for label, unit in labels)]


def _unit(one: Field, language: str) -> str:
    """Money stays in whole fen, so a heading in words must say so."""
    if one.type is Type.FEN:
        return "(分)" if language == "zh" else " (fen)"
    return ""


def _batches(
    place: Place, kept: t.Query, fields: Sequence[Field], may_see: Collection[Privacy]
) -> Iterator[pa.RecordBatch]:
    contacts = [one.name for one in fields if one.block is Block.CONTACT and is_open(one, may_see)]
    vault = bound_vault(place.project, place.store) if contacts else None
    tree = rows_tree(kept, fields, frozenset(may_see), place.build.as_of)
    for batch in place.engine.batches(tree, BATCH_ROWS):
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        columns[PERSON] = written_ids(columns[PERSON])
        for name in contacts:
            if vault is not None:
                columns[name] = originals(place.store, vault, columns[name])
        yield pa.RecordBatch.from_pydict(columns)


def _write_hashes(place: Place, chosen: _Chosen, platform: Platform, digest: Any, draft: Draft) -> int:
    vault = bound_vault(place.project, place.store)
    numbers = written = 0
    with draft.path.open("w", encoding="ascii", newline="\n") as file:
        if platform.heading is not None:
            file.write(f"{platform.heading}\n")
        for batch in place.engine.batches(identifiers_tree(chosen.kept, "mobile"), BATCH_ROWS):
            clear = originals(place.store, vault, batch.column("identifier_id"))
            hashes = digest(clear.drop_null().to_pylist())
            chosen.left_out["no_original"] = chosen.left_out.get("no_original", 0) + clear.null_count
            file.writelines(f"{one}\n" for one in hashes)
            numbers += len(clear) - clear.null_count
            written += len(hashes)
    chosen.left_out["number_of_another_form"] = numbers - written
    return written


def _remember(place: Place, chosen: _Chosen, audit_id: int) -> None:
    """Keep who is in an export: a person may ask, and a deletion must find the file."""
    persons = place.engine.query(t.select({PERSON: t.col(PERSON)}, chosen.kept.copy()))
    folder = place.project.workspace.folder(PERSONS_FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(persons, folder / f"{audit_id}.parquet")


def _publish(place: Place, draft: Draft, request: Request, done: _Done) -> Exported:
    left_out = {reason: number for reason, number in done.chosen.left_out.items() if number}
    size, digest = draft.path.stat().st_size, draft.sha256()
    detail = {
        "file": str(request.path),
        "form": done.form,
        "sha256": digest,
        "bytes": size,
        "rows": done.rows,
        "columns": list(done.columns),
        "masked": list(done.masked),
        "may_see": sorted(one.value for one in request.may_see),
        "left_out": left_out,
        "build": place.build.build_id,
        "as_of": place.build.as_of.isoformat(),
    }
    entry = AuditEntry(place.actor, done.action, "person", done.persons, request.purpose, detail)
    with place.store.transaction() as work:
        record = work.audit.add(entry)
        _remember(place, done.chosen, record.audit_id)
        # Before the record is committed: when the file cannot be moved, nothing was exported and nothing is recorded.
        draft.publish()
    return Exported(
        path=request.path,
        form=done.form,
        persons=done.persons,
        rows=done.rows,
        left_out=left_out,
        columns=done.columns,
        masked=done.masked,
        purpose=request.purpose,
        sha256=digest,
        bytes=size,
        audit_id=record.audit_id,
    )
