"""阿里云短信 · SendSms (version 2017-05-25) with the request signature V3, ACS3-HMAC-SHA256.

Sources: help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature (structure and
signature, with a worked example that the tests repeat); help.aliyun.com/zh/sms, SendSms and its
error codes.
"""

import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from urllib.parse import quote, urlsplit
from urllib.request import Request

from app.notices.channels import TIMEOUT_S, Answered, Fate, Message, Outcome, call
from traceability.base import clock

ALGORITHM = "ACS3-HMAC-SHA256"
ACTION, VERSION = "SendSms", "2017-05-25"
LATER = ("Throttling", "isv.BUSINESS_LIMIT_CONTROL", "isp.", "ServiceUnavailable", "InternalError")
FAULT = 500
TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class AliyunSms:
    """短信 · one template with one variable: what kind of news there is."""

    endpoint: str
    key_id: str
    secret: str
    sign_name: str
    template: str
    now: Callable[[], datetime]
    timeout_s: float = TIMEOUT_S

    def send(self, message: Message) -> Outcome:
        """Hand one message over; a time-out is told as unknown and tried again."""
        query = {
            "PhoneNumbers": message.to,
            "SignName": self.sign_name,
            "TemplateCode": self.template,
            "TemplateParam": json.dumps({"what": message.label}, ensure_ascii=False),
            "OutId": message.key,
        }
        headers = signed(
            query,
            host=urlsplit(self.endpoint).netloc,
            action=ACTION,
            version=VERSION,
            key_id=self.key_id,
            secret=self.secret,
            at=self.now(),
        )
        url = f"{self.endpoint}/?{canonical_query(query)}"
        request = Request(url, headers=dict(headers), method="POST")  # noqa: S310 - http(s) only
        return _outcome(call(request, timeout_s=self.timeout_s))


def _outcome(answered: Answered) -> Outcome:
    status, code = answered.status, str(answered.body.get("Code", ""))
    if code == "OK":
        return Outcome(Fate.SENT, "短信平台已受理", str(answered.body.get("BizId", "")) or None)
    if status == 0:
        return Outcome(Fate.AGAIN, "短信平台没有回答，不知道收到没有")
    if status >= FAULT or status == TOO_MANY or code.startswith(LATER):
        return Outcome(Fate.AGAIN, f"短信平台暂时不收（{code or status}）")
    return Outcome(Fate.REFUSED, f"短信平台不收（{code or status}）")


def canonical_query(query: Mapping[str, str]) -> str:
    """Sorted by name, encoded by RFC 3986.

    >>> canonical_query({"b": "一 *", "a": "~"})
    'a=~&b=%E4%B8%80%20%2A'
    """
    pairs = ((quote(name, safe="~"), quote(query[name], safe="~")) for name in sorted(query))
    return "&".join(f"{name}={value}" for name, value in pairs)


def signed(
    query: Mapping[str, str],
    *,
    host: str,
    action: str,
    version: str,
    key_id: str,
    secret: str,
    at: datetime,
    nonce: str | None = None,
) -> Mapping[str, str]:
    """The headers of a POST without a body, `Authorization` among them."""
    empty = sha256(b"").hexdigest()
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": empty,
        "x-acs-date": f"{clock.utc(at):%Y-%m-%dT%H:%M:%SZ}",
        "x-acs-signature-nonce": nonce or secrets.token_hex(16),
        "x-acs-version": version,
    }
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    canonical = "\n".join(["POST", "/", canonical_query(query), lines, names, empty])
    to_sign = f"{ALGORITHM}\n{sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), to_sign.encode(), sha256).hexdigest()
    told = f"Credential={key_id},SignedHeaders={names},Signature={signature}"
    return {**headers, "Authorization": f"{ALGORITHM} {told}"}
