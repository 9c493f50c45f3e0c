"""The only place with SQL: tables, one module per table family, the transactions, migrations.

Everything here is plain, synchronous SQLAlchemy Core over one connection, which services and
handlers pass on as an opaque handle. `storage.database` gives the transaction.
"""

from sqlalchemy import Connection, Row
from sqlalchemy.exc import SQLAlchemyError as DatabaseError

__all__ = ["Connection", "DatabaseError", "Row"]
