"""微信模板消息 · the template message of a service account, with the stable access token.

Sources: developers.weixin.qq.com/doc/service, sendTemplateMessage (`touser`, `template_id`, `url`,
`client_msg_id`, `data`; errcodes) and getStableAccessToken (`grant_type`, `appid`, `secret`).
`client_msg_id` keeps a repeat within ten minutes from reaching the person twice.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request

from app.notices.channels import TIMEOUT_S, Answered, Fate, Message, Outcome, call

TOKEN_PATH, SEND_PATH = "/cgi-bin/stable_token", "/cgi-bin/message/template/send"
STALE = {40001, 40014, 42001}  # the token: ask for another one and try once more
LATER = {-1, 45009, 45011}  # busy; too many calls today; too often
MARGIN = timedelta(minutes=5)
FAULT = 500
TOO_MANY = 429
KEY_CHARS_MAX = 32


@dataclass(slots=True)
class WechatTemplate:
    """微信 · one template with one field, `thing1`: what kind of news there is."""

    endpoint: str
    app_id: str
    secret: str
    template: str
    now: Callable[[], datetime]
    timeout_s: float = TIMEOUT_S
    _token: str = field(default="", init=False)
    _token_until: datetime | None = field(default=None, init=False)

    def send(self, message: Message) -> Outcome:
        """Hand one message over; a stale token is replaced once."""
        outcome, stale = self._send_once(message)
        if stale:
            self._token = ""
            outcome, _ = self._send_once(message)
        return outcome

    def _send_once(self, message: Message) -> tuple[Outcome, bool]:
        if (refused := self._need_token()) is not None:
            return refused, False
        body = {
            "touser": message.to,
            "template_id": self.template,
            "url": message.url,
            "client_msg_id": message.key[:KEY_CHARS_MAX],
            "data": {"thing1": {"value": message.label}},
        }
        query = urlencode({"access_token": self._token})
        answered = self._post(f"{SEND_PATH}?{query}", body)
        return _outcome(answered), answered.body.get("errcode") in STALE

    def _need_token(self) -> Outcome | None:
        """Have a token that lasts; what stands in the way, if anything does."""
        at = self.now()
        if self._token and self._token_until is not None and at < self._token_until:
            return None
        asked = {"grant_type": "client_credential", "appid": self.app_id, "secret": self.secret}
        answered = self._post(TOKEN_PATH, asked)
        token, lasts_s = answered.body.get("access_token"), answered.body.get("expires_in")
        if not (isinstance(token, str) and token and isinstance(lasts_s, int)):
            return _outcome(answered, asked="凭据")
        self._token, self._token_until = token, at + timedelta(seconds=lasts_s) - MARGIN
        return None

    def _post(self, path: str, body: dict[str, Any]) -> Answered:
        data = json.dumps(body, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"}
        request = Request(self.endpoint + path, data, headers)  # noqa: S310 - http(s) only
        return call(request, timeout_s=self.timeout_s)


def _outcome(answered: Answered, asked: str = "消息") -> Outcome:
    code = answered.body.get("errcode")
    if code == 0:
        return Outcome(Fate.SENT, "微信已受理", str(answered.body.get("msgid", "")) or None)
    if answered.status == 0:
        return Outcome(Fate.AGAIN, f"微信没有回答{asked}，不知道收到没有")
    if code in LATER | STALE or answered.status >= FAULT or answered.status == TOO_MANY:
        return Outcome(Fate.AGAIN, f"微信暂时不收{asked}（{code or answered.status}）")
    return Outcome(Fate.REFUSED, f"微信不收{asked}（{code or answered.status}）")
