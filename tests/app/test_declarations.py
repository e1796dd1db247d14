"""From declaration to certificate and departure, through the pages."""

import re

from app.auth.roles import Role
from tests.logins import LoginAs
from tests.world import World
from traceability.checks import INSPECTION_CHECKS
from traceability.quarantine import certificates, declarations
from traceability.quarantine.declarations import DeclarationState


def declared(login_as: LoginAs, world: World) -> str:
    """The address of a declaration that a farmer filed."""
    animal = world.animal()
    answer = login_as(Role.FARMER).post(
        "/declarations/new",
        data={
            "animals": [animal.ref],
            "destination": world.market.ref,
            "purpose": "trade",
            "leaves_on": world.today.isoformat(),
        },
    )
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def animal_of(world: World, address: str) -> str:
    ref = address.rsplit("/", 1)[1]
    return declarations.animals_of(world.session, declarations.get(world.session, ref))[0].ref


def test_the_vet_finds_the_declaration_in_his_queue(login_as: LoginAs, world: World) -> None:
    address = declared(login_as, world)
    vet = login_as(Role.OFFICIAL_VET)

    queue = vet.get("/declarations/")

    assert address in queue.text
    assert "今天" in queue.text


def test_a_healthy_animal_gets_form_b_and_leaves(login_as: LoginAs, world: World) -> None:
    address = declared(login_as, world)
    vet = login_as(Role.OFFICIAL_VET)
    animal = animal_of(world, address)

    assert vet.post(f"{address}/accept").status_code == 303
    vet.post(f"{address}/inspect", data={"animal": animal, "passed": [*INSPECTION_CHECKS]})
    issued = vet.post(f"{address}/issue", data={"valid_days": "1"})
    assert issued.status_code == 303, issued.text
    page = vet.get(issued.location)
    assert re.search(r"动物B DB-520526-\d{4}-000001", page.text)
    assert "不是官方检疫证明" in page.text

    farmer = login_as(Role.FARMER)
    assert "登记启运 1 头" in farmer.get(issued.location).text
    left = farmer.post(f"{issued.location}/depart", follow_redirects=True)
    assert "已登记启运 1 头" in left.text


def test_a_failed_check_is_refused_with_every_reason(login_as: LoginAs, world: World) -> None:
    address = declared(login_as, world)
    vet = login_as(Role.OFFICIAL_VET)
    passed = [name for name in INSPECTION_CHECKS if name not in {"healthy", "lab"}]

    vet.post(f"{address}/accept")
    vet.post(f"{address}/inspect", data={"animal": animal_of(world, address), "passed": passed})
    answer = vet.post(f"{address}/issue", data={"valid_days": "1"})

    assert answer.status_code == 422
    assert "临床检查不健康" in answer.text
    assert "实验室检测不合格" in answer.text
    assert "第十四条" in answer.text


def test_no_certificate_before_the_inspection(login_as: LoginAs, world: World) -> None:
    address = declared(login_as, world)
    vet = login_as(Role.OFFICIAL_VET)
    vet.post(f"{address}/accept")

    answer = vet.post(f"{address}/issue", data={"valid_days": "1"})

    assert answer.status_code == 422
    assert "还没有检查结果" in answer.text


def test_nothing_is_inspected_before_it_is_accepted(login_as: LoginAs, world: World) -> None:
    address = declared(login_as, world)

    answer = login_as(Role.OFFICIAL_VET).post(
        f"{address}/inspect", data={"animal": animal_of(world, address), "passed": ["healthy"]}
    )

    assert answer.status_code == 409
    assert "先受理申报" in answer.text


def test_a_check_nobody_named_is_refused(login_as: LoginAs, world: World) -> None:
    address = declared(login_as, world)
    vet = login_as(Role.OFFICIAL_VET)
    vet.post(f"{address}/accept")

    answer = vet.post(
        f"{address}/inspect", data={"animal": animal_of(world, address), "passed": ["beauty"]}
    )

    assert answer.status_code == 422
    assert "不在规定之列" in answer.text


def test_an_animal_outside_the_declaration_is_not_inspected(
    login_as: LoginAs, world: World
) -> None:
    address = declared(login_as, world)
    other = world.animal()
    vet = login_as(Role.OFFICIAL_VET)
    vet.post(f"{address}/accept")

    answer = vet.post(f"{address}/inspect", data={"animal": other.ref, "passed": []})

    assert answer.status_code == 422
    assert "不在这份申报里" in answer.text


def test_a_refused_declaration_tells_the_owner_why(login_as: LoginAs, world: World) -> None:
    address = declared(login_as, world)
    vet = login_as(Role.OFFICIAL_VET)

    without = vet.post(f"{address}/refuse", data={"reason": ""})
    vet.post(f"{address}/refuse", data={"reason": "申报地不在本县"})
    page = login_as(Role.FARMER).get(address)

    assert without.status_code == 422
    assert "申报地不在本县" in page.text


def test_two_vets_cannot_both_accept(login_as: LoginAs, world: World) -> None:
    address = declared(login_as, world)
    first, second = login_as(Role.OFFICIAL_VET), login_as(Role.OFFICIAL_VET)

    assert first.post(f"{address}/accept").status_code == 303
    assert second.post(f"{address}/accept").status_code == 409


def test_a_revoked_certificate_carries_nobody(login_as: LoginAs, world: World) -> None:
    paper = world.certified(world.animal())
    vet = login_as(Role.OFFICIAL_VET)
    address = f"/certificates/{paper.ref}"

    assert vet.post(f"{address}/revoke", data={"reason": ""}).status_code == 422
    assert vet.post(f"{address}/revoke", data={"reason": "牛只发热"}).status_code == 303
    again = vet.post(f"{address}/revoke", data={"reason": "牛只发热"})
    left = login_as(Role.FARMER).post(f"{address}/depart")

    assert again.status_code == 409
    assert left.status_code == 422
    assert "已作废" in left.text


def test_a_stranger_sees_neither_declaration_nor_certificate(
    login_as: LoginAs, world: World
) -> None:
    address = declared(login_as, world)
    paper = world.certified(world.animal())
    stranger = login_as(Role.FARMER, party=world.party("李四"))

    assert stranger.get(address).status_code == 404
    assert stranger.get(f"/certificates/{paper.ref}").status_code == 404


def test_a_declaration_of_nothing_is_refused(login_as: LoginAs, world: World) -> None:
    answer = login_as(Role.FARMER).post(
        "/declarations/new",
        data={"destination": world.market.ref, "leaves_on": world.today.isoformat()},
    )

    assert answer.status_code == 422


def test_a_departure_in_the_past_is_refused(login_as: LoginAs, world: World) -> None:
    animal = world.animal()

    answer = login_as(Role.FARMER).post(
        "/declarations/new",
        data={
            "animals": [animal.ref],
            "destination": world.market.ref,
            "leaves_on": "2026-11-01",
        },
    )

    assert answer.status_code == 422
    assert "已经过去" in answer.text


def test_the_state_of_a_certified_declaration_follows(login_as: LoginAs, world: World) -> None:
    paper = world.certified(world.animal())

    assert paper.declaration.state is DeclarationState.CERTIFIED
    assert certificates.of_declaration(world.session, paper.declaration) is paper
    assert paper.number in login_as(Role.OFFICIAL_VET).get("/certificates/").text
