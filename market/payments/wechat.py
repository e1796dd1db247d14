r"""微信支付通知 · opens a notification of WeChat Pay: signature first, then age, then content.

Wire format: pay.weixin.qq.com, API v3, 支付通知: SHA256-RSA over "timestamp\nnonce\nbody\n", the
resource in AES-256-GCM under the merchant's APIv3 key. A signature keeps for ever, so one that was
made more than five minutes from now is refused: a recorded notification cannot be played again.
Pure: bytes and keys in, a notification out.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_pem_x509_certificate

from traceability.base.errors import RuleViolation

FRESH_FOR = timedelta(minutes=5)
SIGNATURE_TYPE = "WECHATPAY2-SHA256-RSA2048"
ALGORITHM = "AEAD_AES_256_GCM"
APIV3_KEY_BYTES = 32
NONCE_BYTES = 12
BODY_BYTES_MAX = 64 * 1024
TIMESTAMP_DIGITS_MAX = 12


@dataclass(frozen=True)
class Keys:
    """The merchant's secret, and the provider's public keys by their serial (`PUB_KEY_ID_…`)."""

    apiv3_key: bytes
    public: Mapping[str, RSAPublicKey]


@dataclass(frozen=True)
class Notification:
    """通知 · what the provider says: its own id (the same in every repeat), kind and content."""

    id: str
    event_type: str
    body: Mapping[str, Any]  # as sent, apart from `resource`
    resource: Mapping[str, Any]  # decrypted


def public_key(pem: str) -> RSAPublicKey:
    """A platform's public key, alone or in its certificate.

    Raises:
        ValueError: neither, or no RSA key.
    """
    data = pem.encode()
    key = (
        load_pem_x509_certificate(data).public_key()
        if b"BEGIN CERTIFICATE" in data
        else serialization.load_pem_public_key(data)
    )
    if not isinstance(key, RSAPublicKey):
        raise ValueError("an RSA key is wanted")  # noqa: TRY004 - as the library says it
    return key


def read_notification(
    headers: Mapping[str, str], body: bytes, *, now: datetime, keys: Keys
) -> Notification:
    """What a notification says, if it is the provider's own, fresh and whole.

    `headers` in any spelling of their names, `body` exactly as it came.

    Raises:
        RuleViolation: `payment.header_missing`, `payment.unknown_serial`, `payment.bad_signature`,
            `payment.stale`, `payment.malformed`, `payment.undecipherable`.
    """
    told = {name.lower(): value.strip() for name, value in headers.items()}
    _require_signed(told, body, keys)
    _require_fresh(told, now)
    return _opened(body, keys)


def _require_signed(told: Mapping[str, str], body: bytes, keys: Keys) -> None:
    timestamp, nonce, serial, signature = (
        _header(told, f"wechatpay-{name}") for name in ("timestamp", "nonce", "serial", "signature")
    )
    if told.get("wechatpay-signature-type", SIGNATURE_TYPE) != SIGNATURE_TYPE:
        raise RuleViolation("payment.bad_signature", "支付通知的签名方式不受支持，未受理")
    if serial not in keys.public:
        raise RuleViolation("payment.unknown_serial", "支付通知的公钥序号不认识，未受理")
    if len(body) > BODY_BYTES_MAX:
        raise RuleViolation("payment.malformed", "支付通知太大，未受理")
    message = b"".join([timestamp.encode(), b"\n", nonce.encode(), b"\n", body, b"\n"])
    try:
        signed = base64.b64decode(signature, validate=True)
        keys.public[serial].verify(signed, message, PKCS1v15(), SHA256())
    except (binascii.Error, ValueError, InvalidSignature) as error:
        raise RuleViolation("payment.bad_signature", "支付通知的签名不对，未受理") from error


def _header(told: Mapping[str, str], name: str) -> str:
    value = told.get(name)
    if not value:
        raise RuleViolation("payment.header_missing", f"支付通知缺少 {name}，未受理")
    return value


def _require_fresh(told: Mapping[str, str], now: datetime) -> None:
    digits = told["wechatpay-timestamp"]
    if not (digits.isascii() and digits.isdigit() and len(digits) <= TIMESTAMP_DIGITS_MAX):
        raise RuleViolation("payment.malformed", "支付通知的时间读不出，未受理")
    seconds = int(digits)
    if abs(now.timestamp() - seconds) > FRESH_FOR.total_seconds():
        raise RuleViolation(
            "payment.stale", "支付通知不是刚发出的，未受理；请向支付机构查询这笔订单"
        )


def _opened(body: bytes, keys: Keys) -> Notification:
    try:
        told = json.loads(body)
        sealed = told["resource"]
        nonce = sealed["nonce"].encode()
        ciphertext = base64.b64decode(sealed["ciphertext"], validate=True)
        associated = (sealed.get("associated_data") or "").encode()
        names = (told["id"], told["event_type"], sealed["algorithm"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _malformed() from error
    id_, event_type, algorithm = names
    if not (isinstance(id_, str) and isinstance(event_type, str) and algorithm == ALGORITHM):
        raise _malformed()
    if len(nonce) != NONCE_BYTES:
        raise _malformed()
    resource = _deciphered(keys.apiv3_key, nonce, ciphertext, associated)
    rest = {name: value for name, value in told.items() if name != "resource"}
    return Notification(id_, event_type, rest, resource)


def _malformed() -> RuleViolation:
    return RuleViolation("payment.malformed", "支付通知的内容读不出，未受理")


def _deciphered(key: bytes, nonce: bytes, data: bytes, associated: bytes) -> Mapping[str, Any]:
    unreadable = RuleViolation("payment.undecipherable", "支付通知解不开，请核对密钥")
    try:
        resource = json.loads(AESGCM(key).decrypt(nonce, data, associated))
    except (InvalidTag, ValueError, RecursionError) as error:
        raise unreadable from error
    if not isinstance(resource, dict):
        raise unreadable
    return resource
