"""核查室 · the audit as people meet it: a run with progress, a subject found, its line read."""
