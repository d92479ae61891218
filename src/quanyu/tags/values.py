"""The values that tags give, as queries over the wide rows of features: each tag reads only its own columns."""

from collections.abc import Sequence

from quanyu.definitions.tag import Tag
from quanyu.engine import tree as t

FEATURES = "person_feature"


def values_tree(tags: Sequence[Tag]) -> t.Query:
    """Return person_id, tag_code, value, number, source of every person with a value of one of the tags.

    One branch per tag, in their order, each in the order of the features' rows: so the table is written as it is read,
    tag by tag, without a sort.
    """
    return t.union_all([_values_of(tag) for tag in tags])


def _values_of(tag: Tag) -> t.Query:
    number = t.lit(None) if tag.number is None else tag.number.copy()
    given = {
        "person_id": t.col("person_id"),
        "value": t.lit(None) if tag.value is None else tag.value.copy(),
        "number": t.cast(number, "DECIMAL(18, 6)"),
    }
    columns = {
        "person_id": t.col("person_id"),
        "tag_code": t.lit(tag.code),
        "value": t.col("value"),
        "number": t.col("number"),
        "source": t.lit(f"rule:{tag.version}"),
    }
    return t.select(columns, t.select(given, FEATURES), where=t.not_null(t.col("value")))
