"""短信和微信: only what somebody chose, in the providers' own formats, nothing claimed early."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from app import config
from app.auth.accounts import Account
from app.auth.roles import Role
from app.config import ConfigurationError
from app.factory import SETTINGS, Platform
from app.notices import aliyun, deliveries, due, notices, providers
from app.notices.aliyun import AliyunSms
from app.notices.channels import Adapter, Channel
from app.notices.deliveries import DeliveryState, NoticeDelivery
from app.notices.wechat import WechatTemplate
from tests.app.gateways import APP_ID, KEY_ID, SECRET, Gateway
from tests.app.programs import ProgramOf, code
from tests.logins import LoginAs
from tests.world import World
from traceability import parties
from traceability.base.db import reading

OPENID = "o6_bmjrPTlm6_2sgVt7hMZOPfL2M"
PHONE = "13800138000"
HOME = "https://trace.example.gov.cn"


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    made = Gateway()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def adapters(gateway: Gateway, world: World) -> Mapping[Channel, Adapter]:
    def now() -> datetime:
        return world.at

    return {
        Channel.SMS: AliyunSms(
            gateway.url, KEY_ID, SECRET, "威宁肉牛", "SMS_1", now=now, timeout_s=0.3
        ),
        Channel.WECHAT: WechatTemplate(gateway.url, APP_ID, SECRET, "TM_1", now=now, timeout_s=0.3),
    }


@pytest.fixture
def farmer(login_as: LoginAs, world: World) -> Account:
    """A farmer whose certificate is about to expire."""
    account = login_as.account(Role.FARMER)
    parties.change_phone(world.session, world.farmer, phone=PHONE, at=world.at, by=world.farmer)
    world.certified(world.animal())
    return account


def told(world: World, account: Account, *channels: Channel) -> None:
    """The farmer chooses, and the morning's scan tells."""
    addresses = {Channel.SMS: "", Channel.WECHAT: OPENID}
    chosen = {channel: addresses[channel] for channel in channels}
    deliveries.choose(world.session, account.id, chosen)
    assert due.scan(world.session, at=world.at) == 1
    world.session.commit()


def sent(world: World, adapters: Mapping[Channel, Adapter]) -> list[tuple[str, int, str]]:
    """State, attempts and words of every message, after what is due was sent."""
    deliveries.send_all(world.engine, adapters, public_url=HOME, now=lambda: world.at)
    with reading(world.engine) as session:
        rows = session.scalars(select(NoticeDelivery).order_by(NoticeDelivery.id))
        return [(row.state.value, row.attempts, row.words) for row in rows]


