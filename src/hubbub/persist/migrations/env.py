"""How Alembic runs the versions: on the connection, and in the transaction, that persist/migrate gives it."""

from alembic import context

from hubbub.persist.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter tables in place
)
with context.begin_transaction():
    context.run_migrations()
