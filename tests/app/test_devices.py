"""The market's equipment: devices and their credentials, scales and their verification, weights."""

import html
import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.auth.roles import Role
from devices import credentials, devices, inbox, pairing
from devices.credentials import Account
from devices.edge.config import load
from devices.inbox import Arrived, SetAside
from devices.messages import Reading, ReadingKind, format_reading
from devices.pairing import PairingState
from devices.simulator.equipment import allflex
from tests import selling
from tests.logins import PASSWORD, LoginAs
from tests.world import World
from traceability import instruments, weighings
from traceability.animals import Animal
from traceability.holdings import HoldingKind
from traceability.weighings import Weighing

FORM = {
    "code": "xh-scale-02",
    "kind": "scale",
    "format": "yaohua-0",
    "crate": "2号称",
    "division_g": "500",
    "max_kg": "2000",
}


@pytest.fixture
def manager(login_as: LoginAs) -> FlaskClient:
    return login_as(Role.MARKET_MANAGER)


def form(world: World, **changes: str) -> dict[str, str]:
    return {**FORM, "holding": world.market.ref, **changes}


def registered(manager: FlaskClient, world: World, **changes: str) -> str:
    """The address of a device that was just registered."""
    answer = manager.post("/devices/new", data=form(world, **changes))
    assert answer.status_code == 303, answer.text
    return answer.location


def password_on(page: str) -> str:
    found = re.search(r"<code data-password>([0-9a-f]{40})</code>", page)
    assert found
    return found[1]


def lets_in(world: World, code: str, password: str) -> bool:
    account = Account(code, password)
    return credentials.admitted(world.session, account, at=world.at) is not None


def test_a_scale_is_registered_and_let_in_with_a_password_shown_once(
    manager: FlaskClient, world: World
) -> None:
    address = registered(manager, world)

    issued = manager.post(f"{address}/credential")
    again = manager.get(address)

    assert issued.status_code == 201
    password = password_on(issued.text)
    assert lets_in(world, "xh-scale-02", password)
    assert password not in again.text
    assert "<svg" in issued.text


def test_the_box_at_the_crate_understands_what_it_is_given(
    manager: FlaskClient, world: World, tmp_path: Path
) -> None:
    page = manager.post(f"{registered(manager, world)}/credential").text

    told = re.search(r"<pre>(.*?)</pre>", page, re.DOTALL)
    assert told
    file = tmp_path / "edge.json"
    file.write_text(html.unescape(told[1]), "utf-8")
    box = load(file)
    assert box.ports[0].device == "xh-scale-02"
    assert box.ports[0].rule.division_g == 500
    assert box.ports[0].secret() == password_on(page)


def test_the_box_of_an_indicator_that_only_answers_is_told_to_ask(
    manager: FlaskClient, world: World, tmp_path: Path
) -> None:
    address = registered(manager, world, format="yaohua-command")

    page = manager.post(f"{address}/credential").text

    told = re.search(r"<pre>(.*?)</pre>", page, re.DOTALL)
    assert told
    file = tmp_path / "edge.json"
    file.write_text(html.unescape(told[1]), "utf-8")
    assert load(file).ports[0].ask_ms == 200


def test_an_uploaded_capture_gets_suggestions_and_registers_nothing(
    manager: FlaskClient, world: World
) -> None:
    capture = b"".join(b"ST,GS,+00%03d.5kg\r\n" % kg for kg in (12, 268, 425, 431, 75, 300, 211, 9))

    page = manager.post("/devices/probe", data={"capture": (io.BytesIO(capture), "capture.bin")})

    assert page.status_code == 200
    assert "A&amp;D 标准格式" in page.text
    assert "/devices/new?kind=scale&amp;format=and" in page.text
    assert devices.everything(world.session) == []


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        ("02 2B 30 30 34 32 35 35 31 31 43 03", 200, "yaohua-0"),
        ("FFFEFD80", 200, "波特率"),
        ("022", 422, "十六进制"),
        ("", 422, "请选择抓包文件"),
    ],
)
def test_bytes_may_be_pasted_in_hexadecimal(
    manager: FlaskClient, text: str, status: int, words: str
) -> None:
    page = manager.post("/devices/probe", data={"hex": text})

    assert page.status_code == status
    assert words in page.text


def test_a_new_password_ends_the_old_one_and_a_revoked_one_lets_nobody_in(
    manager: FlaskClient, world: World
) -> None:
    address = registered(manager, world)
    first = password_on(manager.post(f"{address}/credential").text)

    second = password_on(manager.post(f"{address}/credential").text)

    assert not lets_in(world, "xh-scale-02", first)
    assert lets_in(world, "xh-scale-02", second)
    assert manager.post(f"{address}/revoke").status_code == 303
    assert not lets_in(world, "xh-scale-02", second)
    assert manager.post(f"{address}/revoke").status_code == 404


