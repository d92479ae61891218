"""Short constructors for columns, and `landed`, which adds the provenance that every landing table carries."""

from quanyu.tables.contract import Column, Privacy, Table, Type

PSEUDONYM = Privacy.PSEUDONYM
PERSONAL = Privacy.PERSONAL
SENSITIVE = Privacy.SENSITIVE


def text(
    name: str,
    zh: str,
    en: str,
    *,
    null: bool = True,
    privacy: Privacy = Privacy.NONE,
    values: tuple[str, ...] = (),
) -> Column:
    """Return a text column; `values` lists the only allowed texts."""
    return Column(name, Type.TEXT, zh, en, null, privacy=privacy, values=values)


def ref(name: str, zh: str, en: str, target: str, *, null: bool = True, privacy: Privacy = Privacy.NONE) -> Column:
    """Return a text column that names a row of another table (`table.column`)."""
    return Column(name, Type.TEXT, zh, en, null, privacy=privacy, references=target)


def day(name: str, zh: str, en: str, *, null: bool = True, privacy: Privacy = Privacy.NONE) -> Column:
    """Return a business date in the workspace's time zone."""
    return Column(name, Type.DATE, zh, en, null, privacy=privacy)


def moment(name: str, zh: str, en: str, *, null: bool = True) -> Column:
    """Return a moment in UTC."""
    return Column(name, Type.TIME, zh, en, null, unit="UTC")


def fen(name: str, zh: str, en: str, *, null: bool = True, privacy: Privacy = Privacy.NONE) -> Column:
    """Return money in the smallest unit of the workspace's currency."""
    return Column(name, Type.FEN, zh, en, null, unit="fen", privacy=privacy)


def count(
    name: str, zh: str, en: str, *, null: bool = False, unit: str = "", privacy: Privacy = Privacy.NONE
) -> Column:
    """Return a whole number: a count, points, days; not null unless said."""
    return Column(name, Type.INT, zh, en, null, unit=unit, privacy=privacy)


def decimal(name: str, zh: str, en: str, *, null: bool = True, unit: str = "") -> Column:
    """Return an exact decimal: a quantity or a weight."""
    return Column(name, Type.DECIMAL, zh, en, null, unit=unit)


def rate(name: str, zh: str, en: str, *, unit: str = "ratio 0-1") -> Column:
    """Return a ratio; null when its base is zero."""
    return Column(name, Type.RATIO, zh, en, True, unit=unit)


def flag(name: str, zh: str, en: str, *, null: bool = False, privacy: Privacy = Privacy.NONE) -> Column:
    """Return a yes or no; not null unless said."""
    return Column(name, Type.BOOL, zh, en, null, privacy=privacy)


def json(name: str, zh: str, en: str, *, null: bool = True, privacy: Privacy = Privacy.NONE) -> Column:
    """Return a column of JSON text."""
    return Column(name, Type.JSON, zh, en, null, privacy=privacy)


def person(name: str = "person_id", zh: str = "用户", en: str = "Person", *, null: bool = False) -> Column:
    """Return a column that points at a person."""
    return Column(name, Type.KEY, zh, en, null, privacy=PSEUDONYM, references="person.person_id")


def identifier(name: str = "identifier_id", zh: str = "标识", en: str = "Identifier", *, null: bool = False) -> Column:
    """Return a column that points at an identifier."""
    return Column(name, Type.KEY, zh, en, null, privacy=PSEUDONYM, references="identifier.identifier_id")


def visitor(*, null: bool = True) -> Column:
    """Return the anonymous key of a visitor; null when the source knows none."""
    return text("visitor_key", "访客标识", "Visitor key", null=null, privacy=PSEUDONYM)


def validity() -> tuple[Column, Column]:
    """Return the two columns of a table with history: valid from, and until (null: still valid)."""
    return moment("valid_from", "生效时间", "Valid from", null=False), moment("valid_to", "失效时间", "Valid to")


PARAM_VERSION = text("param_version", "参数版本", "Parameter version", null=False)

PROVENANCE: tuple[Column, ...] = (
    count("batch_seq", "批次序号", "Batch sequence"),
    text("source", "来源", "Source", null=False),
    count("source_row", "来源行号", "Source row"),
    text("source_id", "来源主键", "Source key", null=False, privacy=PSEUDONYM),
    text("version", "版本", "Version"),
    Column("fingerprint", Type.KEY, "内容指纹", "Fingerprint", null=False),
    moment("recorded_at", "入库时间", "Recorded at", null=False),
)


def landed(
    name: str,
    zh: str,
    en: str,
    *columns: Column,
    about: str,
    entity: tuple[str, ...],
    has_person: bool = False,
    row_key: tuple[str, ...] = (),
    history: bool = False,
) -> Table:
    """Return the contract of a landing table: the canonical columns, then provenance.

    One row is one accepted source row (or one version of it), never changed later.  `batch_seq` is the position in
    the raw log and so the time of knowledge; `source_row` counts from 1 in its file; `source_id` is the key as given
    (never a mobile number or e-mail in clear: such keys are hashed on the way in); `version` is the source's own
    version or change time; `fingerprint` is the hash of the row's content.  Tables about people (`has_person`) carry
    `identifier_id`, the strongest identifier of the row, null when the row names nobody.  `row_key` names further key
    columns where one source row yields several rows.
    """
    nearest = (identifier(null=True),) if has_person else ()
    return Table(
        name=name,
        grain=f"one accepted source row about one {about}",
        key=("source", "batch_seq", "source_row", *row_key),
        columns=(*columns, *nearest, *PROVENANCE),
        stage="ingest",
        zh=zh,
        en=en,
        history=history,
        entity=entity,
    )
