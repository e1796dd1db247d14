import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.conformance.__main__ import answer
from app.conformance.suites import SUITES
from market.payments import wechat
from market.payments.wechat import Keys, Notification, read_notification
from tests.market.payments.gateway import APIV3_KEY, PAID, SERIAL, Gateway
from traceability.base.errors import RuleViolation

NOW = datetime(2026, 11, 21, 22, 12, 4, tzinfo=UTC)
AT = int(NOW.timestamp()) - 1


@pytest.fixture(scope="module")
def gateway() -> Gateway:
    return Gateway()


def keys_of(gateway: Gateway, secret: bytes = APIV3_KEY) -> Keys:
    return Keys(secret, {SERIAL: wechat.public_key(gateway.pem)})


def read(
    gateway: Gateway, body: bytes | None = None, *, at: int = AT, **headers: str | None
) -> Notification:
    body = gateway.body() if body is None else body
    written = gateway.headers(body, at=at)
    for name, value in headers.items():
        spelled = name.replace("_", "-")
        written = {key: old for key, old in written.items() if key.lower() != spelled}
        if value is not None:
            written[spelled] = value
    return read_notification(written, body, now=NOW, keys=keys_of(gateway))


def refusal(gateway: Gateway, body: bytes | None = None, **how: Any) -> str:
    with pytest.raises(RuleViolation) as caught:
        read(gateway, body, **how)
    return caught.value.code


def test_a_genuine_notification_says_what_was_paid(gateway: Gateway) -> None:
    found = read(gateway)

    assert found.id == "EV-2018022511223320873"
    assert found.event_type == "TRANSACTION.SUCCESS"
    assert found.resource == PAID
    assert "resource" not in found.body


def test_a_repeat_carries_the_same_id(gateway: Gateway) -> None:
    assert read(gateway, at=AT).id == read(gateway, at=AT - 15).id


@pytest.mark.parametrize("seconds", [-300, 299])
def test_five_minutes_either_way_are_fresh(gateway: Gateway, seconds: int) -> None:
    assert read(gateway, at=int(NOW.timestamp()) + seconds).resource == PAID


@pytest.mark.parametrize(
    "ago", [timedelta(minutes=5, seconds=2), timedelta(days=2), timedelta(minutes=-6)]
)
def test_a_recorded_notification_cannot_be_played_again(gateway: Gateway, ago: timedelta) -> None:
    assert refusal(gateway, at=int((NOW - ago).timestamp())) == "payment.stale"


def test_a_tampered_body_is_refused(gateway: Gateway) -> None:
    body = gateway.body()
    headers = gateway.headers(body, at=AT)
    for changed in (body.replace(b"SUCCESS", b"CLOSED!"), body + b" ", body[:-1]):
        with pytest.raises(RuleViolation) as caught:
            read_notification(headers, changed, now=NOW, keys=keys_of(gateway))
        assert caught.value.code == "payment.bad_signature"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("wechatpay_serial", "PUB_KEY_ID_unknown", "payment.unknown_serial"),
        ("wechatpay_serial", None, "payment.header_missing"),
        ("wechatpay_timestamp", None, "payment.header_missing"),
        ("wechatpay_timestamp", str(AT - 1), "payment.bad_signature"),
        ("wechatpay_timestamp", "١٢٣", "payment.bad_signature"),
        ("wechatpay_nonce", "another", "payment.bad_signature"),
        ("wechatpay_nonce", "", "payment.header_missing"),
        ("wechatpay_signature", "WECHATPAY/SIGNTEST/abc", "payment.bad_signature"),
        ("wechatpay_signature", "AAAA", "payment.bad_signature"),
        ("wechatpay_signature_type", "WECHATPAY2-SM2-WITH-SM3", "payment.bad_signature"),
    ],
)
def test_a_header_that_is_not_the_providers_is_refused(
    gateway: Gateway, name: str, value: str | None, code: str
) -> None:
    headers: dict[str, Any] = {name: value}
    assert refusal(gateway, **headers) == code


def test_the_key_of_somebody_else_signs_nothing(gateway: Gateway) -> None:
    body = gateway.body()
    forged = Gateway().headers(body, at=AT)
    with pytest.raises(RuleViolation) as caught:
        read_notification(forged, body, now=NOW, keys=keys_of(gateway))
    assert caught.value.code == "payment.bad_signature"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "payment.malformed"),
        (b"[]", "payment.malformed"),
        (b"{}", "payment.malformed"),
        (b"[" * 10_000, "payment.malformed"),
        (b" " * (wechat.BODY_BYTES_MAX + 1), "payment.malformed"),
    ],
    ids=["empty", "list", "object", "deep", "long"],
)
def test_a_signed_body_that_is_no_notification_is_refused(
    gateway: Gateway, body: bytes, code: str
) -> None:
    assert refusal(gateway, body) == code


def test_what_another_secret_sealed_stays_closed(gateway: Gateway) -> None:
    assert refusal(gateway, gateway.body(secret=b"f" * 32)) == "payment.undecipherable"
    assert refusal(gateway, gateway.body(["no object"])) == "payment.undecipherable"
    assert refusal(gateway, gateway.body(id=7)) == "payment.malformed"


@given(at=st.integers(0, 2000), bit=st.integers(0, 7))
def test_every_bit_of_a_notification_is_watched(gateway: Gateway, at: int, bit: int) -> None:
    body = gateway.body()
    changed = bytearray(body)
    changed[at % len(body)] ^= 1 << bit
    with pytest.raises(RuleViolation):
        read_notification(
            gateway.headers(body, at=AT), bytes(changed), now=NOW, keys=keys_of(gateway)
        )


def test_the_suite_answers_every_line(gateway: Gateway) -> None:
    body = gateway.body()
    line = {
        "id": 7,
        "provider": "wechat",
        "headers": gateway.headers(body, at=AT),
        "body": body.decode(),
        "now": "2026-11-22T06:12:04+08:00",
        "keys": {"apiv3_key": APIV3_KEY.decode(), "public_keys": {SERIAL: gateway.pem}},
    }

    def ask(**changed: object) -> dict[str, object]:
        return answer(SUITES["pay-callback"], json.dumps({**line, **changed}).encode())

    found = ask()
    assert found["id"] == 7
    assert found["event"]["resource"] == PAID  # type: ignore[index]  # an object
    assert ask(now=AT + 1) == found
    assert ask(body=None, body_hex=body.hex()) == found
    assert ask(now=AT + 172_800)["error"] == "payment.stale"
    assert ask(provider="bank")["error"] == "unknown_provider"
    for name, value in [
        ("now", "2026-11-22T06:12:04"),
        ("now", 10**30),
        ("headers", {"Wechatpay-Nonce": 1}),
        ("keys", {}),
        ("keys", {"apiv3_key": "short", "public_keys": {}}),
        ("keys", {"apiv3_key": APIV3_KEY.decode(), "public_keys": {SERIAL: "no key"}}),
        ("body", 7),
    ]:
        assert ask(**{name: value})["error"] == "bad_input", name