def test_a_retired_device_gets_no_password(manager: FlaskClient, world: World) -> None:
    address = registered(manager, world)
    manager.post(f"{address}/credential")

    manager.post(f"{address}/retire")
    answer = manager.post(f"{address}/credential")

    assert answer.status_code == 409
    assert "已停用，不能发放凭证" in answer.text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"code": "Scale 2"}, "3至32位小写字母"),
        ({"code": "platform"}, "3至32位小写字母"),
        ({"format": "allflex"}, "没有 allflex 这种格式"),
        ({"division_g": ""}, "须填写分度值"),
        ({"division_g": "半公斤"}, "应为整数"),
        ({"kind": ""}, "请填写"),
        ({"max_kg": "9" * 30}, "数值超出范围"),
    ],
)
def test_a_device_nobody_can_read_is_refused(
    manager: FlaskClient, world: World, changes: dict[str, str], sentence: str
) -> None:
    answer = manager.post("/devices/new", data=form(world, **changes))

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "2号称" in answer.text


def test_a_code_is_given_once(manager: FlaskClient, world: World) -> None:
    registered(manager, world)

    answer = manager.post("/devices/new", data=form(world))

    assert answer.status_code == 409
    assert "已被使用" in answer.text


def test_nobody_puts_a_device_at_another_mans_market(manager: FlaskClient, world: World) -> None:
    away = world.holding(HoldingKind.MARKET, "别处市场", region="520527")

    assert manager.post("/devices/new", data=form(world, holding=away.ref)).status_code == 404


def test_the_list_tells_what_became_of_every_message(manager: FlaskClient, world: World) -> None:
    selling.install(world)
    selling.on_crate(world)
    inbox.store(world.session, [Arrived(selling.SCALE.code, b"{}")], at=world.at)

    page = manager.get("/devices/").text

    assert selling.SCALE.code in page
    assert selling.READER.code in page
    assert f'href="/devices/set-aside?device={selling.SCALE.code}"' in page
    assert "还没有消息" not in page


def aside(world: World, code: str, payload: bytes) -> SetAside:
    inbox.store(world.session, [Arrived(code, payload)], at=world.at)
    found = world.session.query(SetAside).filter_by(code=code).one()
    assert isinstance(found, SetAside)
    return found


def heard(world: World) -> bytes:
    """A good tag message."""
    said = Reading(
        boot=1,
        seq=1,
        kind=ReadingKind.TAG,
        format="allflex",
        at=world.at,
        frames=(allflex("156000000000017"),),
        eid="156000000000017",
    )
    return format_reading(said)


def test_a_message_set_aside_is_replayed_once_its_reason_is_gone(
    login_as: LoginAs, manager: FlaskClient, world: World
) -> None:
    message = aside(world, "xh-reader-09", heard(world))
    administrator = login_as(Role.ADMINISTRATOR)
    assert "设备未登记或已停用" in administrator.get("/devices/set-aside").text

    too_early = administrator.post(f"/devices/set-aside/{message.id}/replay")
    registered(manager, world, code="xh-reader-09", kind="reader", format="allflex")
    answer = manager.post(f"/devices/set-aside/{message.id}/replay")
    again = manager.post(f"/devices/set-aside/{message.id}/replay")

    assert too_early.status_code == 409  # inbox.still_refused
    assert "设备未登记或已停用" in too_early.text
    assert answer.status_code == 303
    assert again.status_code == 409  # inbox.replayed
    assert "已重放" in manager.get("/devices/set-aside").text


def test_a_message_kept_in_part_is_shown_but_not_replayed(
    manager: FlaskClient, world: World
) -> None:
    registered(manager, world)
    message = aside(world, "xh-scale-02", b"<script>" * 1000)

    page = manager.get("/devices/set-aside?device=xh-scale-02").text
    answer = manager.post(f"/devices/set-aside/{message.id}/replay")

    assert "不能重放" in page
    assert "<script><script>" not in page
    assert answer.status_code == 409  # inbox.cut


def ambiguous(world: World) -> Animal:
    """An animal that was weighed while another tag was read as well."""
    selling.install(world)
    animal = world.at_market(world.tagged(world.animal()))
    world.later(seconds=30)
    assert animal.eid
    selling.hear_tag(world, animal.eid, at=world.at - timedelta(seconds=3))
    selling.hear_tag(world, "156000000099999", at=world.at - timedelta(seconds=2))
    selling.hear_weight(world)
    selling.pair(world)
    return animal


