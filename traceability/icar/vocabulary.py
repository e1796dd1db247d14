"""词汇 · the collections of ADE that we exchange, and the schemes of our identifiers."""

from enum import StrEnum

from traceability.animals import Sex
from traceability.chain.kinds import Kind

SOURCE = "urn:weining:event"
"""`meta.source` of what our own chain tells; `meta.sourceId` is then the digest of the event."""
EAR_TAG = "urn:weining:ear-tag"  # 15 digits, 农业部令第67号
EID = "urn:iso:std:iso:11784"  # 15 digits, country first
HOLDING = "urn:weining:holding"  # holding:…
FARM_CODE = "urn:weining:farm-code"  # 养殖代码
CERTIFICATE = "urn:weining:certificate"  # 检疫证明编号
INSTRUMENT = "urn:weining:instrument"
BREED = "urn:weining:breed"
DISEASE = "urn:weining:disease"  # trait label of an immunisation
BASIS = "urn:weining:weight-basis"  # trait label of a weight
APPROVAL = "urn:weining:drug-approval"  # 兽药批准文号
KILOGRAM, GRAM = "KGM", "GRM"


class Collection(StrEnum):
    """资源集合 · the last word of an address, as ADE's URL schemes have it."""

    WEIGHTS = "weights"
    BIRTHS = "births"
    DEATHS = "deaths"
    ARRIVALS = "arrivals"
    DEPARTURES = "departures"
    TREATMENTS = "treatments"


RESOURCES = {
    Collection.WEIGHTS: "icarWeightEventResource",
    Collection.BIRTHS: "icarMovementBirthEventResource",
    Collection.DEATHS: "icarMovementDeathEventResource",
    Collection.ARRIVALS: "icarMovementArrivalEventResource",
    Collection.DEPARTURES: "icarMovementDepartureEventResource",
    Collection.TREATMENTS: "icarTreatmentEventResource",
}
"""Collection → the type of each of its members."""
KINDS: dict[Collection, frozenset[Kind]] = {
    Collection.WEIGHTS: frozenset({Kind.WEIGHING_RECORDED}),
    Collection.BIRTHS: frozenset({Kind.ANIMAL_REGISTERED}),
    Collection.DEATHS: frozenset({Kind.ANIMAL_DIED, Kind.ANIMAL_SLAUGHTERED}),
    Collection.ARRIVALS: frozenset({Kind.MOVEMENT_ARRIVED}),
    Collection.DEPARTURES: frozenset({Kind.MOVEMENT_DEPARTED}),
    Collection.TREATMENTS: frozenset({Kind.TREATMENT_GIVEN, Kind.IMMUNISATION_GIVEN}),
}
"""Collection → which of our events are told in it."""
GENDERS = {Sex.MALE: "Male", Sex.FEMALE: "Female", Sex.STEER: "MaleNeuter"}
assert RESOURCES.keys() == KINDS.keys() == set(Collection)
assert GENDERS.keys() == set(Sex)
