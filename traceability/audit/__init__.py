"""核查 · what `verify-chain` does: derives everything anew and names what differs.

damage (what can be wrong) → links (events and subjects) → heads (log, checkpoints, witness) →
columns (rows against the fold of their events) → report (all of it, with progress).
"""