def test_the_signature_is_the_one_of_the_makers_example() -> None:
    headers = aliyun.signed(
        {
            "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
            "RegionId": "cn-shanghai",
        },
        host="ecs.cn-shanghai.aliyuncs.com",
        action="RunInstances",
        version="2014-05-26",
        key_id="YourAccessKeyId",
        secret="YourAccessKeySecret",
        at=datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
        nonce="3156853299f313e23d1673dc12e1703d",
    )

    assert headers["Authorization"].endswith(
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


@pytest.mark.parametrize("channel", list(Channel))
def test_a_message_says_what_there_is_and_nothing_of_anybody(
    world: World,
    farmer: Account,
    gateway: Gateway,
    adapters: Mapping[Channel, Adapter],
    channel: Channel,
) -> None:
    told(world, farmer, channel)

    (found,) = sent(world, adapters)

    assert found[:2] == ("sent", 1)
    (message,) = gateway.taken
    text = str(message)
    assert "检疫证明今明到期" in text
    assert (PHONE if channel is Channel.SMS else OPENID) in text
    assert not [word for word in ("王大明", "2520526", "52052600") if word in text]
    assert sent(world, adapters) == [found]
    assert len(gateway.taken) == 1


def test_who_chose_nothing_is_sent_nothing(
    world: World, farmer: Account, gateway: Gateway, adapters: Mapping[Channel, Adapter]
) -> None:
    told(world, farmer)

    assert sent(world, adapters) == []
    assert gateway.asked == []
    assert notices.unread(world.session, farmer.id) == 1


@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize(
    ("fault", "words"), [("silent", "不知道收到没有"), ("500", "暂时不收"), ("limit", "暂时不收")]
)
def test_what_may_go_better_is_tried_again_later(
    world: World,
    farmer: Account,
    gateway: Gateway,
    adapters: Mapping[Channel, Adapter],
    channel: Channel,
    fault: str,
    words: str,
) -> None:
    told(world, farmer, channel)
    if channel is Channel.WECHAT:
        gateway.faults.append("")  # the token is given
    gateway.faults.append(fault)

    (first,) = sent(world, adapters)
    (too_soon,) = sent(world, adapters)
    world.later(minutes=1)
    (second,) = sent(world, adapters)

    assert first[:2] == too_soon[:2] == ("waiting", 1)
    assert words in first[2]
    assert second[:2] == ("sent", 2)
    assert len(gateway.taken) == 1


def test_after_six_attempts_it_is_given_up_and_not_called_sent(
    world: World, farmer: Account, gateway: Gateway, adapters: Mapping[Channel, Adapter]
) -> None:
    told(world, farmer, Channel.SMS)
    gateway.faults.extend(["500"] * 9)

    found = []
    for minutes in (0, *deliveries.BACKOFF, 600):
        world.later(minutes=minutes)
        found = sent(world, adapters)

    assert [each[:2] for each in found] == [("given_up", 6)]
    assert gateway.taken == []


@pytest.mark.parametrize("channel", list(Channel))
def test_a_wrong_secret_is_told_as_it_is(
    world: World,
    farmer: Account,
    gateway: Gateway,
    adapters: Mapping[Channel, Adapter],
    channel: Channel,
) -> None:
    told(world, farmer, channel)
    gateway.secret = "another"

    (found,) = sent(world, adapters)

    assert found[0] == "refused"
    assert ("SignatureDoesNotMatch" if channel is Channel.SMS else "40125") in found[2]
    assert gateway.taken == []


@pytest.mark.parametrize("channel", list(Channel))
def test_a_number_that_does_not_exist_is_not_tried_again(
    world: World,
    farmer: Account,
    gateway: Gateway,
    adapters: Mapping[Channel, Adapter],
    channel: Channel,
) -> None:
    told(world, farmer, channel)
    if channel is Channel.WECHAT:
        gateway.faults.append("")
    gateway.faults.append("bad number")

    sent(world, adapters)
    world.later(hours=1)
    (found,) = sent(world, adapters)

    assert found[:2] == ("refused", 1)


def test_an_answer_lost_on_its_way_reaches_wechat_once(
    world: World, farmer: Account, gateway: Gateway, adapters: Mapping[Channel, Adapter]
) -> None:
    told(world, farmer, Channel.WECHAT)
    gateway.faults.extend(["", "answer lost"])

    (first,) = sent(world, adapters)
    world.later(minutes=1)
    (second,) = sent(world, adapters)

    assert (first[0], second[0]) == ("waiting", "sent")
    assert len(gateway.taken) == 1


def test_a_stale_token_is_replaced_and_the_message_goes(
    world: World, farmer: Account, gateway: Gateway, adapters: Mapping[Channel, Adapter]
) -> None:
    told(world, farmer, Channel.WECHAT)
    sent(world, adapters)
    gateway.token = "token-2"
    world.later(days=1)
    world.certified(world.animal())
    told(world, farmer, Channel.WECHAT)

    found = sent(world, adapters)

    assert [each[:2] for each in found] == [("sent", 1), ("sent", 1)]
    assert gateway.asked.count("/cgi-bin/stable_token") == 2


def test_a_worker_killed_in_the_middle_leaves_it_to_be_tried_again(
    world: World, farmer: Account, gateway: Gateway, adapters: Mapping[Channel, Adapter]
) -> None:
    class Killed(BaseException):
        pass

    class Dies:
        def send(self, message: object) -> None:
            raise Killed

    told(world, farmer, Channel.SMS)

    with pytest.raises(Killed):
        sent(world, {Channel.SMS: Dies()})  # type: ignore[dict-item]  # it never answers
    assert sent(world, adapters)[0][0] == "waiting"
    world.later(minutes=5)

    assert sent(world, adapters)[0][0] == "sent"
    assert len(gateway.taken) == 1


def test_what_was_switched_off_or_is_a_day_old_is_not_sent(
    world: World, farmer: Account, gateway: Gateway, adapters: Mapping[Channel, Adapter]
) -> None:
    told(world, farmer, Channel.SMS)
    deliveries.choose(world.session, farmer.id, {})
    world.session.commit()
    assert "已关闭短信提醒" in sent(world, adapters)[0][2]

    world.later(days=1)
    world.certified(world.animal())
    told(world, farmer, Channel.SMS)
    world.later(days=2)

    assert "超过一天没有发出" in sent(world, adapters)[1][2]
    assert gateway.taken == []


def test_without_a_provider_nothing_is_called_sent(world: World, farmer: Account) -> None:
    told(world, farmer, Channel.SMS)

    assert sent(world, {}) == [("refused", 1, "平台还没有开通短信")]


def configured(folder: Path, **changes: str) -> dict[str, str]:
    secret = folder / "sms.key"
    secret.write_text(SECRET + "\n")
    return {
        "DATA_DIR": str(folder),
        "SMS_ACCESS_KEY_ID": KEY_ID,
        "SMS_ACCESS_KEY_SECRET_FILE": str(secret),
        "SMS_SIGN_NAME": "威宁肉牛",
        "SMS_TEMPLATE_CODE": "SMS_1",
        **changes,
    }


def test_a_channel_is_off_unless_all_of_it_is_configured(tmp_path: Path, world: World) -> None:
    def now() -> datetime:
        return world.at

    bare = config.load({"DATA_DIR": str(tmp_path)})
    whole = config.load(configured(tmp_path))
    half = {name: v for name, v in configured(tmp_path).items() if name != "SMS_SIGN_NAME"}

    with pytest.raises(ConfigurationError) as refusal:
        config.load(half)

    assert providers.adapters(bare, now=now) == {}
    (sms,) = providers.adapters(whole, now=now).values()
    assert isinstance(sms, AliyunSms)
    assert (sms.endpoint, sms.secret) == ("https://dysmsapi.aliyuncs.com", SECRET)
    assert refusal.value.faults == ["设置了 SMS_ 开头的变量，就还要设置 SMS_SIGN_NAME"]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"SMS_ENDPOINT": "file:///etc/passwd"}, "SMS_ENDPOINT 应为 https 网址"),
        ({"SMS_ACCESS_KEY_SECRET_FILE": "/nowhere/key"}, "密钥文件 /nowhere/key 不存在"),
    ],
)
def test_a_wrong_configuration_does_not_start(
    tmp_path: Path, changes: Mapping[str, str], fault: str
) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        config.load(configured(tmp_path, **changes))

    assert refusal.value.faults == [fault]


