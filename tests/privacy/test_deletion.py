"""Deletion reaches everything, moves no total, survives being killed, and is proved by a search of everything."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from privacy.deleting import LI, asked_to_delete, person_of, project_of, sales_of
from quanyu.errors import UserError
from quanyu.ids import PersonId, format_person_id
from quanyu.services.build import attach_build
from quanyu.services.privacy_certificate import Certificate, check_certificate
from quanyu.services.privacy_deletion import PHASES, delete_person, resume_deletion
from quanyu.services.project import Project, open_operations, open_warehouse
from services.shop import NOW, ORDERS, quanyu


class Killed(BaseException):
    """Ends the work as nothing else would: no handler of errors sees it."""


@pytest.fixture
def project(shop: Path) -> Project:
    return project_of(shop)


@dataclass(frozen=True)
class Done:
    """A shop from which Li was deleted: who that was, and what was sold before."""

    project: Project
    person: int
    other: int
    before: list[tuple[object, ...]]
    certificate: Certificate


@pytest.fixture(scope="module")
def once(run_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Done:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUANYU_NOW", NOW)
        project = project_of(Path(shutil.copytree(run_once, tmp_path_factory.mktemp("deleted") / "shop")))
        before = sales_of(project)
        people = [person_of(project, who) for who in ("mobile:13912345678", "member_id:m2")]
        return Done(project, *people, before, delete_person(project, asked_to_delete(project), "officer"))


def rows_everywhere(project: Project, needle: str) -> list[str]:
    """Return the tables and files in which a text stands: another way of looking than the certificate's."""
    found = []
    with open_warehouse(project.workspace, read_only=True) as engine:
        ask = engine.connection
        tables = ask.execute("SELECT table_schema, table_name FROM information_schema.tables").fetchall()
        for schema, table in tables:
            rows = ask.execute(f'SELECT CAST(x AS VARCHAR) FROM "{schema}"."{table}" AS x').fetchall()
            found += [f"{schema}.{table}"] if any(needle in row[0] for row in rows) else []
    for path in project.workspace.state.rglob("*"):
        if path.is_file() and needle.encode() in path.read_bytes():
            found.append(path.name)
    return found


def test_nothing_is_left_and_totals_stay(once: Done):
    project = once.project
    assert sales_of(project) == once.before
    assert {proof.name for proof in once.certificate.tables if proof.rows_before} >= {
        "warehouse:landing.order",
        "warehouse:landing.membership",
        "warehouse:landing.identifier",
        "warehouse:identity.identifier_person",
        "store:identifier_vault",
    }
    left = {proof.name for proof in once.certificate.tables if proof.rows_after}
    assert left <= {"store:audit_log"}
    # The audit log names the person by an id that leads nowhere; nothing else does.
    assert set(rows_everywhere(project, format_person_id(PersonId(once.person)))) <= {
        "store.sqlite",
        "store.sqlite-wal",
    }
    for needle in (LI[0], str(once.person)):
        assert rows_everywhere(project, needle) == []
    with open_warehouse(project.workspace, read_only=True) as engine, open_operations(project.workspace) as store:
        attach_build(store, engine)
        orders = {row["order_id"]: row for row in engine.rows_of("order").to_pylist()}
        assert [(orders[one]["member_id"], orders[one]["identifier_id"]) for one in ("till:o1", "till:o2")] == [
            (None, None)
        ] * 2
        assert store.verify() == []


def test_others_stay_as_they_were(once: Done):
    found = {person_of(once.project, who) for who in ("member_id:m2", "mobile:13800138111")}
    assert found == {once.other}


def test_the_certificate_says_what_it_says(once: Done, tmp_path: Path):
    folder = once.project.workspace.folder("privacy")
    path = next(folder.glob("certificate-*.json"))
    said = check_certificate(path)
    assert said["totals"]["order_rows"] > 0
    page = path.with_suffix(".html").read_text(encoding="utf-8")
    assert "个人信息删除证明" in page
    assert once.certificate.sha256 in page
    assert not any(value in path.read_text() for value in (LI[0], '"m1"'))
    with open_operations(once.project.workspace) as store, store.reading() as work:
        assert work.privacy.deletions()[0].certificate_sha256 == once.certificate.sha256
    changed = json.loads(path.read_text())
    changed["tables"][0]["rows_after"] = 7
    other = tmp_path / path.name
    other.write_text(json.dumps(changed))
    with pytest.raises(UserError) as refused:
        check_certificate(other)
    assert refused.value.problems[0].code == "privacy.certificate"


