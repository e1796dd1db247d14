"""What others send becomes an operation where it is one, and an observation where it is not."""

import json
from typing import Any

import pytest

from tests.world import World
from traceability import animals, movements
from traceability.base.db import Recording
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events
from traceability.chain.kinds import Kind
from traceability.epcis import captures, capturing
from traceability.epcis.captures import Capture, CaptureState, OnError
from traceability.epcis.capturing import Result, Sent
from traceability.epcis.identifiers import tag_uri, uri_of
from traceability.epcis.replay import PERMISSIONS, Capturer
from traceability.epcis.vocabulary import OUR_CONTEXT

ON_BOTH = True
EVERYTHING = frozenset(PERMISSIONS.values())


def farmer(world: World, permissions: frozenset[str] = EVERYTHING) -> Capturer:
    world.session.info["recording"] = Recording(world.at, "EPCIS 采集")
    return Capturer(
        world.farmer,
        permissions,
        lambda holding: holding.keeper is world.farmer,
        frozenset({world.farmer.ref}),
    )


def event(world: World, epc: str, **changes: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventTime": world.at.isoformat(),
        "eventTimeZoneOffset": "+08:00",
        "epcList": [epc],
        "action": "OBSERVE",
        **changes,
    }


def sent(told: Any) -> Sent:
    return Sent(0, json.dumps(told), told, OUR_CONTEXT)


def take(world: World, told: Any, capturer: Capturer | None = None) -> Result:
    return capturing.take(world.session, sent(told), capturer or farmer(world))[0]


def document(*listed: Any) -> bytes:
    return json.dumps(
        {
            "@context": OUR_CONTEXT,
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-22T06:20:00Z",
            "epcisBody": {"eventList": [*listed]},
        },
        indent=2,
    ).encode()


def opened(world: World, data: bytes, on_error: OnError = OnError.PROCEED) -> Capture:
    parsed = capturing.require_document(json.loads(data))
    return captures.open_capture(
        world.session,
        data,
        total=len(parsed["epcisBody"]["eventList"]),
        by=world.farmer,
        mandate={},
        on_error=on_error,
        media_type="application/json",
        at=world.at,
    )


def finished(world: World, capture: Capture, limit: int = 100) -> list[dict[str, Any]]:
    while capture.state is CaptureState.RUNNING:
        capturing.advance(world.session, capture, farmer(world), limit=limit, at=world.at)
    return capturing.results_of(capture)


def birth(world: World, tag: str = "252052600012345", **changes: Any) -> dict[str, Any]:
    ilmd = {
        "weining:earTag": tag,
        "weining:breed": "simmental_cross",
        "weining:sex": "female",
        "weining:bornOn": "2026-11-01",
    }
    told = event(world, tag_uri(tag), action="ADD", bizStep="commissioning", ilmd=ilmd)
    return {**told, "bizLocation": {"id": uri_of(world.home.ref)}, **changes}


def test_a_commissioned_tag_registers_an_animal(world: World) -> None:
    result = take(world, birth(world))

    assert result.status == "stored"
    assert result.event_id is not None
    assert result.event_id.startswith("ni:///sha-256;")
    assert animals.by_tag(world.session, "252052600012345").holding is world.home


def test_the_same_event_again_changes_nothing(world: World) -> None:
    told = birth(world, eventID="urn:uuid:1")
    take(world, told)
    before = events.count(world.session)

    assert take(world, {**told, "recordTime": "2030-01-01T00:00:00Z"}).status == "duplicate"
    assert events.count(world.session) == before


def test_other_content_under_a_known_id_conflicts(world: World) -> None:
    told = birth(world, eventID="urn:uuid:1")
    take(world, told)

    with pytest.raises(Conflict) as refusal:
        take(world, {**told, "disposition": "active"})

    assert refusal.value.code == "epcis.event_id_reused"


def test_a_journey_told_from_elsewhere_is_travelled_here(world: World) -> None:
    animal = world.animal()
    world.certified(animal)
    there = [{"type": "location", "destination": uri_of(world.market.ref)}]
    world.later(minutes=5)
    left = event(world, tag_uri(animal.ear_tag), bizStep="departing", destinationList=there)
    world.later(minutes=5)
    came = event(world, uri_of(animal.ref), bizStep="arriving")

    results = [take(world, each).status for each in (left, came)]

    assert results == ["stored", "stored"]
    assert animal.holding is world.market


def test_an_act_that_the_rules_forbid_is_only_observed(world: World) -> None:
    animal = world.animal()  # no certificate
    there = [{"type": "location", "destination": uri_of(world.market.ref)}]

    result = take(
        world, event(world, uri_of(animal.ref), bizStep="departing", destinationList=there)
    )

    assert result.status == "observed"
    assert result.code
    assert movements.on_the_road(world.session, animal) is None
    newest = events.history(world.session, animal.ref)[-1]
    assert newest.kind is Kind.EPCIS_OBSERVED
    assert newest.public["evidence_level"] == "external"


