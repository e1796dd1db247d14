"""词汇 · the words of EPCIS and CBV 2.0 that our events are told in, and our own namespace."""

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
CONTEXTS = frozenset(
    {
        CONTEXT,
        "https://ref.gs1.org/standards/epcis/epcis-context.jsonld",
        "https://ref.gs1.org/standards/epcis/2.0.1/epcis-context.jsonld",
        "https://gs1.github.io/EPCIS/epcis-context.jsonld",
    }
)
"""Contexts whose words we know without fetching anything."""

PREFIX = "weining"
NAMESPACE = "urn:weining:epcis:"
OUR_CONTEXT = [CONTEXT, {PREFIX: NAMESPACE}]
SCHEMA_VERSION = "2.0"
EVENT_TYPES = (
    "ObjectEvent",
    "AggregationEvent",
    "TransactionEvent",
    "TransformationEvent",
    "AssociationEvent",
)
PREFIXES = {
    "epcis": "https://ref.gs1.org/epcis/",
    "cbv": "https://ref.gs1.org/cbv/",
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "gs1": "https://ref.gs1.org/voc/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}
"""Prefixes that the GS1 context itself declares."""

DISPOSITIONS = {
    "commissioning": "active",
    "departing": "in_transit",
    "arriving": "in_progress",
    "destroying": "destroyed",
    "killing": "inactive",
    "receiving": "in_progress",
}
"""Business step → the disposition that follows from it; none where CBV has no fitting word."""


def ours(name: str) -> str:
    """A field of our own namespace.

    >>> ours("kind")
    'weining:kind'
    """
    return f"{PREFIX}:{name}"
