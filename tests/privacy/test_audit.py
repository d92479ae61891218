"""The audit log cannot lose its end unnoticed: its head is kept outside the table."""

from pathlib import Path

import pytest

from privacy.deleting import project_of
from quanyu.services.project import Project, open_operations
from services.shop import quanyu, told


@pytest.fixture
def project(shop: Path) -> Project:
    for name in ("one", "two", "three"):
        told("keys", "api", name, "-w", shop)
    return project_of(shop)


def tamper(project: Project, statement: str) -> None:
    with open_operations(project.workspace) as store, store.transaction() as work:
        for trigger in ("audit_log_no_update", "audit_log_no_delete"):
            work.connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
        work.connection.exec_driver_sql(statement)


def verified(project: Project, *options: str) -> list[str]:
    result = quanyu("audit", "verify", *options, "-w", project.workspace.root, "--json")
    import json

    said = json.loads(result.stdout)
    assert result.exit_code == (0 if said["holds"] else 1)
    return [problem["code"] for problem in said["problems"]]


def test_an_untouched_log_holds(project: Project):
    assert verified(project) == []
    assert quanyu("audit", "verify", "-w", project.workspace.root).exit_code == 0


def test_a_cut_end_is_missed_and_a_forged_one_too(project: Project):
    head = quanyu("audit", "head", "-w", project.workspace.root).output.strip()
    last = int(head.partition(":")[0])
    tamper(project, f"DELETE FROM audit_log WHERE audit_id > {last - 2}")
    # The chain alone holds: without heads kept outside, nobody would know.
    with open_operations(project.workspace) as store, store.reading() as work:
        assert work.audit.verify_chain() == []
    assert set(verified(project)) == {"audit.cut"}
    for _ in range(3):
        told("keys", "api", "later", "-w", project.workspace.root)
    assert "audit.rewritten" in verified(project)
    # Whoever removes the file, too, is found out by the head that was printed.
    (project.workspace.state / "audit.heads").unlink()
    assert verified(project, "--head", head) == ["audit.rewritten"]


def test_a_changed_record_is_named(project: Project):
    tamper(project, "UPDATE audit_log SET actor = 'nobody' WHERE audit_id = 2")
    result = quanyu("audit", "verify", "-w", project.workspace.root)
    assert "Audit record 2 was changed" in " ".join(result.output.split())
