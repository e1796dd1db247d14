"""Alembic's environment; `app.migrate` calls it with an open connection."""

from alembic import context

from app.migrate import configure

configure(context)

with context.begin_transaction():
    context.run_migrations()
