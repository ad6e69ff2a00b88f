"""How Alembic reaches the database: through a connection that `db.migrate` opened and locked."""

from alembic import context

from imagewell.db.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite can only change a table by making a new one
    compare_type=True,
)
context.run_migrations()
