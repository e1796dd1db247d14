"""The seller books a market day, the gate counts and numbers; on the pages and through the API."""

from app.auth.roles import Role
from tests.app.programs import ProgramOf, code
from tests.logins import LoginAs
from tests.world import World

TIME = "2026-11-22T08:30"  # the world's morning is 06:12


def form_of(world: World, **changes: str) -> dict[str, str]:
    return {
        "market": world.market.ref,
        "origin": world.home.ref,
        "head": "3",
        "cattle_class": "steer",
        "expected_at": TIME,
        **changes,
    }


def test_the_farmer_books_and_the_gate_gives_a_number(login_as: LoginAs, world: World) -> None:
    farmer, gate = login_as(Role.FARMER), login_as(Role.MARKET_OPERATOR)
    vet = login_as(Role.OFFICIAL_VET)

    offered = farmer.get("/entries/new")
    many = farmer.post("/entries/new", data=form_of(world, head="900"))
    made = farmer.post("/entries/new", data=form_of(world))
    page = made.headers["Location"]
    expected = gate.get("/")
    day = gate.get("/entries/")
    admitted = gate.post(f"{page}/admit", data={"head": "3", "unpapered": "1", "plate": ""})
    again = gate.post(f"{page}/admit", data={"head": "3"})

    assert world.market.name in offered.text
    assert many.status_code == 422
    assert made.status_code == admitted.status_code == 303
    assert "今天预约、还没到场的" in expected.text
    assert "登记到场" in day.text
    assert again.status_code == 409
    assert "1 号" in farmer.get("/entries/").text
    assert "补检 1 头" in gate.get("/entries/").text
    assert "没有消毒" in gate.get(page).text
    assert "等补检" in vet.get("/").text
    assert "补检区" in vet.get(page).text


def test_a_vehicle_that_nobody_booked_is_known_by_one_ear_tag(
    login_as: LoginAs, world: World
) -> None:
    animal, gate = world.animal(), login_as(Role.MARKET_OPERATOR)

    unknown = gate.post("/entries/walk-ins", data={"tag": "123", "head": "2"})
    many = gate.post(
        "/entries/walk-ins", data={"tag": animal.ear_tag, "head": "2", "unpapered": "3"}
    )
    come = gate.post(
        "/entries/walk-ins", data={"tag": animal.ear_tag, "head": "2", "disinfected": "1"}
    )
    shown = gate.get(come.headers["Location"])

    assert unknown.status_code == many.status_code == 422
    assert come.status_code == 303
    assert world.farmer.name in shown.text
    assert "已消毒" in shown.text


def test_a_booking_given_up_is_told_to_both(login_as: LoginAs, world: World) -> None:
    farmer, gate = login_as(Role.FARMER), login_as(Role.MARKET_OPERATOR)
    page = farmer.post("/entries/new", data=form_of(world)).headers["Location"]

    silent = gate.post(f"{page}/cancel", data={})
    cancelled = gate.post(f"{page}/cancel", data={"reason": "明天休市"})

    assert silent.status_code == 422
    assert cancelled.status_code == 303
    assert "明天休市" in farmer.get(page).text
    assert "已取消" in farmer.get("/entries/").text


def test_strangers_see_and_cancel_nothing(login_as: LoginAs, world: World) -> None:
    page = login_as(Role.FARMER).post("/entries/new", data=form_of(world)).headers["Location"]
    stranger = login_as(Role.FARMER, party=world.party("外人"))

    assert stranger.get(page).status_code == 404
    assert stranger.post(f"{page}/cancel", data={}).status_code == 404
    assert stranger.get(f"/entries/?market={world.market.ref}").status_code == 404
    assert stranger.post("/entries/new", data=form_of(world)).status_code == 422


def test_who_only_looks_after_the_region_cancels_nothing(login_as: LoginAs, world: World) -> None:
    page = login_as(Role.FARMER).post("/entries/new", data=form_of(world)).headers["Location"]
    village = login_as(Role.VILLAGE_VET)

    assert village.get(page).status_code == 200
    refused = village.post(f"{page}/cancel", data={"reason": "不来了"})
    assert refused.status_code == 422
    assert "只有卖主和市场能取消" in refused.text  # entry.not_yours
    assert "还没有预约" in village.get("/entries/?own=1").text


def test_a_day_that_is_no_day_is_said_so(login_as: LoginAs) -> None:
    gate = login_as(Role.MARKET_OPERATOR)

    assert "日期应写成" in gate.get("/entries/?day=初一").text
    assert "还没有预约和到场" in gate.get("/entries/?day=2026-11-29").text


def test_the_api_books_admits_and_counts(program_of: ProgramOf, world: World) -> None:
    farmer, gate = program_of(Role.FARMER), program_of(Role.MARKET_OPERATOR)
    animal = world.animal()
    world.session.commit()
    body = {**form_of(world), "head": 3, "expected_at": f"{TIME}:00+08:00"}

    made = farmer.post("/api/entries/", body)
    twice = farmer.post("/api/entries/", {**body, "head": 4})
    url = f"/api/entries/{made.get_json()['ref']}"
    admitted = gate.post(f"{url}/admit", {"head": 2, "unpapered": 0, "disinfected": True})
    late = farmer.post(f"{url}/cancel", {})
    walked = gate.post("/api/entries/walk-ins", {"tag": animal.ear_tag, "head": 1})
    day = gate.get("/api/entries/", market=world.market.ref).get_json()
    totals = gate.get("/api/entries/totals", market=world.market.ref).get_json()

    assert made.status_code == 201, made.text
    assert code(twice) == (409, "entry.already_booked")
    assert admitted.get_json()["gate_no"] == 1
    assert code(late) == (409, "entry.not_booked")
    assert walked.get_json()["gate_no"] == 2
    assert [row["gate_no"] for row in day["rows"]] == [1, 2]
    assert (totals["booked_head"], totals["arrived_head"], totals["walked_in"]) == (3, 3, 1)
    assert farmer.get("/api/entries/").get_json()["total"] == 2
    assert code(farmer.get(f"/api/entries/entry:{'0' * 32}")) == (404, "entry.not_found")
