"""映射 · our events as EPCIS 2.0 events: what happened to which animal, where, on what paper.

One event of the chain is one EPCIS event; its `weining:kind` and `weining:digest` lead back. What
happened to no animal or paper (a party's telephone, a milestone) is not told. Aggregation and
transformation wait for packing and slaughter: `transformation` is their mapping, not yet used.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from traceability.base import clock
from traceability.chain.events import EventView
from traceability.chain.kinds import SPECS, Kind
from traceability.epcis.identifiers import tag_uri, uri_of
from traceability.epcis.vocabulary import DISPOSITIONS, ours

Told = dict[str, Any]
OFFSET = "+08:00"  # China's; events happen here
G_PER_KG = 1000
KILOGRAM = "KGM"
BY_VET = {Kind.INSPECTION_RECORDED, Kind.CERTIFICATE_ISSUED, Kind.CERTIFICATE_REVOKED}
ANNULLING = {Kind.EVENT_ANNULLED, Kind.WEIGHING_ANNULLED}
"""Told as the error declaration of what they annul."""


def is_told(kind: Kind) -> bool:
    """Whether events of a kind are told in EPCIS.

    >>> is_told(Kind.MOVEMENT_ARRIVED), is_told(Kind.PARTY_CHANGED)
    (True, False)
    """
    return kind in SHAPES


def told(event: EventView, error: EventView | None = None) -> Told | None:
    """An event as EPCIS tells it, without its id; None for a kind that is not told.

    `error` is the event that corrects or annuls it.
    """
    shape = SHAPES.get(event.kind)
    animals = animals_of(event)
    if shape is None or not animals:
        return None
    body = shape(event, [uri_of(ref) for ref in animals])
    step = SPECS[event.kind].step or "other"
    found: Told = {
        "type": body.pop("type", "ObjectEvent"),
        "eventTime": local(event.at),
        "recordTime": clock.stamp(event.recorded_at),
        "eventTimeZoneOffset": OFFSET,
        "bizStep": step,
        **({"disposition": DISPOSITIONS[step]} if step in DISPOSITIONS else {}),
        **body,
        ours("kind"): event.kind.value,
        ours("digest"): event.digest.hex(),
        ours("evidenceLevel"): evidence_level(event),
        **_details(event),
    }
    if error is not None:
        found["errorDeclaration"] = declaration_of(error)
    return {key: value for key, value in found.items() if value not in (None, [], {})}


def local(at: datetime) -> str:
    """An instant in China's time, with milliseconds.

    >>> local(clock.unstamp("2026-11-21T22:12:03.000Z"))
    '2026-11-22T06:12:03.000+08:00'
    """
    return at.astimezone(clock.CHINA).isoformat(timespec="milliseconds")


def evidence_level(event: EventView) -> str:
    """On what an event rests: a device, a vet, an import, or somebody's word."""
    said = event.public.get("evidence_level")
    return str(said) if said else "vet" if event.kind in BY_VET else "self"


def animals_of(event: EventView) -> list[str]:
    """The animals an event is about: its subjects, or those its paper lists."""
    subjects = [link.ref for link in event.links if link.ref.startswith("animal:")]
    listed = event["animals"] or []
    return subjects or [ref for ref in listed if isinstance(ref, str)]


def places_of(event: EventView) -> list[str]:
    """The places an event names."""
    named = [event[field] for field in ("holding", "origin", "destination", "market")]
    return [ref for ref in named if isinstance(ref, str) and ref.startswith("holding:")]


def declaration_of(error: EventView) -> Told:
    """The error declaration that a correction or an annulment amounts to."""
    annuls = error.kind in ANNULLING
    return {
        "declarationTime": clock.stamp(error.recorded_at),
        "reason": "did_not_occur" if annuls else "incorrect_data",
    }


def _details(event: EventView) -> Told:
    names = DETAILS.get(event.kind, ())
    found = {ours(camel(name)): event[name] for name in names}
    if event.late:
        found[ours("late")] = True
    return found


def camel(name: str) -> str:
    """A field's name as JSON-LD has it.

    >>> camel("given_on")
    'givenOn'
    """
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _place(ref: object) -> Told | None:
    return {"id": uri_of(ref)} if isinstance(ref, str) else None


def _paper(kind: str, ref: object) -> list[Told]:
    return [{"type": kind, "bizTransaction": uri_of(ref)}] if isinstance(ref, str) else []


def _ends(event: EventView, kind: str, fields: tuple[str, str]) -> Told:
    begin, end = (event[field] for field in fields)
    if begin is None or end is None:
        return {}
    return {
        "sourceList": [{"type": kind, "source": uri_of(begin)}],
        "destinationList": [{"type": kind, "destination": uri_of(end)}],
    }


def _observed(_event: EventView, epcs: Sequence[str]) -> Told:
    return {"epcList": [*epcs], "action": "OBSERVE"}


def _registered(event: EventView, epcs: Sequence[str]) -> Told:
    names = ("ear_tag", "breed", "sex", "born_on", "origin")
    ilmd = {ours(camel(name)): event[name] for name in names if event[name] is not None}
    return {
        "epcList": [*epcs],
        "action": "ADD",
        "bizLocation": _place(event["holding"]),
        "ilmd": ilmd,
        **_owner(event),
    }


def _owner(event: EventView) -> Told:
    ref = event["owner"]
    if ref is None:
        return {}
    return {"destinationList": [{"type": "owning_party", "destination": uri_of(ref)}]}


