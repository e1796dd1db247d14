"""检查点 · the log's head, signed and handed to others, so that nobody can quietly go back.

sm2 (the second algorithm) → notes (the C2SP text formats, pure) → keys (who signs) → stamps (the
table, what is signed, proofs) → witness (the file outside the database, the stop, the way on) →
rotation (another key) → sequencing (the loop).
"""
