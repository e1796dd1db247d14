"""Who answers for something; what identifies a person stays private."""

from tests.world import World
from traceability import parties
from traceability.chain import events
from traceability.chain.kinds import Kind


def test_a_changed_telephone_is_in_the_chain_and_on_no_public_page(world: World) -> None:
    parties.change_phone(
        world.session, world.farmer, phone="13885701234", at=world.at, by=world.farmer
    )

    event = events.history(world.session, world.farmer.ref)[-1]
    assert event.kind is Kind.PARTY_CHANGED
    assert event["phone"] == world.farmer.phone == "13885701234"
    assert b"13885701234" not in event.canonical
