"""`make bench`: every benchmark, one after the other."""

from tests.bench import chain, labels, trace

if __name__ == "__main__":
    chain.main()
    trace.main()
    labels.main()
    labels.main()
