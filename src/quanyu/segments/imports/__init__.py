"""Imports segments of other products: what a rule can say becomes one, the rest is listed with place and reason.

import_segment(Product.UNOMI, document, vocabulary, names) -> Imported
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from quanyu.segments.imports.dittofeed import read_dittofeed
from quanyu.segments.imports.mautic import read_mautic
from quanyu.segments.imports.reading import Imported, Reading
from quanyu.segments.imports.unomi import read_unomi
from quanyu.segments.language.vocabulary import Vocabulary

__all__ = ["Imported", "Product", "import_segment"]


class Product(StrEnum):
    """A product whose segments can be read."""

    DITTOFEED = "dittofeed"
    UNOMI = "unomi"
    MAUTIC = "mautic"


def import_segment(product: Product, document: Any, vocabulary: Vocabulary, names: Mapping[str, str]) -> Imported:
    """Return the rule of a segment of another product, and everything of it that was not taken over or differs.

    `document` is its JSON, read; `names` say ours for theirs where they differ.  Never raises for a document.
    """
    reading = Reading(vocabulary, names)
    if product is Product.MAUTIC:
        name, rule = read_mautic(document, reading)
    elif not isinstance(document, Mapping):
        reading.lose((), "malformed", "The document is no JSON object.")
        name, rule = None, None
    else:
        read = read_unomi if product is Product.UNOMI else read_dittofeed
        name, rule = read(document, reading)
    return Imported(name, rule, tuple(reading.problems))
