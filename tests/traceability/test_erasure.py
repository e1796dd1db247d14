"""A person's data go on request; every proof still holds, and the audit finds all well."""

from datetime import timedelta
from pathlib import Path

import pytest

from app import migrate
from tests.world import World
from traceability import animals, consents, erasure, evidence, legal_holds, parties
from traceability.audit.report import verify_chain
from traceability.base.db import Base
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events
from traceability.chain.kinds import Kind
from traceability.checkpoints import keys, stamps
from traceability.checkpoints.notes import verify
from traceability.consents import ConsentAct
from traceability.holdings import Holding, HoldingKind
from traceability.parties import ERASED_NAME, Party, PartyKind

ON_BOTH = True
NAME, PHONE, RESIDENT = "张三丰", "13885712345", "11010519491231002X"
SIGNER = keys.new_signer("demo-erasure/chain")


@pytest.fixture
def person(world: World) -> Party:
    return parties.register(
        world.session,
        kind=PartyKind.HOUSEHOLD,
        name=NAME,
        phone=PHONE,
        number=RESIDENT,
        at=world.at,
        by=world.office,
    )


@pytest.fixture
def home(world: World, person: Party) -> Holding:
    return world.holding(HoldingKind.HOUSEHOLD, f"{NAME}家", keeper=person, region="520526104203")


def lived(world: World, person: Party, home: Holding, folder: Path) -> evidence.Evidence:
    """Somebody kept an animal, which died, let a neighbour act, and sent a paper."""
    cow = world.animal(holding=home, owner=person, by=person)
    animals.report_death(world.session, cow, cause="摔伤", disposal="深埋", at=world.at, by=person)
    consents.grant(
        world.session,
        grantor=person,
        agent=world.village_vet,
        acts=[ConsentAct.HERD],
        until=world.at + timedelta(days=30),
        at=world.at,
        by=person,
    )
    data = f"%PDF-1.7 {NAME}".encode()
    return evidence.store(
        world.session, folder, data, title=f"{NAME}身份证", at=world.at, by=person
    )


def erased(world: World, person: Party, **changes: object) -> erasure.Erased:
    told = {"reason": "本人 11 月 20 日申请", "second": world.vet, "by": world.office, **changes}
    return erasure.erase(world.session, person, at=world.at, **told)  # type: ignore[arg-type] # as named


def stored(world: World) -> bytes:
    """Every value of every table."""
    migrate.load_models()
    found = []
    for table in Base.metadata.sorted_tables:
        found += [repr(tuple(row)).encode() for row in world.session.execute(table.select())]
    return b"\n".join(found)


def test_what_named_a_person_is_gone_and_every_proof_still_holds(
    world: World, person: Party, home: Holding, tmp_path: Path
) -> None:
    paper = lived(world, person, home, tmp_path)
    stamps.sequence(world.session, SIGNER, at=world.at)
    first = events.history(world.session, person.ref)[0]
    before = stamps.proof(world.session, first.digest)
    path = evidence.path_of(tmp_path, paper.sha256)
    assert path.exists()

    done = erased(world, person)
    done.remove_files(tmp_path)
    world.session.flush()

    assert (done.holdings, done.evidence, done.private_parts) == (1, 1, 4)
    assert not path.exists()
    everything = stored(world)
    for marker in (NAME, PHONE, RESIDENT):
        assert marker.encode() not in everything
        assert marker not in everything.decode()
    after = stamps.proof(world.session, first.digest)
    assert before == after
    assert after is not None
    assert after.holds(verify(after.note, [SIGNER.verifier]).root)
    report = verify_chain(world.session, verifiers=[SIGNER.verifier])
    assert report.damage == []