def test_a_weight_nobody_can_assign_is_closed_by_a_person(
    manager: FlaskClient, world: World
) -> None:
    animal = ambiguous(world)
    (case,) = pairing.open_cases(world.session, world.market.ref)

    page = manager.get("/devices/cases").text
    answer = manager.post(f"/devices/cases/{case.id}/settle")
    again = manager.post(f"/devices/cases/{case.id}/settle")

    assert "两个以上电子耳标" in page
    assert answer.status_code == 303
    assert again.status_code == 409
    assert pairing.get(world.session, case.id).state is PairingState.SETTLED
    assert not weighings.of_animal(world.session, animal)
    assert "没有待确认的称重" in manager.get("/devices/cases").text


def test_a_scale_becomes_a_legal_instrument_and_is_verified(
    manager: FlaskClient, world: World
) -> None:
    registered(manager, world)
    assert "还有 1 台地磅没有登记" in manager.get("/instruments/").text

    made = manager.post(
        "/instruments/new", data={"device_code": "xh-scale-02", "serial_no": "A9-2026-002"}
    )
    before = manager.get("/instruments/").text
    answer = manager.post(
        made.location,
        data={
            "certificate_no": "黔计检 2026-0200",
            "verified_on": world.today.isoformat(),
            "valid_until": (world.today + timedelta(days=300)).isoformat(),
        },
    )

    assert made.status_code == answer.status_code == 303
    assert "未检定" in before
    scale = instruments.by_device(world.session, "xh-scale-02")
    assert (scale.division_g, scale.max_g) == (500, 2_000_000)
    assert scale.verified_at(world.at)
    page = manager.get(answer.location).text
    assert "检定有效" in page
    assert "黔计检 2026-0200" in page


@pytest.mark.parametrize(
    ("valid_days", "word"), [(365, "检定有效"), (20, "快到期"), (0, "快到期"), (-1, "检定过期")]
)
def test_the_list_says_how_long_a_scale_may_weigh(
    manager: FlaskClient, world: World, valid_days: int, word: str
) -> None:
    world.scale(valid_days=valid_days)

    assert word in manager.get("/instruments/").text


def test_a_verification_that_cannot_be_is_refused(manager: FlaskClient, world: World) -> None:
    scale = world.scale()
    tomorrow = (world.today + timedelta(days=1)).isoformat()

    answer = manager.post(
        f"/instruments/{scale.ref}/verify",
        data={"certificate_no": "1", "verified_on": tomorrow, "valid_until": tomorrow},
    )

    assert answer.status_code == 422  # instrument.bad_period
    assert "检定日期应不晚于今天" in answer.text


def test_a_scale_is_sealed_checked_stopped_and_released_by_an_inspector(
    manager: FlaskClient, login_as: LoginAs, world: World
) -> None:
    scale = world.scale()
    address = f"/instruments/{scale.ref}"
    sealed = {"seal_no": "铅封 0117", "setup_count": "12"}
    weights = {"test_weight_g": "20000", "shown_g": "20000", "permitted_g": "500"}

    assert manager.post(f"{address}/seal", data=sealed).status_code == 303
    assert "今天未核查" in manager.get("/instruments/").text
    assert manager.post(f"{address}/check", data={**sealed, **weights}).status_code == 303
    assert "检定有效" in manager.get("/instruments/").text
    assert "砝码 20.0 公斤，示值 20.0 公斤，正常" in manager.get(address).text
    broken = {**sealed, **weights, "seal_no": "铅封 9999"}
    stopped = manager.post(f"{address}/check", data=broken, follow_redirects=True)

    assert "封印变了：这台秤从现在起不能用于贸易结算" in stopped.text
    assert manager.get(f"{address}/release").status_code == 403
    inspector = login_as(Role.REGULATOR)
    seen = {"seal_no": "铅封 0301", "setup_count": "13", "reason": "维修后重新检定，已核对"}
    assert inspector.post(f"{address}/release", data=seen).status_code == 303
    assert scale.for_trade(world.at)
    assert inspector.post(f"{address}/release", data=seen).status_code == 409


@pytest.mark.parametrize(
    ("act", "form"),
    [
        ("seal", {"seal_no": "", "setup_count": "x"}),
        ("check", {"seal_no": "铅封 0117", "setup_count": "12", "test_weight_g": "0"}),
        (
            "check",  # instrument.not_sealed
            {
                "seal_no": "铅封 0117",
                "setup_count": "12",
                "test_weight_g": "20000",
                "shown_g": "20000",
                "permitted_g": "500",
            },
        ),
    ],
)
def test_a_check_that_says_too_little_is_asked_again(
    manager: FlaskClient, world: World, act: str, form: dict[str, str]
) -> None:
    answer = manager.post(f"/instruments/{world.scale().ref}/{act}", data=form)

    assert answer.status_code == 422


