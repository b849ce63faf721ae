"""Alembic's folder: one file in versions/ per change of persist/tables. Run by persist/migrate, never by hand."""
