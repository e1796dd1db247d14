"""Benchmarks: each measures its limit or its peer in the same run, and prints the ratio."""
