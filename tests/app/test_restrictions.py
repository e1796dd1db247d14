"""The regulator's orders on the page: drafted, previewed, given, felt at once, lifted."""

from flask.testing import FlaskClient

from app.auth.accounts import Grant
from app.auth.roles import Role, ScopeKind
from tests.logins import LoginAs
from tests.world import World
from traceability import holdings, restrictions
from traceability.holdings import HoldingKind

FORM = {
    "kind": "outbreak",
    "name": "小海镇封锁区",
    "disease": "口蹄疫",
    "order_no": "威府封〔2026〕1 号",
    "reach": "regions",
    "regions": ["520526104"],
}
ORDER = {
    **{name: told for name, told in FORM.items() if name != "regions"},
    "places": ["520526104"],
}


def waiting(world: World) -> None:
    """A sale, a journey and a certificate that an order would touch."""
    world.certified(world.animal())
    world.declared(world.animal())
    world.at_market(world.animal())


def test_a_regulator_sees_what_an_order_touches_before_it_is_given(
    login_as: LoginAs, world: World
) -> None:
    waiting(world)
    client = login_as(Role.REGULATOR)

    page = client.post("/restrictions/preview", data=FORM)

    assert page.status_code == 200
    assert "还没有发布" in page.text
    assert "未完成的申报" in page.text
    assert 'name="regions" value="520526104"' in page.text
    assert not restrictions.listed(world.session)


def test_an_order_is_given_felt_at_once_and_lifted(login_as: LoginAs, world: World) -> None:
    animal = world.at_market(world.animal())
    client, operator = login_as(Role.REGULATOR), login_as(Role.MARKET_OPERATOR)
    given = client.post("/restrictions/new", data=FORM)
    felt = operator.get(f"/v/{animal.ear_tag}")
    listed = operator.get("/restrictions/")
    silent = client.post(f"{given.location}/lift", data={"reason": " "})
    lifted = client.post(f"{given.location}/lift", data={"reason": "解封令 1 号"})
    after = operator.get(f"/v/{animal.ear_tag}")

    assert given.status_code == lifted.status_code == 303
    assert "小海镇封锁区" in felt.text
    assert "管控中" in listed.text
    assert silent.status_code == 422
    assert "小海镇封锁区" not in after.text
    assert "解除依据：解封令 1 号" in client.get(given.location).text


def test_a_regulator_orders_within_the_own_area_only(login_as: LoginAs, world: World) -> None:
    client = login_as(Role.REGULATOR)

    answer = client.post("/restrictions/new", data={**FORM, "regions": ["520527"]})

    assert answer.status_code == 422
    assert "只能在自己管辖的范围内" in answer.text
    assert not restrictions.listed(world.session)


def test_a_regulator_of_another_county_does_not_lift_the_order(
    login_as: LoginAs, world: World
) -> None:
    given = login_as(Role.REGULATOR).post("/restrictions/new", data=FORM)
    stranger = login_as(Role.REGULATOR, grants=(Grant(ScopeKind.REGION, "520527"),))

    page = stranger.post(f"{given.location}/lift", data={"reason": "解封令 1 号"})
    told = stranger.post(f"/api{given.location}/lift", json={"reason": "解封令 1 号"})

    assert page.status_code == 422
    assert told.get_json()["code"] == "restriction.beyond_area"
    world.session.expire_all()
    assert restrictions.listed(world.session)[0].ends_at is None


def test_places_are_written_by_name_or_farm_code_and_must_be_known_and_unique(
    login_as: LoginAs, world: World
) -> None:
    for _ in range(2):
        world.holding(HoldingKind.FARM, "同名养殖场", keeper=world.farmer)
    client = login_as(Role.REGULATOR)
    sent = {**FORM, "reach": "holdings", "regions": []}

    found = client.post("/restrictions/preview", data={**sent, "holdings": "王大明家\n\n"})
    unknown = client.post("/restrictions/preview", data={**sent, "holdings": "没有的养殖场"})
    twice = client.post("/restrictions/preview", data={**sent, "holdings": "同名养殖场"})

    assert "王大明家" in found.text
    assert "没有找到场所“没有的养殖场”" in unknown.text
    assert "不止一处" in twice.text
    assert "没有的养殖场</textarea>" in unknown.text


def test_a_circle_names_the_places_it_cannot_judge(login_as: LoginAs, world: World) -> None:
    holdings.locate(
        world.session,
        world.home,
        latitude_udeg=26_980_000,
        longitude_udeg=104_280_000,
        at=world.at,
        by=world.office,
    )
    client = login_as(Role.REGULATOR)
    sent = {**FORM, "reach": "radius", "holdings": "王大明家", "radius_km": "3"}

    page = client.post("/restrictions/preview", data=sent)

    assert "以“王大明家”为中心，半径 3 公里" in page.text
    assert "没有登记位置" in page.text
    assert world.market.name in page.text


def test_a_program_previews_orders_and_lifts(login_as: LoginAs, world: World) -> None:
    waiting(world)
    client = login_as(Role.REGULATOR)

    touched = client.post("/api/restrictions/preview", json=ORDER).get_json()
    given = client.post("/api/restrictions/", json=ORDER)
    listed = client.get("/api/restrictions/").get_json()
    shown = client.get(f"/api/restrictions/{given.get_json()['ref']}").get_json()
    foreign = client.post("/api/restrictions/", json={**ORDER, "places": ["520527"]})
    lifted = client.post(f"/api/restrictions/{shown['ref']}/lift", json={"reason": "解封令"})

    assert (touched["animals"], touched["certificates"], touched["declarations"]) == (3, 2, 1)
    assert given.status_code == 201
    assert [each["ref"] for each in listed] == [shown["ref"]]
    assert foreign.get_json()["code"] == "restriction.beyond_area"
    assert lifted.get_json()["lift_reason"] == "解封令"


def test_a_position_is_recorded_for_ones_own_area_and_not_shown(
    login_as: LoginAs, world: World
) -> None:
    vet = login_as(Role.OFFICIAL_VET)
    address = f"/holdings/{world.home.ref}/position"
    told = {"latitude": "２６.９８", "longitude": "104.28"}

    form = vet.get(address)
    answer = vet.post(address, data=told)
    swapped = vet.post(address, data={"latitude": "104.28", "longitude": "26.98"})
    words = vet.post(address, data={"latitude": "北纬", "longitude": "104.28"})
    by_program = vet.post(f"/api{address}", json=told)
    page = vet.get(f"/holdings/{world.home.ref}")

    assert "只用于划定管控和疫情追踪" in form.text
    assert answer.status_code == 303
    assert "经纬度不在中国范围内" in swapped.text
    assert "经纬度应写成" in words.text
    assert by_program.status_code == 200
    world.session.refresh(world.home)
    assert (world.home.latitude_udeg, world.home.longitude_udeg) == (26_980_000, 104_280_000)
    assert "已登记（不公开）" in page.text
    assert "26.98" not in page.text


def test_an_anonymous_visitor_sees_no_order(client: FlaskClient) -> None:
    assert client.get("/restrictions/").status_code in {302, 303, 401}
