"""养殖户报告: two taps from the first page, at once in the lists of vets, closed with words."""

import io

import pytest
from flask.testing import FlaskClient
from PIL import Image

from app.auth.accounts import Grant
from app.auth.roles import Role, ScopeKind
from tests import photos
from tests.app.programs import ProgramOf, code
from tests.app.test_today import counts
from tests.logins import LoginAs
from tests.world import World
from traceability import alerts
from traceability.alerts import AlertKind, AlertState
from traceability.animals import Animal, AnimalState


def reported(client: FlaskClient, animal: Animal, kind: str = "sick", **more: object) -> str:
    """The first tap opens the card, the second reports; where it leads."""
    home = client.get("/").text
    assert f'href="/animals/{animal.ref}/alert"' in home
    page = client.get(f"/animals/{animal.ref}/alert").text
    assert f'name="kind" value="{kind}"' in page
    answer = client.post(f"/animals/{animal.ref}/alert", data={"kind": kind, **more})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_two_taps_bring_a_sick_animal_to_the_vets(login_as: LoginAs, world: World) -> None:
    farmer, animal = login_as(Role.FARMER), world.animal()

    assert reported(farmer, animal) == "/"

    for role in (Role.VILLAGE_VET, Role.OFFICIAL_VET):
        vet = login_as(role)
        assert counts(vet)["养殖户报告的病牛"] == "1头"
        assert "牛病了" in vet.get("/alerts/?state=open").text
    assert "已报告，等处理" in farmer.get("/").text


def test_a_vet_of_elsewhere_hears_nothing(login_as: LoginAs, world: World) -> None:
    farmer, animal = login_as(Role.FARMER), world.animal()
    reported(farmer, animal)

    vet = login_as(Role.OFFICIAL_VET, grants=(Grant(ScopeKind.REGION, "522300"),))

    assert "养殖户报告的病牛" not in counts(vet)
    assert "没有报告" in vet.get("/alerts/").text


def test_a_photograph_goes_with_it_freed_of_its_traces(login_as: LoginAs, world: World) -> None:
    farmer, animal = login_as(Role.FARMER), world.animal()
    drawn = io.BytesIO()
    Image.new("RGB", (60, 40), "brown").save(drawn, "JPEG")
    drawn.seek(0)

    reported(farmer, animal, words="流口水", picture=(drawn, "sick.jpg"))

    (found,) = alerts.of_animal(world.session, animal)
    assert found.photograph is not None
    vet = login_as(Role.OFFICIAL_VET)
    page = vet.get(f"/alerts/{found.ref}").text
    assert "流口水" in page
    with vet.get(f"/evidence/{found.photograph}") as seen:
        assert seen.status_code == 200


def test_the_vet_says_what_was_done_and_the_farmer_sees_it(login_as: LoginAs, world: World) -> None:
    farmer, animal = login_as(Role.FARMER), world.animal()
    reported(farmer, animal)
    (found,) = alerts.of_animal(world.session, animal)
    vet = login_as(Role.OFFICIAL_VET)

    silent = vet.post(f"/alerts/{found.ref}/close", data={"outcome": ""})
    done = vet.post(f"/alerts/{found.ref}/close", data={"outcome": "已上门诊治"})

    assert (silent.status_code, done.status_code) == (422, 303)
    assert "已上门诊治" in farmer.get(f"/alerts/{found.ref}").text
    assert "养殖户报告的病牛" not in counts(vet)


def test_a_new_tag_ends_the_report_of_a_lost_one(login_as: LoginAs, world: World) -> None:
    farmer, animal = login_as(Role.FARMER), world.animal()
    reported(farmer, animal, "tag_lost")
    vet = login_as(Role.VILLAGE_VET)
    assert counts(vet)["养殖户报告掉了耳标的牛"] == "1头"

    told = {"ear_tag": "252052600098765", "reason": "脱落", "photo": photos.upload()}
    vet.post(f"/animals/{animal.ref}/retag", data=told)

    (found,) = alerts.of_animal(world.session, animal)
    assert found.state is AlertState.CLOSED
    assert found.outcome == "已补戴耳标 252052600098765"


def test_a_death_is_two_taps_and_ends_what_was_reported(login_as: LoginAs, world: World) -> None:
    farmer, animal = login_as(Role.FARMER), world.animal()
    reported(farmer, animal)
    page = farmer.get(f"/animals/{animal.ref}/alert").text
    assert f'action="/animals/{animal.ref}/death"' in page

    answer = farmer.post(
        f"/animals/{animal.ref}/death", data={"cause": "不明", "disposal": "等防疫员处理"}
    )

    assert answer.status_code == 303
    assert animal.state is AnimalState.DEAD
    (found,) = alerts.of_animal(world.session, animal)
    assert found.outcome == "这头牛已登记死亡"


@pytest.mark.parametrize("kind", ["", "lame"])
def test_what_is_neither_is_refused(login_as: LoginAs, world: World, kind: str) -> None:
    farmer, animal = login_as(Role.FARMER), world.animal()

    answer = farmer.post(f"/animals/{animal.ref}/alert", data={"kind": kind})

    assert answer.status_code == 422
    assert alerts.of_animal(world.session, animal) == []


def test_a_program_tells_lists_and_closes(program_of: ProgramOf, world: World) -> None:
    animal = world.animal()
    farmer, vet = program_of(Role.FARMER), program_of(Role.OFFICIAL_VET)

    made = farmer.post("/api/alerts/", {"animal": animal.ref, "kind": "sick", "words": "发烧"})
    again = farmer.post("/api/alerts/", {"animal": animal.ref, "kind": "sick"})

    assert (made.status_code, again.status_code) == (201, 201)
    assert made.json is not None
    assert again.json is not None
    assert again.json["ref"] == made.json["ref"]
    listed = vet.get("/api/alerts/", state="open").json
    assert listed is not None
    assert [row["words"] for row in listed["rows"]] == ["发烧"]
    closed = vet.post(f"/api/alerts/{made.json['ref']}/close", {"outcome": "已退烧"})
    assert closed.json is not None
    assert closed.json["state"] == "closed"
    assert alerts.open_of(world.session, animal, AlertKind.SICK) is None


def test_another_s_report_looks_like_none(program_of: ProgramOf, world: World) -> None:
    stranger = program_of(Role.FARMER, party=world.party("赫章县养牛户"))
    told = alerts.raise_alert(
        world.session, world.animal(), AlertKind.SICK, at=world.at, by=world.farmer
    )

    answers = [stranger.get(f"/api/alerts/{ref}") for ref in (told.ref, f"alert:{'0' * 32}")]

    assert [code(answer) for answer in answers] == [(404, "alert.not_found")] * 2
