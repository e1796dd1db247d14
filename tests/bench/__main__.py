"""`make bench`: every benchmark, one after the other."""

from tests.bench import chain, trace

if __name__ == "__main__":
    chain.main()
    trace.main()