def test_killed_after_every_phase_it_goes_on(project: Project):
    reached: list[str] = []

    def kill(done: str) -> None:
        reached.append(done)
        raise Killed

    with pytest.raises(Killed):
        delete_person(project, asked_to_delete(project), "officer", after=kill)
    while len(reached) < len(PHASES) - 1:
        with pytest.raises(Killed):
            resume_deletion(project, after=kill)
    certificate = resume_deletion(project, after=kill)
    assert reached == list(PHASES[:-1])
    assert certificate is not None
    assert {proof.name for proof in certificate.tables if proof.rows_after} <= {"store:audit_log"}
    assert resume_deletion(project) is None


def test_what_was_forgotten_fails_the_certificate_loudly(project: Project):
    def forget(done: str) -> None:
        if done != "compact":
            return
        with open_warehouse(project.workspace) as engine:
            engine.run_text("CREATE SCHEMA notes")
            engine.run_text("CREATE TABLE notes.call (who BIGINT, told VARCHAR)")
            engine.run_text("INSERT INTO notes.call VALUES (1, 'rang 13912345678 back')")
        with open_operations(project.workspace) as store, store.transaction() as work:
            work.connection.exec_driver_sql("CREATE TABLE note (told TEXT)")
            work.connection.exec_driver_sql("INSERT INTO note VALUES ('13912345678')")
        (project.workspace.state / "dump.txt").write_text("Li, 13912345678")

    request = asked_to_delete(project)
    with pytest.raises(UserError) as left:
        delete_person(project, request, "officer", after=forget)
    assert {problem.message.split(" left in ")[1] for problem in left.value.problems} == {
        "warehouse notes.call.",
        "store note.",
        "file .quanyu/dump.txt.",
    }
    with open_operations(project.workspace) as store, store.transaction() as work:
        assert work.privacy.get(request).state.value == "open"
        work.connection.exec_driver_sql("DROP TABLE note")
    with open_warehouse(project.workspace) as engine:
        engine.run_text("DROP SCHEMA notes CASCADE")
    (project.workspace.state / "dump.txt").unlink()
    assert resume_deletion(project) is not None


def test_the_next_ingest_of_the_same_rows_does_not_bring_the_person_back(once: Done):
    project, data = once.project, once.project.workspace.root / "data"
    (data / "orders.csv").write_text(ORDERS + "o10,2026-02-20 10:00:00,done,m1,,s1,10.00\n")
    (data / "members.csv").write_text((data / "members.csv").read_text() + "m9,,2026-01-01 09:00:00,\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUANYU_NOW", NOW)
        ran = quanyu("run", "--quiet", "--workspace", project.workspace.root)
    assert ran.exit_code == 0, ran.output
    assert [row for row in sales_of(project) if row[0] != "till:o10"] == once.before
    assert rows_everywhere(project, LI[0]) == []
    with open_operations(project.workspace) as store, open_warehouse(project.workspace, read_only=True) as engine:
        attach_build(store, engine)
        assert {row["source_id"] for row in engine.rows_of("membership").to_pylist()} == {"m2", "m3", "m9"}
        new = {row["order_id"]: row for row in engine.rows_of("order").to_pylist()}["till:o10"]
        assert (new["identifier_id"], new["member_id"], new["paid_fen"]) == (None, None, 1000)


def test_exports_and_refused_rows_of_the_person_go(project: Project, tmp_path: Path, shop: Path):
    (shop / "data" / "orders_more.csv").write_text(
        "order,paid at,state,member,mobile,sku,amount\no20,yesterday,done,,139 1234 5678,s1,1\n"
    )
    assert quanyu("run", "--quiet", "--workspace", shop).exit_code == 0
    listed = tmp_path / "list.csv"
    made = quanyu(
        "export", "persons", listed, "--everyone", "--may-see", "personal", "--purpose", "analysis", "--workspace", shop
    )
    assert made.exit_code == 0, made.output
    certificate = delete_person(project, asked_to_delete(project), "officer")
    assert not listed.exists()
    before = {proof.name: proof.rows_before for proof in certificate.tables}
    assert before["store:quarantine_row"] >= 1
    with open_operations(project.workspace) as store:
        assert store.verify() == []
