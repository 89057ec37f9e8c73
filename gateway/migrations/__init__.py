"""The schema's history: Alembic migrations over the registry's, linkage's and audit's tables."""
