"""一致性检验 · anybody's vectors, run against our parsers and rules: `make conformance SUITE=name`.

JSON lines in, one JSON line out for each, in order; `SUITES` in `suites` says which there are.
"""
