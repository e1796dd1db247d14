"""基础 · what every noun stands on: db, errors, clock, units, canon."""
