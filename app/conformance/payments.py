"""付款通知检验 · the suite `pay-callback`: `market.payments.wechat`.

A line: `provider` ("wechat"), `headers` (an object of texts), `body` (the text as it came; or
`body_hex`), `now` (RFC 3339, or seconds since 1970) and `keys`: `apiv3_key` (32 ASCII characters)
and `public_keys`, an object from serial (`PUB_KEY_ID_…` or a certificate's) to PEM. The answer:
`event`, the body with its resource decrypted; or the error.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from app.conformance.answers import Answer, BadLine, Line, octets, text
from market.payments import wechat


def pay_callback(line: Line) -> Answer:
    """What a provider's notification says, if it is genuine and fresh."""
    if text(line, "provider") != "wechat":
        raise BadLine("unknown_provider", "只有 wechat 一种")
    found = wechat.read_notification(
        _texts(line, "headers"), _body(line), now=_now(line), keys=_keys(line)
    )
    return {"event": {**found.body, "resource": dict(found.resource)}}


def _body(line: Line) -> bytes:
    if "body_hex" in line:
        return octets(line["body_hex"], "body_hex")
    return text(line, "body").encode("utf-8", "surrogatepass")


def _now(line: Line) -> datetime:
    value = line.get("now")
    wrong = BadLine("bad_input", "字段 now 应为带时区的时间或秒数")
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        at = datetime.fromisoformat(text(line, "now"))
    except (ValueError, OverflowError, OSError) as error:
        raise wrong from error
    if at.tzinfo is None:
        raise wrong
    return at


def _texts(line: Mapping[str, object], name: str) -> dict[str, str]:
    value = line.get(name)
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise BadLine("bad_input", f"字段 {name} 应为文本的对象")
    return value


def _keys(line: Line) -> wechat.Keys:
    given = line.get("keys")
    if not isinstance(given, dict):
        raise BadLine("bad_input", "字段 keys 应为对象")
    secret = text(given, "apiv3_key").encode()
    if len(secret) != wechat.APIV3_KEY_BYTES:
        raise BadLine("bad_input", "字段 apiv3_key 应为 32 个字符")
    try:
        public = {
            serial: wechat.public_key(pem) for serial, pem in _texts(given, "public_keys").items()
        }
    except ValueError as error:
        raise BadLine("bad_input", "字段 public_keys 应为 RSA 公钥或证书的 PEM") from error
    return wechat.Keys(secret, public)
