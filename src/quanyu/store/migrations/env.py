"""Run by Alembic: migrates the connection that `store/migrate.py` gives, inside its transaction."""

from alembic import context

from quanyu.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
