"""The operator's desk: what stands on the crate, what stops Enter, one sale once, its undoing."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from app import database, whoami
from app.auth.roles import Role
from app.desk import crates, feed
from app.factory import Platform
from app.schemas.sales import parse_yuan
from app.web.demo import REQUEST_FILE
from devices.live import LiveFrames
from market.sales import closing, records
from tests import selling
from tests.devices.yard import gateway_settings
from tests.logins import LoginAs
from tests.world import World
from traceability import animals, treatments, weighings
from traceability.animals import Animal
from traceability.base.errors import RuleViolation
from traceability.holdings import HoldingKind

QUERIES_MAX = 46  # a whole panel: card, verdict with isolations, reference price, counts


@pytest.fixture
def desk(world: World, login_as: LoginAs) -> FlaskClient:
    """The operator at a desk whose crate has a reader and a verified scale."""
    selling.install(world)
    return login_as(Role.MARKET_OPERATOR)


def shown(desk: FlaskClient, **query: str) -> dict[str, Any]:
    answer = desk.get("/desk/panel", query_string=query, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.get_json()
    return told


def stops(desk: FlaskClient, **query: str) -> list[str]:
    return [stop["code"] for stop in shown(desk, **query)["stops"]]


def offer(world: World, panel: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "client_key": "0b0f7a4e-desk-2",
        "crate": selling.CRATE,
        "weighing": panel["weighing"],
        "buyer": world.buyer.ref,
        "price": "26.80",
        "price_unit": "per_kg",
        **changes,
    }


def code(answer: Any) -> str:
    return str(answer.get_json()["code"])


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_c: object, _k: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield said
    event.remove(engine, "before_cursor_execute", note)


def test_an_empty_crate_says_so(desk: FlaskClient) -> None:
    page = desk.get("/desk/")

    assert page.status_code == 200
    assert "称上还没有牛" in page.text
    assert stops(desk) == ["nobody"]


def test_a_weighed_animal_stands_there_with_card_and_verdict(
    desk: FlaskClient, world: World
) -> None:
    animal = selling.on_crate(world)

    panel = shown(desk)

    assert panel["stops"] == []
    assert panel["animal"] == animal.ref
    assert panel["weight_g"] == 425_500
    assert "可售" in panel["card"]
    assert "王大明" in panel["card"]
    assert "检定至" in panel["scale"]


def test_a_tag_without_a_stable_weight_shows_the_animal_and_stops_the_sale(
    desk: FlaskClient, world: World
) -> None:
    animal = world.at_market(world.tagged(world.animal()))
    selling.hear_tag(world, animal.eid or "")

    panel = shown(desk)

    assert panel["animal"] == animal.ref
    assert [stop["code"] for stop in panel["stops"]] == ["moving"]


def test_the_next_animals_tag_takes_the_place_of_the_one_before(
    desk: FlaskClient, world: World
) -> None:
    selling.on_crate(world)
    following = world.at_market(world.tagged(world.animal()))
    world.later(seconds=20)
    selling.hear_tag(world, following.eid or "")

    panel = shown(desk)

    assert panel["animal"] == following.ref
    assert panel["weighing"] is None


@pytest.mark.parametrize(
    ("eids", "sentence", "todo"),
    [
        (("156000000099999",), "电子耳标没有登记", "照耳标输入印刷号"),
        (("156000000000001", "156000000000002"), "两个以上电子耳标", "再单独上称一次"),
        ((), "没有读到电子耳标", "照耳标输入号码"),
    ],
)
def test_what_cannot_be_paired_waits_for_a_person_and_says_what_to_do(
    desk: FlaskClient, world: World, eids: tuple[str, ...], sentence: str, todo: str
) -> None:
    for eid in eids:
        selling.hear_tag(world, eid)
    selling.hear_weight(world)
    world.later(seconds=15)
    selling.pair(world)

    (stop,) = shown(desk)["stops"]

    assert sentence in stop["sentence"]
    assert todo in stop["todo"]


def test_a_dead_animals_tag_is_shown_with_its_reason(desk: FlaskClient, world: World) -> None:
    animal = world.at_market(world.tagged(world.animal()))
    animals.report_death(
        world.session,
        animal,
        cause="难产",
        disposal="无害化处理",
        at=world.at,
        by=world.operator,
    )
    selling.cross(world, animal)

    assert "死亡" in json.dumps(shown(desk)["stops"], ensure_ascii=False)


def test_a_scale_past_its_verification_weighs_no_trade(world: World, login_as: LoginAs) -> None:
    selling.install(world, valid_days=-1)
    desk = login_as(Role.MARKET_OPERATOR)
    selling.on_crate(world)

    panel = shown(desk)
    answer = desk.post("/desk/sales", json=offer(world, panel))

    assert {stop["code"] for stop in panel["stops"]} >= {"red", "not_for_trade"}
    assert "检定有效期" in panel["card"]
    assert answer.status_code == 422
    assert "instrument.verified" in answer.text


def test_an_animal_from_elsewhere_has_no_entry_and_is_not_sold(
    desk: FlaskClient, world: World
) -> None:
    selling.cross(world, world.tagged(world.animal()))

    panel = shown(desk)
    answer = desk.post("/desk/sales", json=offer(world, panel))

    assert "not_here" in [stop["code"] for stop in panel["stops"]]
    assert answer.status_code == 422
    assert code(answer) == "sale.not_here"


def test_an_open_withdrawal_period_is_amber_for_a_keeper_and_red_for_an_abattoir(
    desk: FlaskClient, world: World
) -> None:
    world.holding(HoldingKind.ABATTOIR, "李记屠宰场", keeper=world.buyer)
    animal = selling.on_crate(world)
    treatments.treat(
        world.session,
        animal,
        drug="土霉素注射液",
        dose="10 毫升",
        given_on=world.today,
        at=world.at,
        by=world.village_vet,
    )

    keeping, slaughter = shown(desk), shown(desk, buyer=world.buyer.ref)
    answer = desk.post("/desk/sales", json=offer(world, keeping))

    assert keeping["stops"] == []
    assert "可转饲养" in keeping["card"]
    assert [stop["code"] for stop in slaughter["stops"]] == ["red"]
    assert "兽药管理条例" in slaughter["card"]
    assert answer.status_code == 422
    assert "withdrawal.slaughter" in answer.text


def test_enter_registers_the_sale_with_its_weight(desk: FlaskClient, world: World) -> None:
    animal = selling.on_crate(world)

    answer = desk.post("/desk/sales", json=offer(world, shown(desk)))
    after = shown(desk)

    assert answer.status_code == 201, answer.text
    assert answer.get_json()["amount_fen"] == 1_140_340
    assert after["sold"] == 1
    assert after["last_sale"]["ref"] == answer.get_json()["ref"]
    assert [stop["code"] for stop in after["stops"]] == ["sold"]
    sale = records.open_sale(world.session, animal)
    assert sale is not None
    assert sale.state.value == "weighed"


def test_the_same_key_again_is_the_same_sale(desk: FlaskClient, world: World) -> None:
    selling.on_crate(world)
    told = offer(world, shown(desk))

    first, again = (desk.post("/desk/sales", json=told) for _ in range(2))
    third = desk.post("/desk/sales", json=told, headers={"Idempotency-Key": "a-new-header"})

    assert first.status_code == again.status_code == third.status_code == 201
    assert first.get_json() == again.get_json() == third.get_json()
    assert shown(desk)["sold"] == 1


def test_a_key_serves_one_sale_only(desk: FlaskClient, world: World) -> None:
    selling.on_crate(world)
    told = offer(world, shown(desk))

    desk.post("/desk/sales", json=told)
    other = desk.post("/desk/sales", json={**told, "price": "27.00"})

    assert other.status_code == 409
    assert code(other) == "sale.key_reused"


def test_two_desks_sell_the_same_animal_only_once(
    desk: FlaskClient, world: World, login_as: LoginAs
) -> None:
    selling.on_crate(world)
    other = login_as(Role.MARKET_MANAGER)
    told = offer(world, shown(desk))

    answers = [
        desk.post("/desk/sales", json=told),
        other.post("/desk/sales", json={**told, "client_key": "another-desk"}),
    ]

    assert [answer.status_code for answer in answers] == [201, 409]
    assert code(answers[1]) == "sale.already_sold"


def test_two_desks_at_the_very_same_moment_sell_it_once(
    desk: FlaskClient, world: World, login_as: LoginAs
) -> None:
    selling.on_crate(world)
    told = offer(world, shown(desk))
    browsers = [login_as(Role.MARKET_OPERATOR), login_as(Role.MARKET_MANAGER)]
    world.session.commit()
    gate, found = threading.Barrier(2), []

    def sell(browser: FlaskClient, key: str) -> None:
        gate.wait()
        answer = FlaskClient.open(
            browser, "/desk/sales", method="POST", json={**told, "client_key": key}
        )
        found.append(answer.status_code)

    threads = [
        threading.Thread(target=sell, args=(browser, f"desk-{number}"))
        for number, browser in enumerate(browsers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(found) == [201, 409]


def test_what_no_longer_stands_on_the_crate_is_not_sold_by_mistake(
    desk: FlaskClient, world: World
) -> None:
    first = selling.on_crate(world)
    told = offer(world, shown(desk))
    selling.on_crate(world)

    mistaken = desk.post("/desk/sales", json=told)
    meant = desk.post("/desk/sales", json={**told, "typed": True})

    assert mistaken.status_code == 409
    assert code(mistaken) == "desk.other_animal"
    assert meant.status_code == 201
    assert records.open_sale(world.session, first) is not None


@pytest.mark.parametrize(
    ("price", "sentence"),
    [
        ("12.345", "最多到分"),
        ("0", "大于 0"),
        ("1000000000", "单价太大"),
        ("99999", "合理范围"),
        ("二十六", "应为数字"),
        ("", "请填写"),
    ],
)
def test_a_price_nobody_agreed_on_is_refused_in_chinese(
    desk: FlaskClient, world: World, price: str, sentence: str
) -> None:
    selling.on_crate(world)

    answer = desk.post("/desk/sales", json=offer(world, shown(desk), price=price))

    assert answer.status_code == 422
    assert sentence in answer.text


def test_full_width_digits_are_a_price(desk: FlaskClient, world: World) -> None:
    selling.on_crate(world)

    told = offer(world, shown(desk), price="１３．４０", price_unit="per_jin")
    answer = desk.post("/desk/sales", json=told)

    assert answer.get_json()["amount_fen"] == 1_140_340


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ("26.805", "sale.price_too_fine"),
        ("0.00", "sale.price_zero"),
        ("12345678901", "sale.price_too_high"),
        ("1e3", "sale.price_not_a_number"),
    ],
)
def test_each_bad_price_has_its_own_refusal(typed: str, refusal: str) -> None:
    with pytest.raises(RuleViolation) as refused:
        parse_yuan(typed)

    assert refused.value.code == refusal


def test_the_owner_cannot_buy_his_own_animal(desk: FlaskClient, world: World) -> None:
    selling.on_crate(world)

    answer = desk.post("/desk/sales", json=offer(world, shown(desk), buyer=world.farmer.ref))

    assert answer.status_code == 422
    assert code(answer) == "sale.own_animal"


def test_yesterdays_weight_settles_nothing_today(desk: FlaskClient, world: World) -> None:
    animal = world.at_market(world.tagged(world.animal()))
    selling.cross(world, animal)
    weight = weighings.of_animal(world.session, animal)[0]
    world.later(days=1)

    told = offer(world, {"weighing": weight.ref}, typed=True)
    answer = desk.post("/desk/sales", json=told)

    assert answer.status_code == 422
    assert code(answer) == "sale.old_weight"


def test_a_weight_of_another_market_is_no_weight_here(desk: FlaskClient, world: World) -> None:
    here = world.market
    world.market = world.holding(HoldingKind.MARKET, "别处市场", keeper=world.office)
    away = world.scale("away-scale")
    world.market = here
    weight = world.weighed(world.at_market(world.animal()), away)

    answer = desk.post("/desk/sales", json=offer(world, {"weighing": weight.ref}, typed=True))

    assert answer.status_code == 404
    assert code(answer) == "weighing.not_found"


def test_a_typed_tag_shows_card_and_weight_but_sells_nothing_unweighed(
    desk: FlaskClient, world: World
) -> None:
    unweighed = world.at_market(world.tagged(world.animal()))
    weighed = selling.on_crate(world)

    without = shown(desk, tag=unweighed.ear_tag)
    having = shown(desk, tag=f" {weighed.ear_tag[:7]} {weighed.ear_tag[7:]}")

    assert [stop["code"] for stop in without["stops"]] == ["moving"]
    assert "可售" in without["card"]
    assert having["weighing"] is not None
    assert having["stops"] == []


@pytest.mark.parametrize(("tag", "status"), [("25205260000001", 422), ("252052699999999", 404)])
def test_a_wrong_tag_is_answered_in_chinese(desk: FlaskClient, tag: str, status: int) -> None:
    answer = desk.get(
        "/desk/panel", query_string={"tag": tag}, headers={"Accept": "application/json"}
    )

    assert answer.status_code == status
    assert answer.get_json()["detail"]


def waiting_weight(desk: FlaskClient, world: World) -> tuple[Animal, int]:
    """An animal without an electronic tag has stood on the crate."""
    animal = world.at_market(world.animal())
    selling.hear_weight(world)
    world.later(seconds=15)
    selling.pair(world)
    return animal, shown(desk)["case"]


def test_a_weight_without_a_tag_is_given_to_the_animal_whose_tag_was_read_by_eye(
    desk: FlaskClient, world: World
) -> None:
    animal, case = waiting_weight(desk, world)
    told = {"crate": selling.CRATE, "case": case, "ear_tag": animal.ear_tag}

    given = desk.post("/desk/weighings", json=told)
    again = desk.post("/desk/weighings", json=told)
    panel = shown(desk)

    assert given.status_code == 201, given.text
    assert again.status_code == 409
    assert code(again) in {"weighing.reading_used", "pairing.not_open"}
    assert panel["animal"] == animal.ref
    assert panel["stops"] == []


def test_a_weight_between_two_tags_is_given_to_nobody(desk: FlaskClient, world: World) -> None:
    animal = world.at_market(world.tagged(world.animal()))
    selling.hear_tag(world, animal.eid or "")
    selling.hear_tag(world, "156000000000002")
    selling.hear_weight(world)
    selling.pair(world)
    case = shown(desk)["case"]

    told = {"crate": selling.CRATE, "case": case, "ear_tag": animal.ear_tag}
    answer = desk.post("/desk/weighings", json=told)
    unknown = desk.post("/desk/weighings", json={**told, "case": 999})

    assert answer.status_code == 422
    assert code(answer) == "pairing.not_assignable"
    assert code(unknown) == "pairing.not_found"


def test_the_last_sale_is_undone_with_a_reason_and_the_weight_is_free_again(
    desk: FlaskClient, world: World
) -> None:
    selling.on_crate(world)
    told = offer(world, shown(desk))
    sale = desk.post("/desk/sales", json=told).get_json()["ref"]

    silent = desk.post("/desk/undo", json={"sale": sale, "reason": " "})
    undone = desk.post("/desk/undo", json={"sale": sale, "reason": "价格输错"})
    again = desk.post("/desk/sales", json={**told, "client_key": "second", "price": "27"})

    assert silent.status_code == 422
    assert undone.get_json()["state"] == "cancelled"
    assert again.status_code == 201


def test_a_paid_sale_is_not_undone(desk: FlaskClient, world: World) -> None:
    animal = selling.on_crate(world)
    sale = selling.sold(world, weighings.of_animal(world.session, animal)[0])
    closing.receive_cash(world.session, sale, at=world.at, by=world.operator)

    answer = desk.post("/desk/undo", json={"sale": sale.ref, "reason": "价格输错"})

    assert answer.status_code == 409
    assert code(answer) == "sale.wrong_state"


def test_the_reference_price_needs_five_sales(desk: FlaskClient, world: World) -> None:
    cards = []
    for _ in range(6):
        animal = selling.on_crate(world)
        cards.append("参考价" in shown(desk)["card"])
        selling.sold(world, weighings.of_animal(world.session, animal)[0])

    assert cards == [False] * 5 + [True]


def test_buyers_are_found_by_name_and_telephone(desk: FlaskClient, world: World) -> None:
    found = desk.get("/desk/buyers", query_string={"q": "李记"}).get_json()
    nothing = desk.get("/desk/buyers", query_string={"q": "没有这个人"}).get_json()

    assert [each["ref"] for each in found] == [world.buyer.ref]
    assert nothing == []


def test_the_page_asks_only_for_what_is_new(desk: FlaskClient, world: World) -> None:
    selling.on_crate(world)
    version = shown(desk)["version"]

    same = desk.get("/desk/panel", query_string={"since": version})
    selling.on_crate(world)
    changed = desk.get("/desk/panel", query_string={"since": version})

    assert same.status_code == 204
    assert changed.get_json()["version"] != version


def test_a_panel_costs_a_bounded_number_of_queries(
    app: Platform, desk: FlaskClient, world: World
) -> None:
    for _ in range(4):
        animal = selling.on_crate(world)
        selling.sold(world, weighings.of_animal(world.session, animal)[0])
    selling.on_crate(world)
    with app.app_context():
        used = database.engine()

    with counted(used) as said:
        shown(desk, buyer=world.buyer.ref)

    assert len(said) <= QUERIES_MAX


@pytest.mark.parametrize("path", ["/desk/", "/desk/panel", "/desk/stream", "/gate/"])
def test_whoever_works_at_no_market_has_no_desk(login_as: LoginAs, path: str) -> None:
    homeless = login_as(Role.MARKET_OPERATOR, grants=())

    answer = homeless.get(path, headers={"Accept": "application/json"})

    assert answer.status_code == 404
    assert code(answer) == "desk.no_market"


def test_a_crate_the_market_does_not_have_is_refused(desk: FlaskClient) -> None:
    answer = desk.get("/desk/panel?crate=9号称", headers={"Accept": "application/json"})

    assert code(answer) == "desk.no_crate"


@pytest.mark.parametrize("role", [Role.FARMER, Role.CASHIER, Role.REGULATOR, Role.BUYER])
def test_only_the_markets_operators_sell(login_as: LoginAs, role: Role) -> None:
    other = login_as(role)

    assert other.get("/desk/").status_code == 403
    assert other.post("/desk/sales", json={}).status_code == 403


def listening(app: Platform) -> LiveFrames:
    """Live frames that no broker feeds, so that no thread is left behind."""
    live = LiveFrames(gateway_settings(1, part="test"), app.extensions[whoami.CLOCK])
    app.extensions[feed.LIVE] = live
    return live


def test_the_stream_names_what_is_new_once_and_goes_on_after_a_lost_link(
    app: Platform, world: World
) -> None:
    listening(app)
    selling.install(world)
    selling.on_crate(world)
    world.session.commit()
    with app.app_context():
        crate = crates.of_market(world.session, world.market)[0]

    fresh = feed.stream(app, crate, world.market.id, known="")
    said = [next(fresh) for _ in range(3)]
    version = said[1].split(b"id: ")[1].split(b"\n")[0].decode()
    resumed = feed.stream(app, crate, world.market.id, known=version)
    heard = [next(resumed) for _ in range(2)]
    selling.on_crate(world)
    world.session.commit()
    news = next(resumed)

    assert said[0] == b"retry: 3000\n\n"
    assert said[2].startswith(b"event: live")
    assert version != news.split(b"id: ")[1].split(b"\n")[0].decode()
    assert heard[1].startswith(b"event: live")
    assert news.startswith(b"event: changed")


def test_a_stream_has_its_headers_and_its_place(app: Platform, desk: FlaskClient) -> None:
    listening(app)

    answer = desk.get("/desk/stream", buffered=False)

    assert answer.content_type.startswith("text/event-stream")
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert answer.headers["Cache-Control"] == "no-cache"
    answer.close()


def test_full_streams_send_the_page_back_to_asking(
    app: Platform, desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    listening(app)
    monkeypatch.setattr(feed, "streams", feed.Streams(limit=0))

    answer = desk.get("/desk/stream", headers={"Accept": "application/json"})

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert code(answer) == "desk.streams_full"


def test_the_demonstration_leads_the_next_unsold_animal_to_the_crate(
    app: Platform, desk: FlaskClient, world: World
) -> None:
    sold = selling.on_crate(world)
    selling.sold(world, weighings.of_animal(world.session, sold)[0])
    waiting = world.at_market(world.tagged(world.animal()))
    run_dir = app.extensions["platform.settings"].run_dir

    answer = desk.post("/demo/step", json={"crate": selling.CRATE})
    asked = json.loads((run_dir / REQUEST_FILE).read_text("utf-8"))

    assert answer.status_code == 202
    assert asked["eid"] == waiting.eid
    assert asked["weight_g"] % 500 == 0
    assert 300_000 < asked["weight_g"] < 600_000


def test_the_demonstration_says_when_nobody_is_left(desk: FlaskClient) -> None:
    answer = desk.post("/demo/step", json={})

    assert answer.status_code == 404
    assert code(answer) == "demo.nobody_left"


def test_what_was_weighed_long_ago_no_longer_stands_there(desk: FlaskClient, world: World) -> None:
    selling.on_crate(world)
    world.at += timedelta(minutes=21)
    world.record_at(world.at)

    assert stops(desk) == ["nobody"]


def test_a_new_buyer_is_registered_without_leaving_the_desk(desk: FlaskClient) -> None:
    page = desk.get("/desk/").text
    told = {"name": "远方来的老板", "phone": "13800138000", "kind": "person"}

    made = desk.post("/api/parties/", json=told)

    assert 'data-url="/api/parties/"' in page
    assert made.status_code == 201
    assert made.get_json()["ref"] in desk.get("/desk/buyers?q=远方").text
    wrong = desk.post("/api/parties/", json={**told, "phone": "138"})
    assert wrong.status_code == 422