def test_an_act_at_anothers_place_is_only_observed(world: World) -> None:
    stranger = world.party("邻居")
    animal = world.animal(owner=stranger, holding=world.market)
    told = event(world, uri_of(animal.ref), action="DELETE", bizStep="destroying")

    result = take(world, told)

    assert (result.status, result.code) == ("observed", "epcis.not_yours")
    assert take(world, birth(world), farmer(world, frozenset())).code == "epcis.not_yours"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ilmd": {}}, "epcis.incomplete"),
        ({"bizLocation": {"id": "urn:x:y"}}, "epcis.not_yours"),
    ],
)
def test_what_says_too_little_is_only_observed(
    world: World, changes: dict[str, Any], code: str
) -> None:
    result = take(world, birth(world, **changes))

    assert (result.status, result.code) == ("observed", code)


def test_an_arrival_somewhere_else_is_only_observed(world: World) -> None:
    animal = world.animal()
    world.certified(animal)
    movements.depart(world.session, animal, to=world.market, at=world.at, by=world.farmer)
    world.later(minutes=5)
    told = event(
        world,
        uri_of(animal.ref),
        bizStep="arriving",
        bizLocation={"id": uri_of(world.home.ref)},
    )

    assert take(world, told).code == "epcis.elsewhere"


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("immunisation.given", {"weining:disease": "fmd", "weining:vaccine": "O 型灭活苗"}),
        ("treatment.given", {"weining:drug": "土霉素片", "weining:dose": "2 片"}),
    ],
)
def test_a_dose_told_in_our_words_is_recorded(
    world: World, kind: str, more: dict[str, Any]
) -> None:
    animal = world.animal()
    told = event(world, uri_of(animal.ref), bizStep="inspecting", **more)
    told |= {"weining:kind": kind, "weining:givenOn": world.today.isoformat()}

    assert take(world, told).status == "stored"
    assert events.history(world.session, animal.ref)[-1].kind.value == kind


def test_anothers_goods_are_kept_as_they_came(world: World) -> None:
    text = json.dumps(event(world, "urn:epc:id:sgtin:4012345.011111.9876"), indent=7)

    result, observed = capturing.take(
        world.session, Sent(0, text, json.loads(text), OUR_CONTEXT), farmer(world)
    )

    kept = captures.by_id(world.session, result.event_id or "")
    assert observed is not None
    assert kept is not None
    assert kept.body == text.encode()
    assert kept.event_id == observed.id


def test_one_bad_event_leaves_the_others_where_the_sender_says_so(world: World) -> None:
    good = [event(world, f"urn:epc:id:sgtin:4012345.011111.{n}") for n in range(6)]
    good[3]["action"] = "LOOK"

    results = finished(world, opened(world, document(*good)), limit=2)

    assert [each["status"] for each in results] == ["observed"] * 3 + ["refused"] + ["observed"] * 2
    assert results[3]["code"] == "epcis.bad_event"
    assert "LOOK" in results[3]["detail"]


def test_one_bad_event_takes_all_back_otherwise(world: World) -> None:
    good = [event(world, f"urn:epc:id:sgtin:4012345.011111.{n}") for n in range(3)]
    good[1]["quantityList"] = [{"epcClass": "urn:a:b", "quantity": 1e308}]
    before = events.count(world.session)

    capture = opened(world, document(*good), OnError.ROLLBACK)
    results = finished(world, capture)

    assert capture.state is CaptureState.ROLLED_BACK
    assert [each["status"] for each in results] == ["rolled_back", "refused", "rolled_back"]
    assert results[1]["code"] == "epcis.quantity_out_of_range"
    assert events.count(world.session) == before


def test_a_good_document_is_taken_in_whole(world: World) -> None:
    capture = opened(world, document(birth(world)), OnError.ROLLBACK)

    assert [each["status"] for each in finished(world, capture)] == ["stored"]
    assert capture.state is CaptureState.FINISHED
    assert captures.unfinished(world.session) == []


def test_corrections_in_a_circle_are_refused(world: World) -> None:
    def corrected(number: int, by: int) -> dict[str, Any]:
        declared = {
            "declarationTime": "2026-11-22T00:00:00Z",
            "correctiveEventIDs": [f"urn:uuid:{by}"],
        }
        epc = f"urn:epc:id:sgtin:4012345.011111.{number}"
        told = event(world, epc, eventID=f"urn:uuid:{number}")
        return {**told, "errorDeclaration": declared}

    results = finished(world, opened(world, document(corrected(1, 2), corrected(2, 1))))
    assert {each["code"] for each in results} == {"epcis.correction_cycle"}

    assert take(world, corrected(3, 4)).status == "observed"
    with pytest.raises(RuleViolation) as refusal:
        take(world, corrected(4, 3))
    assert refusal.value.code == "epcis.correction_cycle"


def test_what_is_no_document_is_refused_as_a_whole() -> None:
    for given in (3, {"type": "ObjectEvent"}, {"type": "EPCISDocument"}):
        with pytest.raises(RuleViolation) as refusal:
            capturing.require_document(given)
        assert refusal.value.code == "epcis.bad_document"


def test_a_document_has_a_limit() -> None:
    listed = json.loads(document(*[{}] * (capturing.EVENTS_MAX + 1)))

    with pytest.raises(RuleViolation) as refusal:
        capturing.require_document(listed)

    assert refusal.value.code == "epcis.too_many_events"


def test_a_task_nobody_knows_is_not_found(world: World) -> None:
    with pytest.raises(NotFound) as refusal:
        captures.get(world.session, "capture:" + "0" * 32)

    assert refusal.value.code == "capture.not_found"