def test_a_person_chooses_on_the_own_page(
    app: Platform, login_as: LoginAs, world: World, tmp_path: Path
) -> None:
    client = login_as(Role.FARMER)
    assert "平台还没有开通短信和微信" in client.get("/notices/channels").text
    app.extensions[SETTINGS] = config.load(configured(tmp_path))
    account = world.session.scalars(select(Account)).one()

    no_phone = client.post("/notices/channels", data={"channels": "sms"})
    wrong = client.post("/notices/channels", data={"channels": "wechat", "openid": "me"})
    parties.change_phone(world.session, world.farmer, phone=PHONE, at=world.at, by=world.farmer)
    done = client.post("/notices/channels", data={"channels": "sms"})

    assert (no_phone.status_code, wrong.status_code, done.status_code) == (422, 422, 303)
    assert "还没有登记手机号" in no_phone.text
    assert "OPENID" in wrong.text
    assert deliveries.chosen_by(world.session, account.id) == {Channel.SMS: ""}
    assert "checked" in client.get("/notices/channels").text


def test_the_list_says_what_became_of_a_message(
    login_as: LoginAs, world: World, adapters: Mapping[Channel, Adapter], gateway: Gateway
) -> None:
    client = login_as(Role.FARMER)
    account = world.session.scalars(select(Account)).one()
    world.certified(world.animal())
    told(world, account, Channel.WECHAT)
    gateway.faults.extend(["", "500"])
    sent(world, adapters)

    assert "微信等发送（微信暂时不收消息（500））" in client.get("/notices/").text
    world.later(minutes=1)
    sent(world, adapters)

    assert "微信已交出（微信已受理）" in client.get("/notices/").text


def test_a_program_chooses_and_reads_what_became(
    program_of: ProgramOf, world: World, adapters: Mapping[Channel, Adapter]
) -> None:
    farmer = program_of(Role.FARMER)
    account = world.session.scalars(select(Account)).one()
    world.certified(world.animal())

    refused = farmer.post("/api/notices/channels", {"channels": ["wechat"]})
    no_phone = farmer.post("/api/notices/channels", {"channels": ["sms"]})
    chosen = farmer.post("/api/notices/channels", {"channels": ["wechat"], "openid": OPENID})
    due.scan(world.session, at=world.at)
    world.session.commit()
    sent(world, adapters)
    listed = farmer.get("/api/notices/").json

    assert code(refused) == (422, "notice.bad_openid")
    assert code(no_phone) == (422, "notice.no_phone")
    assert chosen.json == {"chosen": ["wechat"], "open": []}
    assert farmer.get("/api/notices/channels").json == chosen.json
    assert listed is not None
    assert [each["state"] for each in listed["rows"][0]["deliveries"]] == [DeliveryState.SENT]
    assert account.id
