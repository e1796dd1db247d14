"""A consent's row keeps the instants its event keeps, or the audit would call it changed."""

from datetime import timedelta

from tests.world import World
from traceability import consents
from traceability.base.clock import stamp
from traceability.chain import events
from traceability.consents import ConsentAct


def test_a_consent_holds_from_the_instant_of_its_event(world: World) -> None:
    world.later(microseconds=123_456)

    given = consents.grant(
        world.session,
        grantor=world.farmer,
        agent=world.village_vet,
        acts=[ConsentAct.HERD],
        until=world.at + timedelta(days=30),
        at=world.at,
        by=world.farmer,
    )

    told = consents.fold(None, events.history(world.session, given.ref)[0])
    assert told is not None
    assert stamp(given.valid_until) == told["valid_until"]
    assert given.valid_from == events.history(world.session, given.ref)[0].at
    assert given.valid_until.microsecond % 1_000 == 0