def test_the_chain_says_that_and_by_whom_it_was_done(world: World, person: Party) -> None:
    erased(world, person)

    told = events.history(world.session, person.ref)
    assert [event.kind for event in told] == [Kind.PARTY_REGISTERED, Kind.PARTY_ERASED]
    assert told[0].private is None
    assert (told[1]["by"], told[1]["second"]) == (world.office.ref, world.vet.ref)
    assert (person.name, person.phone, person.resident_id) == (ERASED_NAME, None, None)


def test_a_paper_somebody_else_sent_too_stays(world: World, person: Party, tmp_path: Path) -> None:
    for sender in (person, world.farmer):
        paper = evidence.store(
            world.session, tmp_path, b"%PDF-1.7 same", title="合同", at=world.at, by=sender
        )

    erased(world, person).remove_files(tmp_path)

    assert evidence.read(tmp_path, paper) == b"%PDF-1.7 same"


def test_an_erased_row_may_still_be_folded_anew(
    world: World, person: Party, home: Holding, tmp_path: Path
) -> None:
    lived(world, person, home, tmp_path)
    erased(world, person)
    world.session.info["refold"] = {person.ref, home.ref}

    world.session.commit()

    assert (person.name, home.name) == (ERASED_NAME, ERASED_NAME)
    assert home.region_code == "520526104"


def test_one_person_cannot_erase_alone_nor_without_a_reason(world: World, person: Party) -> None:
    codes = []
    for changes in ({"second": world.office}, {"reason": " "}):
        with pytest.raises(RuleViolation) as refusal:
            erased(world, person, **changes)
        codes.append(refusal.value.code)

    assert codes == ["erasure.one_person", "erasure.without_reason"]


def test_a_company_is_no_person_and_a_keeper_must_first_give_up_the_herd(world: World) -> None:
    world.animal()

    with pytest.raises(RuleViolation) as company:
        erased(world, world.buyer)
    with pytest.raises(RuleViolation) as keeper:
        erased(world, world.farmer)

    assert company.value.code == "erasure.not_a_person"
    assert keeper.value.code == "erasure.still_keeping"


def test_nobody_is_erased_twice(world: World, person: Party) -> None:
    erased(world, person)

    with pytest.raises(Conflict) as refusal:
        erased(world, person)

    assert refusal.value.code == "erasure.done"


def test_a_legal_hold_wins_until_two_people_lift_it(world: World, person: Party) -> None:
    session = world.session
    two = {"second": world.vet, "at": world.at, "by": world.office}
    hold = legal_holds.place(session, person.ref, reason="威公案〔2026〕7 号", **two)  # type: ignore[arg-type] # as named

    with pytest.raises(Conflict) as held:
        erased(world, person)
    with pytest.raises(Conflict) as again:
        legal_holds.place(session, person.ref, reason="再来一次", **two)  # type: ignore[arg-type] # as named
    legal_holds.lift(session, hold, reason="结案", **two)  # type: ignore[arg-type] # as named
    with pytest.raises(Conflict) as lifted:
        legal_holds.lift(session, hold, reason="结案", **two)  # type: ignore[arg-type] # as named
    erased(world, person)

    assert [each.value.code for each in (held, again, lifted)] == [
        "erasure.on_hold",
        "hold.placed",
        "hold.lifted",
    ]
    assert legal_holds.standing(session) == []
    assert verify_chain(session).damage == []


def test_a_hold_needs_two_people_and_a_reason(world: World) -> None:
    codes = []
    for changes in ({"second": world.office}, {"reason": ""}):
        told = {"reason": "案由", "second": world.vet, **changes}
        with pytest.raises(RuleViolation) as refusal:
            legal_holds.place(
                world.session,
                "access_log",
                at=world.at,
                by=world.office,
                **told,  # type: ignore[arg-type] # as named
            )
        codes.append(refusal.value.code)
    with pytest.raises(NotFound) as nowhere:
        legal_holds.get(world.session, "hold:" + "0" * 32)

    assert codes == ["hold.one_person", "hold.without_reason"]
    assert nowhere.value.code == "hold.not_found"
