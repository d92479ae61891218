import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, inspect

from quanyu.errors import InternalError, UserError
from quanyu.store import Store, migrate, open_store
from quanyu.store.database import open_engines, store_url
from quanyu.store.schema import HEAD, metadata


def test_the_code_works_with_the_newest_revision():
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_migrations_make_the_schema_that_the_code_declares(store: Store):
    with store.transaction() as work:
        context = MigrationContext.configure(work.connection, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        made = {
            check["name"]
            for table in metadata.tables
            for check in inspect(work.connection).get_check_constraints(table)
        }
    # What Alembic does not compare.
    declared = {check.name for table in metadata.tables.values() for check in table.constraints if check.name}
    assert {name for name in declared if name.startswith("ck_")} == made


def test_an_empty_database_and_one_of_the_first_revision_end_at_the_newest(tmp_path: Path):
    writer, reader = open_engines(store_url(tmp_path))
    assert migrate.revision_of(writer) is None
    migrate.migrate(writer, "0001")
    with writer.begin() as connection:
        connection.exec_driver_sql("INSERT INTO identifier_vault VALUES (7, 'mobile', '', x'00', '0badc0de', 1)")
        connection.exec_driver_sql(
            "INSERT INTO identity_decision VALUES (1, 'merge', '[1,2]', 'li', 'why', '2025-11-11 00:00:00', NULL, NULL)"
        )
    writer.dispose()
    reader.dispose()
    with open_store(tmp_path) as store, store.reading() as work:
        assert migrate.revision_of(store._reader) == HEAD
        assert [identifier.id_type for identifier in work.identifiers.get([7])] == ["mobile"]
        assert [(one.identifiers, one.reason, one.known_seq) for one in work.decisions.history()] == [
            ((1, 2), "why", None)
        ]


def test_a_store_of_a_newer_quanyu_is_refused_and_left_alone(tmp_path: Path):
    with open_store(tmp_path) as store, store.transaction() as work:
        work.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(UserError) as refused:
        open_store(tmp_path)
    assert refused.value.code == "store.newer"


def test_a_migration_that_fails_changes_nothing(tmp_path: Path):
    writer, reader = open_engines(store_url(tmp_path))
    with writer.begin() as connection:
        # In the way of the last table that the revision makes.
        connection.exec_driver_sql("CREATE TABLE run_lease (name TEXT)")
    reader.dispose()
    with pytest.raises(Exception, match="already exists"):
        migrate.migrate(writer)
    with writer.connect() as connection:
        assert inspect(connection).get_table_names() == ["run_lease"]
    writer.dispose()


def test_first_starts_at_once_all_succeed(tmp_path: Path):
    # Twenty stores: of one alone, nine runs in ten miss the moment at which SQLite refuses instead of waiting.
    for place in (tmp_path / str(number) for number in range(20)):
        with ThreadPoolExecutor(4) as threads:
            for opened in [threads.submit(open_store, place) for _ in range(4)]:
                opened.result().close()
        with open_store(place) as store:
            assert store.verify() == []


def test_an_older_store_is_copied_first_and_a_failed_migration_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    writer, reader = open_engines(store_url(tmp_path))
    migrate.migrate(writer, "0002")
    with writer.begin() as connection:
        connection.exec_driver_sql("INSERT INTO identifier_vault VALUES (7, 'mobile', '', x'00', '0badc0de', 1)")
    monkeypatch.setattr(migrate, "metadata", MetaData())
    monkeypatch.setattr(migrate.metadata, "tables", {"not_made": None})
    with pytest.raises(InternalError, match="left out not_made"):
        migrate.migrate(writer)
    assert migrate.revision_of(writer) == "0002"
    copied = tmp_path / "store.sqlite.revision-0002"
    assert stat.S_IMODE(copied.stat().st_mode) == 0o600
    assert not (tmp_path / "store.sqlite.copying").exists()
    monkeypatch.undo()
    migrate.migrate(writer)
    assert migrate.revision_of(writer) == HEAD
    copy, _ = open_engines(store_url(copied.rename(tmp_path / "copy.sqlite")))
    assert migrate.revision_of(copy) == "0002"
    with copy.connect() as connection:
        assert connection.exec_driver_sql("SELECT id_type FROM identifier_vault").scalar() == "mobile"
    for engine in (writer, reader, copy):
        engine.dispose()
