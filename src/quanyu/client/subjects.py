"""What can be asked, by subject; each method is one operation of the API and says what it returns."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Literal, Self

from quanyu.client.calls import Calls, Json, part

Kind = Literal["funnel", "retention", "states", "stickiness", "paths", "attribution", "trend", "distribution"]
DefinitionKind = Literal["metric", "tag", "segment", "playbook"]


class _Subject:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls


class Metrics(_Subject):
    """Figures by dimension and period."""

    def all(self) -> list[Json]:
        """Return every metric: name, label, unit, what it may be split by."""
        found: list[Json] = self._calls.get("/metrics")["metrics"]
        return found

    def query(
        self,
        metrics: Sequence[str],
        *,
        by: Sequence[str] = (),
        filters: Sequence[str] = (),
        start: date | None = None,
        end: date | None = None,
        rolling: int | None = None,
        latest: int | None = None,
        grain: str | None = None,
        compare: str | None = None,
        as_of: date | None = None,
    ) -> Iterator[Json]:
        """Yield the rows of a query: period, `dimensions`, per metric a cell with `value` (null: unknown) and `ref`."""
        said = {
            "metrics": metrics, "by": by, "filters": filters, "start": start, "end": end, "rolling": rolling,
            "latest": latest, "grain": grain, "compare": compare, "as_of": as_of,
        }  # fmt: skip
        cursor = None
        while True:
            page = self._calls.post("/metrics/query", {**said, "cursor": cursor})
            yield from page["rows"]
            cursor = page.get("next_cursor")
            if cursor is None:
                return


class Stages(_Subject):
    """Persons per stage of a model, and flows between two days."""

    def count(self, model: str, day: date | None = None) -> Json:
        """Return the persons of each stage on a day, the build's without one."""
        return self._calls.get(f"/stages/{part(model)}", day=day)

    def flows(self, model: str, start: date, end: date) -> Json:
        """Return how many persons went from which stage to which between two days."""
        return self._calls.get(f"/stages/{part(model)}/flows", start=start, end=end)


class Persons(_Subject):
    """Single persons; personal fields open only with a right and a purpose."""

    def find(self, identifier: str) -> str:
        """Return the id of whom an identifier (`mobile:139…`) belongs to; ApiError `identity.unknown` of nobody."""
        found: str = self._calls.post("/persons/search", {"identifier": identifier})["detail"]["person_id"]
        return found

    def page(self, person_id: str, *, days: int | None = None, purpose: str | None = None) -> Json:
        """Return everything about one person; personal fields are `*` without right and purpose."""
        answer = self._calls.json("GET", f"/persons/{part(person_id)}", {"days": days}, purpose=purpose)
        detail: Json = answer["detail"]
        return detail

    def tags(self, person_id: str, day: date | None = None) -> list[Json]:
        """Return the tags that a person held on a day."""
        found: list[Json] = self._calls.get(f"/persons/{part(person_id)}/tags", day=day)["detail"]["tags"]
        return found


class Segments(_Subject):
    """Groups of persons by a rule."""

    def all(self) -> list[Json]:
        """Return the segments of the build with how many persons they have, null with the reason."""
        found: list[Json] = self._calls.get("/segments")["rows"]
        return found

    def members(self, name: str, day: date | None = None) -> Iterator[str]:
        """Yield the ids of the persons of a segment on a day, ascending."""
        return self._calls.pages(f"/segments/{part(name)}/members", "persons", day=day, limit=1000)

    def preview(
        self,
        *,
        text: str | None = None,
        rule: Mapping[str, object] | None = None,
        segment: str | None = None,
        sample: int = 3,
    ) -> Json:
        """Return what a rule gives before it is saved; one of text, rule and segment says which.

        `sample` persons are shown with the rows that matched, to who may see single persons.
        """
        said = {"text": text, "rule": rule, "segment": segment, "sample": sample}
        detail: Json = self._calls.post("/segments/preview", said)["detail"]
        return detail


class Runs(_Subject):
    """The main job of the server."""

    def start(self, parts: Sequence[str] = (), as_of: date | None = None, *, key: str | None = None) -> str:
        """Start a run and return its id; ApiError 409 while another goes on."""
        run: str = self._calls.post("/runs", {"parts": parts, "as_of": as_of}, key=key)["detail"]["run_id"]
        return run

    def follow(self, run_id: str) -> Iterator[Json]:
        """Yield the progress of a run while it goes on, and at last how it ended."""
        return (data for _, data in self._calls.events(f"/runs/{part(run_id)}/events"))


class Exports(_Subject):
    """Files of persons."""

    def make(
        self,
        purpose: str,
        columns: Sequence[str] = (),
        *,
        segment: str | None = None,
        form: Literal["csv", "xlsx", "parquet"] = "csv",
        key: str | None = None,
    ) -> Json:
        """Return what was written: `audit_id`, persons, who was left out and why."""
        said = {"purpose": purpose, "columns": columns, "segment": segment, "form": form}
        return self._calls.post("/exports", said, key=key)

    def fetch(self, audit_id: int, path: Path) -> Path:
        """Write the file of one's own export to a path that does not exist yet, and return it."""
        answer = self._calls.answer("GET", f"/exports/{audit_id}/file", {}, None, {"Accept": "*/*"})
        with path.open("xb") as file:
            try:
                while block := answer.read(1 << 20):
                    file.write(block)
            except BaseException:
                path.unlink()
                raise
        return path


class Refs(_Subject):
    """What stands behind a number, by its `ref`."""

    def explain(self, ref: str) -> Json:
        """Return definition, SQL, tables with build times, and rows."""
        return self._calls.get(f"/refs/{part(ref)}/explain")

    def people(self, ref: str, *, cell: str | None = None) -> Iterator[str]:
        """Yield the ids of the persons behind a number, as many as it says; `cell` names one of a behaviour answer."""
        return self._calls.pages(f"/refs/{part(ref)}/people", "persons", cell=cell, limit=1000)


class Client(AbstractContextManager["Client"]):
    """A caller of one server, by API key; what has no method here is asked by `calls.get` and `calls.post`.

    Writes carry an idempotency key, so a retry after a broken connection is done once.  Errors are ApiError.
    """

    def __init__(self, address: str, key: str, *, language: str = "en", timeout_s: float = 60, tries: int = 4) -> None:
        self.calls = Calls(address, key, language=language, timeout_s=timeout_s, tries=tries)
        self.metrics = Metrics(self.calls)
        self.stages = Stages(self.calls)
        self.persons = Persons(self.calls)
        self.segments = Segments(self.calls)
        self.runs = Runs(self.calls)
        self.exports = Exports(self.calls)
        self.refs = Refs(self.calls)

    def me(self) -> Json:
        """Return who the key is of, and what it may."""
        return self.calls.get("/me")

    def analyse(self, kind: Kind, question: Mapping[str, object]) -> Json:
        """Return the answer to a question about behaviour, with cells and a `ref`; the question as `--ask` has it."""
        return self.calls.post(f"/analytics/{kind}", question)

    def definition(self, kind: DefinitionKind, name: str) -> Json:
        """Return a definition as it is written, with file and line."""
        detail: Json = self.calls.get(f"/definitions/{kind}/{part(name)}")["detail"]
        return detail

    def findings(self) -> Json:
        """Return the findings of the build's diagnosis."""
        return self.calls.get("/diagnosis")

    def __exit__(self, *_: object) -> None:
        self.calls.close()

    def __enter__(self) -> Self:
        return self
