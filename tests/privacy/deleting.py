"""What tests of deletion share: asking for one, and looking for the person with eyes of their own."""

from pathlib import Path

from quanyu.cli.options import find_workspace
from quanyu.services.build import attach_build
from quanyu.services.identity import find_asked
from quanyu.services.privacy import Wanted, open_request
from quanyu.services.project import Project, open_operations, open_project, open_warehouse

LI = ("13912345678", "m1")
"""Li's mobile and member number, in the shop of `services/shop.py`."""


def project_of(root: Path) -> Project:
    return open_project(find_workspace(root))


def person_of(project: Project, who: str) -> int:
    with open_operations(project.workspace) as store:
        asked = find_asked(project, store, who, "test")
        with open_warehouse(project.workspace, read_only=True) as engine:
            attach_build(store, engine)
            rows = engine.rows_of("identifier_person").to_pylist()
    return next(row["person_id"] for row in rows if row["identifier_id"] == asked.identifier_id)


def asked_to_delete(project: Project, who: str = "mobile:13912345678") -> int:
    """Record a request for deletion and return its number."""
    person = person_of(project, who)
    with open_operations(project.workspace) as store:
        asked = find_asked(project, store, who, "test")
        wanted = Wanted("deletion", "the person, at the counter", "ID seen by two of us")
        return open_request(project, store, asked, person, wanted).request_id


def sales_of(project: Project) -> list[tuple[object, ...]]:
    """Return orders with money and state, without who bought."""
    with open_operations(project.workspace) as store, open_warehouse(project.workspace, read_only=True) as engine:
        attach_build(store, engine)
        rows = engine.rows_of("order_fact").to_pylist()
    return sorted((row["order_id"], row["gross_fen"], row["status"], row["local_date"]) for row in rows)