def test_a_device_is_one_instrument_only(manager: FlaskClient, world: World) -> None:
    registered(manager, world)
    told = {"device_code": "xh-scale-02", "serial_no": "A9-2026-002"}
    manager.post("/instruments/new", data=told)

    again = manager.post("/instruments/new", data=told)
    unknown = manager.post("/instruments/new", data={**told, "device_code": "no-such"})

    assert again.status_code == 409  # instrument.device_in_use
    assert unknown.status_code == 404


def weight(world: World) -> Weighing:
    """A weight that came over the crate."""
    selling.install(world)
    animal = selling.on_crate(world)
    return weighings.of_animal(world.session, animal)[0]


def test_the_weights_of_a_market_are_listed_with_their_frames(
    manager: FlaskClient, world: World
) -> None:
    weighed = weight(world)

    listed = manager.get("/weighings/?day=today").text
    page = manager.get(f"/weighings/{weighed.ref}").text

    assert weighed.ref in listed
    assert "425.5" in listed
    assert "与登记的指纹一致" in page
    assert "02 2b" in page  # the first bytes of a Yaohua frame
    assert selling.SCALE.code in page


def test_the_weights_of_one_animal_are_found_by_its_tag(manager: FlaskClient, world: World) -> None:
    weighed = weight(world)

    found = manager.get("/weighings/", query_string={"q": weighed.animal.ear_tag})
    wrong = manager.get("/weighings/?q=12")

    assert weighed.ref in found.text
    assert wrong.status_code == 422
    assert "15 位" in wrong.text
    world.later(days=1)
    assert weighed.ref not in manager.get("/weighings/?day=today").text


def annulling(login_as: LoginAs, **changes: str) -> dict[str, str]:
    second = login_as.account(Role.MARKET_OPERATOR)
    return {
        "reason": "牛没有站稳",
        "second_login": second.login,
        "second_password": PASSWORD,
        **changes,
    }


def test_a_weight_is_annulled_by_two_people(
    login_as: LoginAs, manager: FlaskClient, world: World
) -> None:
    weighed = weight(world)

    answer = manager.post(f"/weighings/{weighed.ref}/annul", data=annulling(login_as))
    page = manager.get(f"/weighings/{weighed.ref}").text

    assert answer.status_code == 303
    assert "已作废" in page
    assert f"/weighings/{weighed.ref}/annul" not in page
    assert "已作废" in manager.get("/weighings/").text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"second_password": "不对的密码啊"}, "登录名、密码或动态码不对"),
        ({"reason": ""}, "请填写"),
        ({"second_login": ""}, "请填写"),
    ],
)
def test_one_person_alone_annuls_nothing(
    login_as: LoginAs,
    manager: FlaskClient,
    world: World,
    changes: dict[str, str],
    sentence: str,
) -> None:
    weighed = weight(world)

    answer = manager.post(f"/weighings/{weighed.ref}/annul", data=annulling(login_as, **changes))

    assert answer.status_code == 422
    assert sentence in answer.text
    assert weighings.get(world.session, weighed.ref).annulled_at is None


def test_nobody_signs_as_his_own_second_person(login_as: LoginAs, world: World) -> None:
    weighed = weight(world)
    myself = login_as.account(Role.MARKET_MANAGER, login="myself")
    client = login_as.app.test_client()
    client.post("/login", data={"login": myself.login, "password": PASSWORD})

    answer = client.post(
        f"/weighings/{weighed.ref}/annul", data=annulling(login_as, second_login="myself")
    )

    assert answer.status_code == 422
    assert "另一个人" in answer.text


def test_another_markets_equipment_looks_like_none(manager: FlaskClient, world: World) -> None:
    here = world.market
    world.market = world.holding(HoldingKind.MARKET, "别处市场", region="520527")
    weighed = weight(world)
    theirs = devices.by_code(world.session, selling.SCALE.code)
    message = aside(world, selling.SCALE.code, b"{}")
    world.market = here

    for address, code in (
        (f"/devices/{theirs.ref}", "device.not_found"),
        (f"/instruments/{weighed.instrument.ref}", "instrument.not_found"),
        (f"/weighings/{weighed.ref}", "weighing.not_found"),
    ):
        told = manager.get(address, headers={"Accept": "application/json"})
        assert (told.status_code, told.get_json()["code"]) == (404, code)
    told = manager.post(
        f"/devices/set-aside/{message.id}/replay", headers={"Accept": "application/json"}
    )
    assert (told.status_code, told.get_json()["code"]) == (404, "inbox.not_found")
    for listing in ("/devices/", "/instruments/", "/weighings/", "/devices/set-aside"):
        assert selling.SCALE.code not in manager.get(listing).text
