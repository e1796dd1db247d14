"""The abattoir declares and the vet passes animals, on the pages and through the API."""

from app.auth.roles import Role
from tests.app.programs import ProgramOf, code
from tests.logins import LoginAs
from tests.world import World
from traceability import movements
from traceability.animals import Animal
from traceability.holdings import Holding, HoldingKind
from traceability.quarantine import isolations
from traceability.quarantine.declarations import Purpose

CHECKS = ["documents", "tag", "group", "individual"]
TIME = "2026-11-22T14:00"  # the world's morning is 06:12


def arrived(world: World) -> tuple[Holding, Animal]:
    """An animal that came to the buyer's abattoir under its certificate."""
    abattoir = world.holding(HoldingKind.ABATTOIR, "李记屠宰场", keeper=world.buyer)
    animal = world.animal()
    world.certified(animal, to=abattoir, purpose=Purpose.SLAUGHTER)
    movements.depart(world.session, animal, to=abattoir, at=world.at, by=animal.owner)
    movements.arrive(world.session, animal, at=world.at, by=world.buyer)
    return abattoir, animal


def test_the_abattoir_declares_and_the_vet_passes_on_the_pages(
    login_as: LoginAs, world: World
) -> None:
    abattoir, animal = arrived(world)
    plant, vet = login_as(Role.PROCESSOR, party=world.buyer), login_as(Role.OFFICIAL_VET)
    form = {"abattoir": abattoir.ref, "animals": animal.ref, "slaughters_at": TIME}

    offered = plant.get("/slaughter/new")
    incomplete = plant.post("/slaughter/new", data={**form, "slaughters_at": ""})
    made = plant.post("/slaughter/new", data=form)
    page = made.headers["Location"]
    accepted = vet.post(f"{page}/accept")
    passed = vet.post(f"{page}/inspect", data={"animal": animal.ref, "passed": CHECKS})
    shown = plant.get(page)

    assert animal.ref in offered.text
    assert incomplete.status_code == 422
    assert made.status_code == accepted.status_code == passed.status_code == 303
    assert "准宰" in shown.text
    assert "已受理" in plant.get("/slaughter/").text
    assert animal.ref not in plant.get("/slaughter/new").text


def test_a_held_animal_gets_no_pass_and_the_page_says_why(login_as: LoginAs, world: World) -> None:
    abattoir, animal = arrived(world)
    plant, vet = login_as(Role.PROCESSOR, party=world.buyer), login_as(Role.OFFICIAL_VET)
    form = {"abattoir": abattoir.ref, "animals": animal.ref, "slaughters_at": TIME}
    page = plant.post("/slaughter/new", data=form).headers["Location"]
    vet.post(f"{page}/accept")
    isolations.open_case(world.session, animal, reason="口腔有水疱", at=world.at, by=world.vet)
    world.session.commit()

    refused = vet.post(f"{page}/inspect", data={"animal": animal.ref, "passed": CHECKS})
    failed = vet.post(f"{page}/inspect", data={"animal": animal.ref, "passed": CHECKS[:3]})

    assert refused.status_code == 422
    assert "留置" in refused.text
    assert "动物防疫法" in refused.text
    assert failed.status_code == 303
    assert "不准宰" in vet.get(page).text


def test_a_refused_declaration_tells_the_abattoir_why(login_as: LoginAs, world: World) -> None:
    abattoir, animal = arrived(world)
    plant, vet = login_as(Role.PROCESSOR, party=world.buyer), login_as(Role.OFFICIAL_VET)
    form = {"abattoir": abattoir.ref, "animals": animal.ref, "slaughters_at": TIME}
    page = plant.post("/slaughter/new", data=form).headers["Location"]

    silent = vet.post(f"{page}/refuse", data={})
    refused = vet.post(f"{page}/refuse", data={"reason": "待宰圈未消毒"})
    late = vet.post(f"{page}/accept")

    assert silent.status_code == 422
    assert refused.status_code == 303
    assert late.status_code == 409
    assert "待宰圈未消毒" in plant.get(page).text


def test_the_api_declares_accepts_and_inspects(program_of: ProgramOf, world: World) -> None:
    abattoir, animal = arrived(world)
    other = world.holding(HoldingKind.ABATTOIR, "别家屠宰场", keeper=world.farmer)
    plant, vet = program_of(Role.PROCESSOR, party=world.buyer), program_of(Role.OFFICIAL_VET)
    body = {"abattoir": abattoir.ref, "animals": [animal.ref], "slaughters_at": f"{TIME}:00+08:00"}

    foreign = plant.post("/api/slaughter/", {**body, "abattoir": other.ref})
    made = plant.post("/api/slaughter/", body)
    twice = plant.post("/api/slaughter/", body)
    url = f"/api/slaughter/{made.get_json()['ref']}"
    early = vet.post(f"{url}/inspections", {"animal": animal.ref, "passed": CHECKS})
    accepted = vet.post(f"{url}/accept")
    passed = vet.post(f"{url}/inspections", {"animal": animal.ref, "passed": CHECKS})
    shown = plant.get(url).get_json()
    listed = plant.get("/api/slaughter/", state="accepted").get_json()

    assert code(foreign) == (404, "holding.not_found")
    assert made.status_code == 201, made.text
    assert code(twice) == (409, "slaughter.pending")
    assert code(early) == (409, "ante_mortem.not_accepted")
    assert accepted.get_json()["state"] == "accepted"
    assert passed.status_code == 201, passed.text
    assert [row["passed"] for row in shown["inspections"]] == [True]
    assert [row["ear_tag"] for row in shown["animals"]] == [animal.ear_tag]
    assert len(listed["rows"]) == 1
    nobody = plant.get(f"/api/slaughter/slaughter_declaration:{'0' * 32}")
    assert code(nobody) == (404, "slaughter.not_found")
