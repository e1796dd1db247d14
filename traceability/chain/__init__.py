"""追溯链 · append-only events, their Merkle log, signed heads and the audit.

kinds → events (tables, hold, append) → log (leaves, tiles, proofs) → audit (verify-chain).
"""
