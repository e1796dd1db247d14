"""迎接 · what whoever starts the platform sees: progress, where to go, what to try first."""

import contextlib
import errno
import http.client
import json
import socket
import time
from collections.abc import Callable
from pathlib import Path

from app.config import ConfigurationError, Settings

PORT_WAIT_S = 6.0  # a supervisor killed a moment ago still has its parts on their way out
ASK_S = 0.3
SLOW_S = 60.0
ANSWER_S = 2.0
EVERYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104 # compared, not bound
FIRST_STEPS = """可以先试：
  1. 用养殖户账号登录（手机宽度即可）：登记一头犊牛，记一次免疫，申报检疫
  2. 用官方兽医账号受理申报，检查，签发检疫证明
  3. 另开一个终端运行 make demo，再用市场操作员账号打开“过磅成交”，看牛只读数实时出现
  4. 扫成交回执上的二维码，不用登录就能看到这头牛的来历"""


def require_free_ports(settings: Settings) -> None:
    """See that nobody else listens where we are going to.

    Raises:
        ConfigurationError: with the name of the variable that chooses another port.
    """
    wanted = [("PORT", settings.port)]
    if settings.mqtt_url is None:
        wanted.append(("MQTT_PORT", settings.mqtt_port))
    until = time.monotonic() + PORT_WAIT_S
    while faults := [fault for each in wanted if (fault := _port_fault(settings.host, *each))]:
        if time.monotonic() > until:
            raise ConfigurationError(faults)
        time.sleep(ASK_S)


def _port_fault(host: str, name: str, port: int) -> str | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            other = port + 1 if port < 65_535 else 8000  # noqa: PLR2004 # the last port there is
            if error.errno == errno.EADDRNOTAVAIL:
                return f"本机没有 {host} 这个地址，请改 HOST"
            reason = "已被别的程序占用" if error.errno == errno.EADDRINUSE else error.strerror
            return f"端口 {port} {reason}；可换一个：{name}={other} make run"
    return None


def logins_file(settings: Settings) -> Path:
    """Where the demonstration leaves its random passwords until they have been shown once."""
    return settings.run_dir / "demo-logins.txt"


class Greeting:
    """迎接 · asks the service how far it is, and welcomes once when it is ready."""

    def __init__(self, settings: Settings, say: Callable[[str], None] = print) -> None:
        self.settings = settings
        self.say = say
        self.started = self.asked = time.monotonic()
        self.shown = ""
        self.warned = False

    def begin(self) -> None:
        """The first line."""
        self.say("正在启动各部件…")

    def end(self) -> None:
        """The last line."""
        self.say("已全部停止。")

    def is_ready(self) -> bool:
        """Ask `/healthz`; welcome and say True when everything runs."""
        now = time.monotonic()
        if now - self.asked < ASK_S:
            return False
        self.asked = now
        status, waiting = self._health()
        if status == http.client.OK:
            self._welcome(now - self.started)
            return True
        if waiting != self.shown:
            self.shown = waiting
            self.say(f"  等待：{waiting}")
        if now - self.started > SLOW_S and not self.warned:
            self.warned = True
            self.say(f"  启动比平常慢；各部件日志在 {self.settings.data_dir / 'log'}")
        return False

    def _health(self) -> tuple[int, str]:
        """The answer of `/healthz` and which parts it still waits for."""
        host = "127.0.0.1" if self.settings.host in EVERYWHERE else self.settings.host
        connection = http.client.HTTPConnection(host, self.settings.port, timeout=ANSWER_S)
        with contextlib.closing(connection):
            try:
                connection.request("GET", "/healthz")
                answer = connection.getresponse()
                body = json.loads(answer.read())
            except (OSError, http.client.HTTPException, ValueError):
                return 0, "网页"
        parts = body.get("parts", {}) if isinstance(body, dict) else {}
        waiting = [str(name) for name, state in parts.items() if state not in {"running", "ok"}]
        return answer.status, "、".join(waiting) or "网页"

    def _welcome(self, seconds: float) -> None:
        self.say(f"已就绪（{seconds:.1f} 秒）。请用浏览器打开 {self.settings.public_url}")
        self._show_logins()
        self.say(FIRST_STEPS)
        self._tell_phones()
        self.say("按 Ctrl-C 停止全部部件；再次 make run 会接着用同样的数据。")

    def _show_logins(self) -> None:
        path = logins_file(self.settings)
        if path.exists():
            self.say(path.read_text("utf-8").rstrip())
            path.unlink()
        elif not self.settings.is_production:
            self.say(
                "演示账号见首次启动时的屏幕；遗失可重置：.venv/bin/python -m app.cli demo-logins"
            )

    def _tell_phones(self) -> None:
        if self.settings.host in EVERYWHERE:
            self.say(f"同一无线网内的手机请打开 {self.settings.public_url}（须为手机能访问的网址）")
            return
        address = _lan_address() or "本机地址"
        self.say(
            "附近的手机也要打开时，停止后这样启动：\n"
            f"  HOST=0.0.0.0 PUBLIC_URL=http://{address}:{self.settings.port} make run"
        )


def _lan_address() -> str | None:
    """This machine's address on the local network; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1, never routed
        except OSError:
            return None
        return str(probe.getsockname()[0])
