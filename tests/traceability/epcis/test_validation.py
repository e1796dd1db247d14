"""What the schema, the formats and common sense say against what others send."""

from typing import Any

import pytest

from traceability.epcis import validation
from traceability.epcis.vocabulary import CONTEXT, OUR_CONTEXT

GOOD: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventTime": "2026-11-22T06:12:03+08:00",
    "eventTimeZoneOffset": "+08:00",
    "epcList": ["urn:weining:tag:252052600000001"],
    "action": "OBSERVE",
    "bizStep": "departing",
}


def document(*events: object, **changes: Any) -> dict[str, Any]:
    return {
        "@context": OUR_CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-22T06:20:00Z",
        "epcisBody": {"eventList": [*events]},
        **changes,
    }


def codes(given: object) -> set[str]:
    return {fault.code for fault in validation.faults(given)}


def test_a_good_document_has_no_fault() -> None:
    assert validation.faults(document(GOOD, GOOD)) == []
    assert validation.faults({**GOOD, "@context": CONTEXT}) == []


def test_the_one_bad_event_is_named_by_its_number() -> None:
    bad = {**GOOD, "action": "LOOK"}

    found = validation.faults(document(GOOD, bad, GOOD))

    assert {fault.path.removesuffix(".action") for fault in found} == {"$.epcisBody.eventList[1]"}
    assert "LOOK" in found[0].sentence


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("eventTime", "2026-11-22T06:12:03", "epcis.schema_format"),
        ("eventTime", "2026-02-30T06:12:03Z", "epcis.schema_format"),
        ("eventTime", 5, "epcis.schema_type"),
        ("eventTimeZoneOffset", "+25:00", "epcis.schema_pattern"),
        ("epcList", ["no uri"], "epcis.schema_format"),
        ("epcList", "urn:a:b", "epcis.schema_type"),
        ("bizStep", "milking", "epcis.schema_anyof"),
        ("eventID", "七号", "epcis.schema_format"),
        ("type", "CowEvent", "epcis.schema_format"),
        ("colour", "red", "epcis.schema_anyof"),
    ],
)
def test_a_bad_field_is_refused(field: str, value: object, code: str) -> None:
    assert code in codes(document({**GOOD, field: value}))


@pytest.mark.parametrize(
    "given", [None, 7, [], {}, {"type": []}, document(3), document(epcisBody=4), document(type=1)]
)
def test_what_is_no_document_is_no_crash(given: object) -> None:
    assert validation.faults(given)


def test_a_query_document_is_judged_by_its_own_shape() -> None:
    told = document(GOOD, type="EPCISQueryDocument")
    told["epcisBody"] = {
        "queryResults": {
            "queryName": "SimpleEventQuery",
            "subscriptionID": "none",
            "resultsBody": {"eventList": [GOOD]},
        }
    }

    assert validation.faults(told) == []
    assert validation.faults(document(GOOD, type="EPCISQueryDocument"))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"eventTime": "2026-11-22T06:12:03+09:00"}, "epcis.offset_mismatch"),
        ({"stranger:colour": "red"}, "epcis.unknown_context"),
        ({"@context": "https://example.com/context.jsonld"}, "epcis.unknown_context"),
        (
            {"quantityList": [{"epcClass": "urn:a:b", "quantity": 1e308}]},
            "epcis.quantity_out_of_range",
        ),
        (
            {"quantityList": [{"epcClass": "urn:a:b", "quantity": 10**400}]},
            "epcis.quantity_out_of_range",
        ),
        (
            {"quantityList": [{"epcClass": "urn:a:b", "quantity": -1}]},
            "epcis.quantity_out_of_range",
        ),
    ],
)
def test_what_no_schema_says_is_judged_too(changes: dict[str, Any], code: str) -> None:
    event = {**GOOD, **changes}

    assert validation.faults(document(event)) == []
    assert [fault.code for fault in validation.judge_event(event, OUR_CONTEXT)] == [code]


@pytest.mark.parametrize(
    "changes",
    [
        {"eventTime": "2026-11-21T22:12:03Z"},
        {"weining:evidenceLevel": "device", "https://example.com/x": 1},
        {"ilmd": {"cbvmda:lotNumber": "B7"}, "action": "ADD"},
    ],
)
def test_what_agrees_is_left_alone(changes: dict[str, Any]) -> None:
    assert not [*validation.judge_event({**GOOD, **changes}, OUR_CONTEXT)]
