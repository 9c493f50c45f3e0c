"""How Alembic reaches the database: the connection that `storage.schema` hands over."""

from typing import Any

from alembic import context

from storage.tables import UtcDateTime, metadata


def _render(kind: str, item: Any, _context: Any) -> Any:
    """Write our time type as what it is in the database: migrations import nothing of ours."""
    return "sa.DateTime(timezone=True)" if isinstance(item, UtcDateTime) else False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=metadata, render_as_batch=True, render_item=_render
)
with context.begin_transaction():
    context.run_migrations()
