"""Providers of messages for tests: real HTTP, the documented formats and their faults.

The signature is recomputed from what arrived, by the maker's page, not by our own code.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

KEY_ID, SECRET = "LTAI-test", "a secret of the test"
APP_ID, TOKEN_S = "wx-test", 7200


@dataclass
class Gateway:
    """Aliyun and WeChat on one port; `faults` are what the next requests run into."""

    faults: deque[str] = field(default_factory=deque)
    taken: list[dict[str, Any]] = field(default_factory=list)  # messages really taken in
    asked: list[str] = field(default_factory=list)
    secret: str = SECRET
    token: str = "token-1"
    release: threading.Event = field(default_factory=threading.Event)  # ends a silence
    server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        assert self.server is not None
        return f"http://127.0.0.1:{self.server.server_port}"

    def start(self) -> None:
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                gateway.answer(self, self.rfile.read(length))

            def log_message(self, *_arguments: object) -> None:
                """Tests read what was taken, not a log."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        assert self.server is not None
        self.release.set()
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        path = urlsplit(handler.path).path
        self.asked.append(path)
        fault = self.faults.popleft() if self.faults else ""
        if fault == "silent":
            self.release.wait(10)
            return
        if fault == "500":
            _say(handler, 500, "<html>oops</html>")
            return
        status, told = self._wechat(handler, body, fault) if body else self._aliyun(handler, fault)
        if fault == "answer lost":
            handler.connection.close()
            return
        _say(handler, status, json.dumps(told))

    def _aliyun(self, handler: BaseHTTPRequestHandler, fault: str) -> tuple[int, dict[str, Any]]:
        if fault == "limit":
            return 200, {"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "触发小时级流控"}
        if not self._signed(handler):
            return 400, {"Code": "SignatureDoesNotMatch", "Message": "…"}
        query = {name: values[0] for name, values in parse_qs(urlsplit(handler.path).query).items()}
        if fault == "bad number":
            return 200, {"Code": "isv.MOBILE_NUMBER_ILLEGAL", "Message": "手机号非法"}
        self.taken.append(query)
        return 200, {"Code": "OK", "Message": "OK", "BizId": f"biz-{len(self.taken)}"}

    def _signed(self, handler: BaseHTTPRequestHandler) -> bool:
        """Whether the request is signed by our secret, over exactly what arrived."""
        scheme, _, rest = handler.headers["Authorization"].partition(" ")
        told = dict(part.split("=", 1) for part in rest.split(","))
        names = told["SignedHeaders"].split(";")
        sent = {name.lower() for name in handler.headers}
        must = {name for name in sent if name == "host" or name.startswith("x-acs-")}
        if scheme != "ACS3-HMAC-SHA256" or not must <= set(names):
            return False
        parts = urlsplit(handler.path)
        pairs = sorted(pair.split("=", 1) for pair in parts.query.split("&"))
        query = "&".join(f"{name}={quote(unquote(value), safe='~')}" for name, value in pairs)
        lines = "".join(f"{name}:{handler.headers[name].strip()}\n" for name in names)
        canonical = (
            f"POST\n{parts.path}\n{query}\n{lines}\n{told['SignedHeaders']}\n"
            f"{handler.headers['x-acs-content-sha256']}"
        )
        text = f"{scheme}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        right = hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        return hmac.compare_digest(right, told["Signature"])

    def _wechat(
        self, handler: BaseHTTPRequestHandler, body: bytes, fault: str
    ) -> tuple[int, dict[str, Any]]:
        parts, told = urlsplit(handler.path), json.loads(body)
        if parts.path == "/cgi-bin/stable_token":
            if told["secret"] != self.secret:
                return 200, {"errcode": 40125, "errmsg": "invalid appsecret"}
            return 200, {"access_token": self.token, "expires_in": TOKEN_S}
        if parse_qs(parts.query)["access_token"] != [self.token]:
            return 200, {"errcode": 40001, "errmsg": "invalid credential"}
        if fault == "limit":
            return 200, {"errcode": 45009, "errmsg": "reach max api daily quota limit"}
        if fault == "bad number":
            return 200, {"errcode": 43004, "errmsg": "require subscribe"}
        if told["client_msg_id"] not in {each["client_msg_id"] for each in self.taken}:
            self.taken.append(told)
        return 200, {"errcode": 0, "errmsg": "ok", "msgid": 100 + len(self.taken)}


def _say(handler: BaseHTTPRequestHandler, status: int, text: str) -> None:
    data = text.encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)
