"""A vehicle's journey on the pages and through the API: who may do what, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.auth.roles import Role
from app.notices import due
from app.notices.notices import Notice, NoticeKind
from tests import photos
from tests.app.programs import ProgramOf, code
from tests.app.test_today import counts
from tests.logins import LoginAs
from tests.world import World
from traceability import carriers, movements
from traceability.animals import Animal, AnimalState
from traceability.carriers import FilingKind
from traceability.consignments import landing, loading, records, road
from traceability.consignments.records import Consignment, ConsignmentState, LossKind
from traceability.quarantine.certificates import Certificate

PLATE = "贵F12345"


@pytest.fixture
def farmer(login_as: LoginAs) -> FlaskClient:
    return login_as(Role.FARMER)


def papered(world: World, *herd: Animal, **changes: Any) -> Certificate:
    paper = world.certified(*herd, **changes)
    world.session.commit()
    return paper


def told(world: World) -> dict[str, Any]:
    return {"at": world.at, "by": world.farmer}


def sent(world: World, *herd: Animal) -> Consignment:
    found = loading.open_one(world.session, world.certified(*herd), plate=PLATE, **told(world))
    loading.load(world.session, found, [each.ear_tag for each in herd], **told(world))
    loading.depart(world.session, found, **told(world))
    world.session.commit()
    return found


def arrived(world: World, animal: Animal) -> Consignment:
    found = sent(world, animal)
    landing.unload(world.session, found, [animal.ear_tag], **told(world))
    world.session.commit()
    return found


def of(world: World, paper: Certificate) -> Consignment | None:
    world.session.expire_all()
    return records.of_certificate(world.session, paper)


def test_a_keeper_loads_and_sends_and_the_market_lets_off(
    login_as: LoginAs, farmer: FlaskClient, world: World
) -> None:
    first, second = world.animal(), world.animal()
    paper = papered(world, first, second)

    made = farmer.post(f"/certificates/{paper.ref}/consignment", data={"plate": "贵f·12345"})
    page = made.location
    cleaned = farmer.post(
        f"{page}/disinfect",
        data={
            "when": "before_loading",
            "agent": "过氧乙酸",
            "place": "小海洗消点",
            "done_by": "周师傅",
        },
    )
    scanned = f"{first.ear_tag}\n{second.ear_tag}，"
    loaded = farmer.post(f"{page}/load", data={"tags": scanned})
    agreed = farmer.get(page).text
    gone = farmer.post(f"{page}/depart")
    market = login_as(Role.MARKET_OPERATOR)
    came = market.post(f"{page}/unload", data={"tags": scanned})
    after = market.get(page).text
    reported = market.post(f"{page}/report", data={"end": "destination"})
    also = farmer.post(f"{page}/report", data={"end": "origin"})

    answers = (made, cleaned, loaded, gone, came, reported, also)
    assert [each.status_code for each in answers] == [303] * 7
    assert "一头不差" in agreed
    assert "断料断水" in agreed
    assert "落地报告" in after
    found = of(world, paper)
    assert found is not None
    assert (
        found.origin_reported_at
        == found.destination_reported_at
        == world.at.replace(
            microsecond=found.origin_reported_at.microsecond if found.origin_reported_at else 0
        )
    )
    assert first.holding_id == second.holding_id == world.market.id


def test_a_certificate_offers_a_consignment_that_asks_for_disinfection(
    farmer: FlaskClient, world: World
) -> None:
    paper = papered(world, world.animal(), plate=PLATE)

    offered = farmer.get(f"/certificates/{paper.ref}").text
    asked = farmer.get(f"/certificates/{paper.ref}/consignment").text
    page = farmer.post(f"/certificates/{paper.ref}/consignment", data={"plate": PLATE}).location

    assert "建运输批次" in offered
    assert PLATE in asked
    assert "没有装车前消毒记录" in farmer.get(page).text
    assert "看运输批次" in farmer.get(f"/certificates/{paper.ref}").text


def test_a_loading_that_does_not_agree_names_the_animals_and_stays(
    farmer: FlaskClient, world: World
) -> None:
    mine, stranger = world.animal(), world.animal()
    paper = papered(world, mine)
    page = farmer.post(f"/certificates/{paper.ref}/consignment", data={"plate": PLATE}).location

    early = farmer.post(f"{page}/depart")
    garbled = farmer.post(f"{page}/load", data={"tags": "12345"})
    farmer.post(f"{page}/load", data={"tags": f"{mine.ear_tag} {stranger.ear_tag}"})
    shown = farmer.get(page).text
    refused = farmer.post(f"{page}/depart")

    assert (early.status_code, garbled.status_code, refused.status_code) == (422, 422, 422)
    assert "先扫一遍车上的耳标" in early.text
    assert "对不上的牛" in shown
    assert "不在检疫证明上" in refused.text
    found = of(world, paper)
    assert found is not None
    assert found.state is ConsignmentState.LOADING
    assert mine.holding_id == world.home.id


def test_a_vehicle_and_a_certificate_serve_once(farmer: FlaskClient, world: World) -> None:
    found = sent(world, world.animal())
    other = papered(world, world.animal())

    busy = farmer.post(f"/certificates/{other.ref}/consignment", data={"plate": PLATE})
    used = farmer.post(
        f"/certificates/{found.certificate.ref}/consignment", data={"plate": "贵F54321"}
    )

    assert busy.status_code == used.status_code == 409
    assert "一车一证" in busy.text
    assert "一份证明只运一趟" in used.text
    assert of(world, other) is None


def test_a_loss_needs_its_photograph_and_the_animal_follows(
    farmer: FlaskClient, world: World
) -> None:
    animal = world.animal()
    found = sent(world, animal)
    page = f"/consignments/{found.ref}"
    form = {"kind": "death", "ear_tag": animal.ear_tag, "where": "K12", "how": "车门松开"}

    bare = farmer.post(f"{page}/lose", data=form)
    taken = farmer.post(f"{page}/lose", data={**form, "photograph": photos.upload("现场.jpg")})
    shown = farmer.get(page).text
    road = farmer.get("/movements/?stretch=road").text

    assert (bare.status_code, taken.status_code) == (422, 303)
    assert "请先拍照" in bare.text
    assert "车门松开" in shown
    world.session.expire_all()
    assert animal.state is AnimalState.DEAD
    assert f"/animals/{animal.ref}" not in road


def test_a_vet_stamps_and_a_farmer_may_not(
    login_as: LoginAs, farmer: FlaskClient, world: World
) -> None:
    found = sent(world, world.animal())
    page, vet = f"/consignments/{found.ref}", login_as(Role.OFFICIAL_VET)
    form = {"place": "草海检查站", "passed": "false", "entry_point": "1"}

    silent = vet.post(f"{page}/stamp", data=form)
    stopped = vet.post(f"{page}/stamp", data={**form, "words": "耳标不符"})

    assert (silent.status_code, stopped.status_code) == (422, 303)
    assert farmer.post(f"{page}/stamp", data={**form, "words": "x"}).status_code == 403
    shown = vet.get(page).text
    assert "检查站不放行" in shown
    assert "指定道口" in shown


def test_who_does_not_look_after_the_destination_lets_nobody_off(
    farmer: FlaskClient, world: World
) -> None:
    animal = world.animal()
    found = sent(world, animal)

    refused = farmer.post(f"/consignments/{found.ref}/unload", data={"tags": animal.ear_tag})

    assert refused.status_code == 422
    assert "您管不到那个场所" in refused.text
    world.session.expire_all()
    assert animal.holding_id is None


def test_reports_wait_on_the_first_page_and_are_told_of_until_made(
    login_as: LoginAs, farmer: FlaskClient, world: World
) -> None:
    found = arrived(world, world.animal())
    vet = login_as(Role.OFFICIAL_VET)
    waiting, seen = counts(farmer), counts(vet)
    due.scan(world.session, at=world.at)
    world.session.commit()
    notices = world.session.query(Notice).filter(Notice.kind == NoticeKind.LANDING_DUE).all()

    made = farmer.post(f"/consignments/{found.ref}/report", data={"end": "origin"})

    assert waiting["要作的落地报告"] == seen["要作的落地报告"] == "1车"
    assert [each.subject for each in notices] == [found.ref]
    assert "启运地县" in notices[0].words
    assert made.status_code == 303
    assert "要作的落地报告" not in counts(farmer)


def test_an_overdue_report_is_listed_as_such(login_as: LoginAs, world: World) -> None:
    begun = world.at
    world.at = begun - timedelta(days=5)
    world.record_at(world.at)
    found = arrived(world, world.animal())
    world.at = begun
    world.record_at(begun)
    vet = login_as(Role.OFFICIAL_VET)

    listed = vet.get("/consignments/?leg=overdue").text

    assert PLATE in listed
    assert "超期" in listed
    assert counts(vet)["落地报告超期没报"] == "1车"
    assert PLATE not in vet.get("/consignments/?leg=road").text
    assert "超期没报" in vet.get(f"/consignments/{found.ref}").text


def test_a_consignment_given_up_frees_its_vehicle(farmer: FlaskClient, world: World) -> None:
    paper = papered(world, world.animal())
    address = f"/certificates/{paper.ref}/consignment"
    page = farmer.post(address, data={"plate": PLATE}).location

    silent = farmer.post(f"{page}/cancel", data={"reason": ""})
    done = farmer.post(f"{page}/cancel", data={"reason": "车坏了"})
    again = farmer.post(address, data={"plate": PLATE})

    assert (silent.status_code, done.status_code, again.status_code) == (422, 303, 303)
    assert "车坏了" in farmer.get(page).text


def test_a_program_loads_and_sends(program_of: ProgramOf, world: World) -> None:
    first, second = world.animal(), world.animal()
    paper = papered(world, first, second)
    farmer = program_of(Role.FARMER, party=world.farmer)
    bottle = {"agent": "过氧乙酸", "place": "洗消点", "done_by": "周师傅"}

    made = farmer.post("/api/consignments/", {"certificate": paper.ref, "plate": PLATE})
    path = f"/api/consignments/{made.get_json()['ref']}"
    twice = farmer.post("/api/consignments/", {"certificate": paper.ref, "plate": PLATE})
    early = farmer.post(f"{path}/unload", {"tags": [first.ear_tag]})
    cleaned = farmer.post(f"{path}/disinfect", {"when": "before_loading", **bottle})
    loaded = farmer.post(f"{path}/load", {"tags": [first.ear_tag]})
    gone = farmer.post(f"{path}/depart", {})
    late = farmer.post(f"{path}/cancel", {"reason": "不去了"})

    assert made.status_code == 201
    assert code(twice) == (409, "consignment.certificate_used")
    assert code(early) == (422, "movement.not_your_place")
    assert cleaned.get_json()["disinfections"][0]["agent"] == "过氧乙酸"
    assert [each["ear_tag"] for each in loaded.get_json()["differences"]] == [second.ear_tag]
    assert gone.get_json()["state"] == "on_road"
    assert code(late) == (409, "consignment.out_of_step")


def test_a_program_tells_of_losses_arrival_and_report(program_of: ProgramOf, world: World) -> None:
    first, second = world.animal(), world.animal()
    found = sent(world, first, second)
    photograph = world.photo("现场")
    world.session.commit()
    farmer, vet = program_of(Role.FARMER), program_of(Role.MARKET_OPERATOR)
    path = f"/api/consignments/{found.ref}"
    loss = {"kind": "escape", "ear_tag": second.ear_tag, "place": "K1", "words": "跳车"}

    lost = farmer.post(f"{path}/lose", {**loss, "evidence": photograph.ref})
    again = farmer.post(f"{path}/lose", {**loss, "evidence": photograph.ref})
    came = vet.post(f"{path}/unload", {"tags": [first.ear_tag]})
    reported = vet.post(f"{path}/report", {"end": "destination"})
    repeated = vet.post(f"{path}/report", {"end": "destination"})
    listed = vet.get("/api/consignments/", leg="report").get_json()

    assert lost.get_json()["losses"][0]["loss_kind"] == "escape"
    assert code(again) == (409, "consignment.lost_already")
    assert came.get_json()["gaps"] == {"missing": [], "extra": []}
    assert came.get_json()["hours_unfed"] == 0
    assert reported.status_code == 200
    assert code(repeated) == (409, "consignment.reported")
    assert listed["total"] == 1


def test_a_vehicle_that_is_filed_shows_its_carrier_the_journey(
    login_as: LoginAs, world: World
) -> None:
    found = sent(world, world.animal())
    mine = world.party("运输户周")
    carriers.file(
        world.session,
        FilingKind.VEHICLE,
        carrier=mine,
        number="备 1",
        plate=PLATE,
        filed_from=world.today,
        filed_until=None,
        at=world.at,
        by=world.vet,
    )
    world.session.commit()
    carrier = login_as(Role.CARRIER, party=mine)
    stranger = login_as(Role.PROCESSOR, party=world.party("别的屠宰场"), grants=())

    hidden = stranger.get(f"/api/consignments/{found.ref}")

    assert PLATE in carrier.get("/consignments/").text
    assert carrier.get(f"/consignments/{found.ref}").status_code == 200
    assert hidden.get_json()["code"] == "consignment.not_found"
    assert PLATE not in stranger.get("/consignments/").text


def test_a_certificate_with_an_open_consignment_leads_to_it_and_departs_nobody_by_hand(
    farmer: FlaskClient, program_of: ProgramOf, world: World
) -> None:
    animal = world.animal()
    paper = papered(world, animal)
    before = farmer.get(f"/certificates/{paper.ref}").text
    page = farmer.post(f"/certificates/{paper.ref}/consignment", data={"plate": PLATE}).location

    shown = farmer.get(f"/certificates/{paper.ref}").text
    stale = farmer.post(f"/certificates/{paper.ref}/depart", data={})
    wanted = {"animal": animal.ref, "destination": world.market.ref}
    asked = program_of(Role.FARMER, party=world.farmer).post("/api/movements/departures", wanted)

    assert "登记启运 1 头" in before
    assert "登记启运 1 头" not in shown
    assert f'到运输批次 <span class="whole">{PLATE}</span>' in shown
    assert (stale.status_code, stale.location) == (303, page)
    assert code(asked) == (409, "consignment.departs_together")
    world.session.expire_all()
    assert animal.holding_id == world.home.id


def test_a_consignment_given_up_lets_its_animals_depart_by_hand(
    farmer: FlaskClient, world: World
) -> None:
    animal = world.animal()
    paper = papered(world, animal)
    page = farmer.post(f"/certificates/{paper.ref}/consignment", data={"plate": PLATE}).location
    farmer.post(f"{page}/cancel", data={"reason": "车坏了"})

    gone = farmer.post(f"/certificates/{paper.ref}/depart", data={})

    assert gone.location == f"/certificates/{paper.ref}"
    world.session.expire_all()
    assert animal.holding_id is None


def test_who_was_lost_on_the_road_is_neither_awaited_nor_aboard_the_next_run(
    login_as: LoginAs, world: World
) -> None:
    first, dead, strayed, later = (world.animal() for _ in range(4))
    found = sent(world, first, dead, strayed)
    kinds = {LossKind.DEATH: dead, LossKind.ESCAPE: strayed}
    for kind, animal in kinds.items():
        road.report_loss(
            world.session,
            found,
            kind,
            ear_tag=animal.ear_tag,
            place="K1",
            words="车门松开",
            evidence=world.photo("现场"),
            **told(world),
        )
    world.later(hours=1)
    landing.unload(world.session, found, [first.ear_tag], **told(world))
    world.later(hours=1)
    second = sent(world, later)

    market = login_as(Role.MARKET_OPERATOR)
    counted = market.get(f"/api/certificates/{second.certificate.ref}/counts").get_json()
    carried = {row[0] for row in market.get("/v/packet").get_json()["rows"]}
    regulator = login_as(Role.REGULATOR)
    traced = regulator.get("/api/tracing/", query_string={"q": world.home.name}).get_json()

    odd = {each["ear_tag"] for each in counted["odd"]}
    assert not odd & {dead.ear_tag, strayed.ear_tag}
    assert carried == {first.ear_tag, later.ear_tag}
    awaited = {movements.of_animal(world.session, each)[0].ref for each in (strayed, later)}
    assert set(traced["unarrived"]) == awaited