def _tagged(event: EventView, epcs: Sequence[str]) -> Told:
    number = event["eid"] if event.kind is Kind.ANIMAL_EID_BOUND else event["ear_tag"]
    return {
        "type": "AssociationEvent",
        "parentID": epcs[0],
        "childEPCs": [tag_uri(number)],
        "action": "ADD",
    }


def _ended(_event: EventView, epcs: Sequence[str]) -> Told:
    return {"epcList": [*epcs], "action": "DELETE"}


def _departed(event: EventView, epcs: Sequence[str]) -> Told:
    return {
        **_observed(event, epcs),
        "readPoint": _place(event["origin"]),
        "bizTransactionList": _paper("cert", event["certificate"]),
        **_ends(event, "location", ("origin", "destination")),
    }


def _arrived(event: EventView, epcs: Sequence[str]) -> Told:
    return {**_departed(event, epcs), **_at_its_end(event)}


def _at_its_end(event: EventView) -> Told:
    there = _place(event["destination"])
    return {"readPoint": there, "bizLocation": there}


def _weighed(event: EventView, epcs: Sequence[str]) -> Told:
    if event["weight_g"] is None:
        return _observed(event, epcs)
    device = uri_of(event["instrument"])
    report = {"type": "Mass", "value": event["weight_g"] / G_PER_KG, "uom": KILOGRAM}
    raw = f"ni:///sha-256;{event['frames_sha256']}"
    metadata = {"time": clock.stamp(event.at), "deviceID": device, "rawData": raw}
    return {
        **_observed(event, epcs),
        "sensorElementList": [{"sensorMetadata": metadata, "sensorReport": [report]}],
    }


def _paper_of(kind: str, field: str | None, action: str) -> Callable[..., Told]:
    """A paper about animals: its first subject, or the field that names it."""

    def shape(event: EventView, epcs: Sequence[str]) -> Told:
        ref = event.links[0].ref if field is None else event[field]
        if ref is None or ref.startswith("animal:"):
            ref = event.group
        papers = _paper(kind, ref)
        if not papers:
            return _observed(event, epcs)
        return {
            "type": "TransactionEvent",
            "epcList": [*epcs],
            "action": action,
            "bizTransactionList": papers,
            **_ends(event, "location", ("origin", "destination")),
            **_ends(event, "owning_party", ("seller", "buyer")),
        }

    return shape


SHAPES: Mapping[Kind, Callable[[EventView, Sequence[str]], Told]] = {
    Kind.ANIMAL_REGISTERED: _registered,
    Kind.ANIMAL_RETAGGED: _tagged,
    Kind.ANIMAL_EID_BOUND: _tagged,
    Kind.ANIMAL_DIED: _ended,
    Kind.ANIMAL_SLAUGHTERED: _ended,
    Kind.IMMUNISATION_GIVEN: _observed,
    Kind.TREATMENT_GIVEN: _observed,
    Kind.DECLARATION_FILED: _paper_of("bol", None, "ADD"),
    Kind.INSPECTION_RECORDED: _observed,
    Kind.CERTIFICATE_ISSUED: _paper_of("cert", "certificate", "ADD"),
    Kind.CERTIFICATE_REVOKED: _paper_of("cert", None, "DELETE"),
    Kind.MOVEMENT_DEPARTED: _departed,
    Kind.MOVEMENT_ARRIVED: _arrived,
    Kind.WEIGHING_RECORDED: _weighed,
    Kind.SALE_AGREED: _paper_of("po", None, "ADD"),
    Kind.SALE_HANDED_OVER: _paper_of("po", None, "ADD"),
    Kind.SALE_CANCELLED: _paper_of("po", None, "DELETE"),
}

DETAILS: Mapping[Kind, tuple[str, ...]] = {
    Kind.ANIMAL_RETAGGED: ("ear_tag", "old_ear_tag", "reason"),
    Kind.ANIMAL_DIED: ("cause", "disposal"),
    Kind.IMMUNISATION_GIVEN: ("disease", "vaccine", "dose_no", "given_on", "batch_no"),
    Kind.TREATMENT_GIVEN: ("drug", "dose", "given_on", "withdrawal_days", "clear_on", "batch_no"),
    Kind.DECLARATION_FILED: ("purpose", "head_count"),
    Kind.INSPECTION_RECORDED: ("passed",),
    Kind.CERTIFICATE_ISSUED: ("number", "form", "purpose", "valid_from", "valid_until"),
    Kind.CERTIFICATE_REVOKED: ("number", "reason"),
    Kind.MOVEMENT_DEPARTED: ("certificate_number", "plate"),
    Kind.MOVEMENT_ARRIVED: ("certificate_number", "plate"),
    Kind.WEIGHING_RECORDED: ("basis", "for_trade"),
}
"""Kind → what is told in our own namespace beside the standard fields; never a price."""


def transformation(
    *, inputs: Sequence[str], outputs: Sequence[str], at: datetime, place: str
) -> Told:
    """Cutting: carcasses become cuts. All in URIs; for slaughter and packing, still to come."""
    return {
        "type": "TransformationEvent",
        "eventTime": local(at),
        "eventTimeZoneOffset": OFFSET,
        "inputEPCList": [*inputs],
        "outputEPCList": [*outputs],
        "bizStep": "disassembling",
        "bizLocation": {"id": place},
    }
