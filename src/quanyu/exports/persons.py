"""Who is exported and what is written of them: queries over the tables of a build."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from quanyu.display import HIDDEN_SIGN
from quanyu.engine import query as q
from quanyu.engine import tree as t
from quanyu.exports.fields import Block, Field, is_open
from quanyu.segments import Ground
from quanyu.segments.rule import consented, words_on
from quanyu.tables.contract import Privacy
from quanyu.tables.features import PERSON_FEATURE

PERSON: Final = "person_id"
CHOSEN: Final = "export_choice"
"""The name under which ids are lent to the engine: one column, person_id."""

KEPT: Final = "kept"


def listed_tree() -> t.Query:
    """Return the living persons of the ids in `CHOSEN`, which may be ids of persons merged away."""
    living = t.select(
        {PERSON: t.col(PERSON, "living")}, CHOSEN, alias="asked", where=t.not_null(t.col(PERSON, "living"))
    )
    same = t.col("identifier_id", "living").eq(t.col(PERSON, "asked"))
    return q.distinct_rows(q.join_rows(living, "identifier_person", "living", same))


def unknown_tree() -> t.Query:
    """Return the ids of `CHOSEN` that no build knows, or that identify nobody any more."""
    asked = t.select({PERSON: t.col(PERSON, "asked")}, CHOSEN, alias="asked", where=t.is_null(t.col(PERSON, "living")))
    same = t.col("identifier_id", "living").eq(t.col(PERSON, "asked"))
    return q.join_rows(asked, "identifier_person", "living", same, keep=True)


def fates_tree(ground: Ground, chosen: t.Query, purpose: str | None) -> t.Query:
    """Return each chosen person with what becomes of them: kept, or why consent for the purpose is missing.

    `never_asked`: no answer is known; `withdrawn`: the newest answer is no (`segments.rule.consented`).
    """
    if purpose is None or not ground.knows("consent"):
        fate: t.Tree = t.lit(KEPT if purpose is None else "never_asked")
        return t.select({PERSON: t.col(PERSON, "one"), "fate": fate}, chosen, alias="one")
    words = t.select(
        {PERSON: t.col(PERSON, "whose")},
        words_on(ground, purpose),
        where=t.not_null(t.col(PERSON, "whose")),
        alias="word",
    )
    same = t.col("identifier_id", "whose").eq(t.col("identifier_id", "word"))
    answered = q.is_in(t.col(PERSON, "one"), q.join_rows(words, "identifier_person", "whose", same))
    fate = t.case([(consented(ground, purpose), t.lit(KEPT)), (answered, t.lit("withdrawn"))], t.lit("never_asked"))
    return t.select({PERSON: t.col(PERSON, "one"), "fate": fate}, chosen, alias="one")


def counts_tree(fates: t.Query) -> t.Query:
    """Return fate, persons."""
    return t.select({"fate": t.col("fate"), "persons": t.count()}, fates, group=[t.col("fate")])


def kept_tree(fates: t.Query) -> t.Query:
    """Return the persons that are kept."""
    return t.select({PERSON: t.col(PERSON)}, fates, where=t.col("fate").eq(t.lit(KEPT)))


def rows_tree(kept: t.Query, fields: Sequence[Field], may_see: Collection[Privacy], as_of: date) -> t.Query:
    """Return person_id and a column per field; what may not be seen is a sign, and its value is not read.

    A contact that may be seen is the id of the identifier whose original stands in the vault.
    """
    columns = {PERSON: t.col(PERSON, "kept")}
    seen = [field for field in fields if is_open(field, may_see)]
    for field in fields:
        columns[field.name] = _value(field, fields.index(field)) if field in seen else t.lit(HIDDEN_SIGN)
    query = t.select(columns, kept, alias="kept")
    if any(field.block in {Block.ATTRIBUTES, Block.FEATURES, Block.STAGES} for field in seen):
        query = t.left_join(query, PERSON_FEATURE.name, "feature", _of_kept("feature"))
    for number, field in enumerate(fields):
        alias = f"f{number}"
        if field in seen and field.block is Block.TAGS:
            query = q.join_rows(query, _tag_tree(field.column, as_of), alias, _of_kept(alias), keep=True)
        if field in seen and field.block is Block.CONTACT:
            query = q.join_rows(query, contact_tree(field.column), alias, _of_kept(alias), keep=True)
    return query


def contact_tree(id_type: str) -> t.Query:
    """Return one identifier of the type per person: verified before unverified, then the one seen last, then by id."""
    place = t.row_number(
        [t.col(PERSON, "whose")],
        [
            t.descending(t.col("verified", "known")),
            t.descending(t.col("first_batch_seq", "known")),
            t.col("identifier_id", "known"),
        ],
    )
    columns = {PERSON: t.col(PERSON, "whose"), "identifier_id": t.col("identifier_id", "known"), "place": place}
    ranked = _identifiers(columns, id_type)
    return t.select(
        {PERSON: t.col(PERSON), "identifier_id": t.col("identifier_id")}, ranked, where=t.col("place").eq(t.lit(1))
    )


def identifiers_tree(kept: t.Query, id_type: str) -> t.Query:
    """Return every identifier of a type that the kept persons have, with its person, in the order of its id.

    The id is made of a keyed hash, so that the order tells nothing of a person.
    """
    columns = {"identifier_id": t.col("identifier_id", "known"), PERSON: t.col(PERSON, "whose")}
    own = _identifiers(columns, id_type).where(q.is_in(t.col(PERSON, "whose"), kept))
    return own.order_by(t.col("identifier_id", "known"))


def _identifiers(columns: dict[str, t.Tree], id_type: str) -> q.Select:
    where = t.all_of([t.col("id_type", "known").eq(t.lit(id_type)), t.not_null(t.col(PERSON, "whose"))])
    same = t.col("identifier_id", "whose").eq(t.col("identifier_id", "known"))
    return q.join_rows(t.select(columns, "identifier", where=where, alias="known"), "identifier_person", "whose", same)


def _value(field: Field, number: int) -> t.Tree:
    if field.block is Block.TAGS:
        return t.col("value", f"f{number}")
    if field.block is Block.CONTACT:
        return t.col("identifier_id", f"f{number}")
    return t.col(field.column, "feature")


def _of_kept(alias: str) -> t.Tree:
    return t.col(PERSON, alias).eq(t.col(PERSON, "kept"))


def _tag_tree(code: str, as_of: date) -> t.Query:
    held = [t.col("tag_code").eq(t.lit(code)), t.col("from_date") <= t.lit(as_of), t.col("to_date") > t.lit(as_of)]
    return t.select({PERSON: t.col(PERSON), "value": t.col("value")}, "person_tag", where=t.all_of(held))
