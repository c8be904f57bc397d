"""Alembic's environment: offline use is not supported, the engine comes from ``pharmacy.migrations.run``."""

from __future__ import annotations

from alembic import context

from pharmacy.migrations.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
