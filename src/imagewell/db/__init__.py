"""The database: engines for SQLite and PostgreSQL, sessions, base types, migrations."""
