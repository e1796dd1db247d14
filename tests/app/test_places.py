"""Parties, holdings, regions, evidence and weighings: found, registered, shown."""

import io
from hashlib import sha256

import pytest

from app.auth.roles import Role
from tests.app.test_photographs import camera
from tests.logins import LoginAs
from tests.market.test_sales import sold
from tests.world import World
from traceability import holdings, parties
from traceability.holdings import HoldingKind


def test_a_vet_registers_a_household_and_its_place(login_as: LoginAs, world: World) -> None:
    vet = login_as(Role.OFFICIAL_VET)

    made = vet.post(
        "/parties/new", data={"kind": "household", "name": "马小明", "phone": "13985712345"}
    )
    ref = made.location.rsplit("/", 1)[1]
    place = vet.post(
        "/holdings/new",
        data={"keeper": ref, "kind": "household", "name": "马小明家", "region_code": "520526104"},
    )

    assert made.status_code == place.status_code == 303
    assert parties.get(world.session, ref).name == "马小明"
    page = vet.get(place.location).text
    assert "马小明家" in page
    assert "马小明（农户）" in page
    assert "13985712345" not in vet.get(made.location).text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "请填写"),
        ({"phone": "12"}, "手机号"),
        ({"kind": "ghost"}, "应为以下之一"),
        ({"number": "522427199003073619"}, "校验"),
    ],
)
def test_a_party_nobody_can_be_is_refused(
    login_as: LoginAs, changes: dict[str, str], sentence: str
) -> None:
    form = {"kind": "person", "name": "马小明", **changes}

    answer = login_as(Role.OFFICIAL_VET).post("/parties/new", data=form)

    assert answer.status_code == 422
    assert sentence in answer.text


def test_nobody_registers_a_place_outside_his_area(login_as: LoginAs, world: World) -> None:
    answer = login_as(Role.VILLAGE_VET).post(
        "/holdings/new",
        data={
            "keeper": world.farmer.ref,
            "kind": "farm",
            "name": "别处",
            "region_code": "520526105",
        },
    )

    assert answer.status_code == 422
    assert "管辖范围" in answer.text


def test_a_place_needs_its_keeper_first(login_as: LoginAs) -> None:
    assert "先选经营者" in login_as(Role.OFFICIAL_VET).get("/holdings/new").text


def test_parties_are_found_by_name(login_as: LoginAs, world: World) -> None:
    vet = login_as(Role.OFFICIAL_VET)

    assert world.farmer.name in vet.get("/parties/?q=王大").text
    assert "没有找到" in vet.get("/parties/?q=没有这个人").text
    assert "王大明" in vet.get("/parties/").text


def test_places_are_listed_by_kind(login_as: LoginAs, world: World) -> None:
    farmer = login_as(Role.FARMER)

    assert "小海牲畜交易市场" in farmer.get("/holdings/?kind=market").text
    assert "王大明家" not in farmer.get("/holdings/?kind=market").text
    assert "没有这类场所" in farmer.get("/holdings/?kind=cutting").text
    assert holdings.get(world.session, world.home.ref).name in farmer.get("/holdings/").text


@pytest.mark.parametrize("words", ["小海", "xhz"])
def test_a_township_is_found_by_name_initials_or_code(login_as: LoginAs, words: str) -> None:
    assert "小海镇" in login_as(Role.FARMER).get("/regions/", query_string={"q": words}).text


def test_the_county_knows_what_it_was_before(login_as: LoginAs) -> None:
    farmer = login_as(Role.FARMER)

    page = farmer.get("/regions/520526").text

    assert "522427" in page
    assert farmer.get("/regions/999999").status_code == 404
    assert "彝族回族苗族自治县" in farmer.get("/regions/?q=520526").text
    assert "没有这个地方" in farmer.get("/regions/?q=999999").text
    assert "41 个乡镇" in farmer.get("/regions/").text


def test_a_photo_comes_back_as_it_was_kept(login_as: LoginAs) -> None:
    farmer = login_as(Role.FARMER)
    sent = farmer.post(
        "/api/evidence/",
        data={"file": (io.BytesIO(camera()), "牛.jpg"), "title": "牛犊"},
        content_type="multipart/form-data",
    ).json
    assert sent is not None

    page = farmer.get(f"/evidence/{sent['ref']}")
    file = farmer.get(f"/evidence/{sent['ref']}/file")

    assert sent["sha256"] in page.text
    assert sha256(file.data).hexdigest() == sent["sha256"]
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    stranger = login_as(Role.FARMER, party=login_as.world.party("李四"))
    assert stranger.get(f"/evidence/{sent['ref']}/file").status_code == 404


def test_a_weight_shows_the_frames_it_rests_on(login_as: LoginAs, world: World) -> None:
    sale = sold(world, world.at_market(world.animal()))
    assert sale.weighing is not None

    page = login_as(Role.MARKET_OPERATOR).get(f"/weighings/{sale.weighing.ref}").text

    assert sale.weighing.frames_sha256.hex() in page
    assert "原始报文" in page
    unknown = login_as(Role.MARKET_OPERATOR).get("/api/movements/movement:" + "0" * 32)
    assert unknown.json is not None
    assert unknown.json["code"] == "movement.not_found"


def test_many_parties_come_page_by_page(login_as: LoginAs, world: World) -> None:
    vet = login_as(Role.OFFICIAL_VET)
    for number in range(30):
        world.party(f"赶场户{number:02d}")

    first, second = (vet.get(f"/parties/?q=赶场户&page={page}").text for page in (1, 2))

    assert "共 30 条" in first
    assert "赶场户00" in first
    assert "赶场户29" not in first
    assert "赶场户29" in second


def test_a_place_is_found_by_part_of_its_name(login_as: LoginAs) -> None:
    farmer = login_as(Role.FARMER)

    assert "小海牲畜交易市场" in farmer.get("/holdings/?q=牲畜").text
    assert "王大明家" not in farmer.get("/holdings/?q=牲畜").text
    assert "没有找到" in farmer.get("/holdings/?q=没有这里").text


def test_the_animals_of_a_place_are_listed_from_its_page(login_as: LoginAs, world: World) -> None:
    vet, here = login_as(Role.OFFICIAL_VET), world.animal()
    elsewhere = world.animal(holding=world.holding(HoldingKind.FARM, "育肥场"))

    page = vet.get(f"/holdings/{world.home.ref}").text
    listed = vet.get(f"/animals/?holding={world.home.ref}").text

    assert f"/animals/?holding={world.home.ref}" in page
    assert here.ref in listed
    assert elsewhere.ref not in listed
    assert vet.get(f"/animals/?holding=holding:{'0' * 32}").status_code == 404
