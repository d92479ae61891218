"""Brings a store to the schema of this code, in one transaction that either ends at `HEAD` or changes nothing."""

from pathlib import Path
from typing import Final

from sqlalchemy import Column, Engine, MetaData, Table, Text, inspect, select

from quanyu.errors import InternalError, Problem, UserError
from quanyu.store.database import copy_sqlite
from quanyu.store.schema import HEAD, metadata

MIGRATIONS: Final = Path(__file__).parent / "migrations"

_version: Final = Table("alembic_version", MetaData(), Column("version_num", Text))


def revision_of(engine: Engine) -> str | None:
    """Return the revision a store stands at, or None for an empty database."""
    with engine.connect() as connection:
        if not inspect(connection).has_table(_version.name):
            return None
        return connection.execute(select(_version.c.version_num)).scalar()


def migrate(engine: Engine, target: str = HEAD) -> None:
    """Upgrade to `target` and check that every table is there; UserError `store.newer` if a newer quanyu wrote it.

    A store that already stands at `target` costs one query.  A SQLite store of an older revision is copied beside
    itself first, as `store.sqlite.revision-0004`, say; a migration that fails changes nothing.
    """
    standing = revision_of(engine)
    if standing == target:
        return
    if standing is not None and standing > target:
        raise UserError(
            Problem(
                "store.newer",
                f"The store is of revision {standing}, written by a newer quanyu; this one knows {target}.",
                "Install the newer version again; older versions never open a newer store.",
            )
        )
    if standing is not None and engine.dialect.name == "sqlite":
        _copy_before(engine, standing)
    _upgrade(engine, target)


def _copy_before(engine: Engine, standing: str) -> None:
    path = Path(engine.url.database or "")
    copied, draft = (path.with_name(f"{path.name}.{end}") for end in (f"revision-{standing}", "copying"))
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    with engine.connect() as connection:
        copy_sqlite(connection, draft)
    draft.replace(copied)


def _upgrade(engine: Engine, target: str) -> None:
    # Imported here: Alembic takes half a second, and a store is migrated once in a long while.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    # The write lock is taken before Alembic reads the revision, so two starts at once do not both upgrade.
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, target)
        missing = set(metadata.tables) - set(inspect(connection).get_table_names())
        if target == HEAD and missing:
            raise InternalError(f"the migration to {target} left out {', '.join(sorted(missing))}")
