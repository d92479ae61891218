"""Puts a source file over an export profile (Tmall, JD, Shopify …): what the file does not say, the profile says.

Options merge key by key, feeds by name, the columns of a feed one by one.  A column that says where it comes from
replaces the profile's whole; one that does not changes the profile's key by key and adds to its `values`; `null`
removes it.  Everything else in the file replaces what the profile says.
"""

from collections.abc import Mapping
from typing import Any

from quanyu.definitions.document import Document, Path, Place

_OPTIONS = ("csv", "excel", "sql")
_ORIGINS = {"from", "value", "expression", "number_within"}


def put_over(over: Document, base: Document) -> Document:
    """Return the document of `over` where it speaks and of `base` elsewhere; every place names its own file."""
    merge = _Merge(over, base)
    merge.places[()] = over.places[()]
    data: dict[str, Any] = {}
    for key in dict.fromkeys([*base.data, *over.data]):
        data[key] = merge.top_key(key)
    return Document(over.file, data, merge.places)


class _Merge:
    """Collects the places of a merged document while its data are put together."""

    def __init__(self, over: Document, base: Document) -> None:
        self.over = over
        self.base = base
        self.places: dict[Path, Place] = {}

    def top_key(self, key: str) -> Any:
        """Return the merged value of a key of the top level."""
        if key not in self.over.data:
            return self.copy(self.base, (key,), (key,))
        if key not in self.base.data:
            return self.copy(self.over, (key,), (key,))
        above, below = self.over.data[key], self.base.data[key]
        if key in _OPTIONS and isinstance(above, Mapping) and isinstance(below, Mapping):
            return self.keys((key,), (key,), (key,))
        if key == "feeds" and isinstance(above, tuple) and isinstance(below, tuple):
            return self.feeds(above, below)
        return self.copy(self.over, (key,), (key,))

    def feeds(self, above: tuple[Any, ...], below: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the profile's feeds, each with the file's feed of the same name over it, then the file's others."""
        self._note(self.over, ("feeds",), ("feeds",))
        positions = {_name(feed): position for position, feed in enumerate(above)}
        merged: list[Any] = []
        for position, feed in enumerate(below):
            new: Path = ("feeds", len(merged))
            own = positions.pop(_name(feed), None) if _name(feed) else None
            old: Path = ("feeds", position)
            merged.append(self.copy(self.base, old, new) if own is None else self.feed(("feeds", own), old, new))
        for own in sorted(positions.values()):
            merged.append(self.copy(self.over, ("feeds", own), ("feeds", len(merged))))
        return tuple(merged)

    def feed(self, above: Path, below: Path, new: Path) -> dict[str, Any]:
        """Return one feed of the file over the one of the profile."""
        columns = [self.over.value(*above, "columns"), self.base.value(*below, "columns")]
        feed = self.keys(above, below, new)
        if all(isinstance(value, Mapping) for value in columns):
            merged = self.columns((*above, "columns"), (*below, "columns"), (*new, "columns"))
            feed["columns"] = {name: value for name, value in merged.items() if value is not None}
        return feed

    def columns(self, above: Path, below: Path, new: Path) -> dict[str, Any]:
        """Return the columns of two feeds as one; a column of the file without an origin is put over the profile's."""
        merged = self.keys(above, below, new)
        lower = self.base.value(*below)
        for name, column in self.over.value(*above).items():
            known = lower.get(name)
            if not isinstance(column, Mapping) or not isinstance(known, Mapping) or _ORIGINS & column.keys():
                continue
            places = [(*path, name) for path in (above, below, new)]
            merged[name] = self.keys(*places)
            if isinstance(column.get("values"), Mapping) and isinstance(known.get("values"), Mapping):
                merged[name]["values"] = self.keys(*((*path, "values") for path in places))
        return merged

    def keys(self, above: Path, below: Path, new: Path) -> dict[str, Any]:
        """Return two mappings as one; a key of the file replaces the profile's."""
        self._note(self.over, above, new)
        upper, lower = self.over.value(*above), self.base.value(*below)
        merged: dict[str, Any] = {}
        for key in dict.fromkeys([*lower, *upper]):
            document, old = (self.over, above) if key in upper else (self.base, below)
            merged[key] = self.copy(document, (*old, key), (*new, key))
        return merged

    def copy(self, document: Document, old: Path, new: Path) -> Any:
        """Return a value of one document and note its places under the new path."""
        value = document.value(*old)
        self._note(document, old, new)
        if isinstance(value, Mapping):
            return {key: self.copy(document, (*old, key), (*new, key)) for key in value}
        if isinstance(value, tuple):
            return tuple(self.copy(document, (*old, number), (*new, number)) for number in range(len(value)))
        return value

    def _note(self, document: Document, old: Path, new: Path) -> None:
        place = document.places.get(old)
        if place is not None:
            self.places[new] = place


def _name(feed: Any) -> str | None:
    if not isinstance(feed, Mapping):
        return None
    name = feed.get("name") or feed.get("table")
    return name if isinstance(name, str) else None
