"""The store: SQLAlchemy models, the connection, migrations, and the queries services share."""

from recdial.store.database import Store

__all__ = ["Store"]
