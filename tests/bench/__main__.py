"""`make bench`: every benchmark, one after the other."""

from tests.bench import (
    appends,
    audit,
    campaigns,
    chain,
    cockpits,
    importing,
    ingest,
    labels,
    lookup,
    trace,
    tracing,
    verdict,
    writers,
)

if __name__ == "__main__":
    appends.main()
    writers.main()
    lookup.main()
    chain.main()
    audit.main()
    importing.main()
    campaigns.main()
    ingest.main()
    cockpits.main()
    trace.main()
    tracing.main()
    labels.main()
    verdict.main()
