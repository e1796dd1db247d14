"""采集配置 · which device is plugged in where, from one TOML or JSON file or from arguments.

>>> port = port_of("xh-scale-01=yaohua-0@tcp://10.0.0.5:4001")
>>> port.device, port.format, port.source
('xh-scale-01', 'yaohua-0', 'tcp://10.0.0.5:4001')
"""

import json
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from devices.drivers.formats import FORMATS
from devices.stability import EQUAL_FRAMES, Rule
from devices.topics import is_device

SCHEMES = ("mqtt", "mqtts")
LAMP_SCHEMES = ("", "serial", "tcp", "file")
LIGHTS = ("green", "amber", "red", "dark")
LAMP_SECONDS_MAX = 60
HEX_PREFIX = "hex:"
ASK_MS_MIN, ASK_MS_MAX = 100, 1000  # slower would be a silence
PORTS = {"mqtt": 1883, "mqtts": 8883}


class ConfigError(Exception):
    """配置有误 · `sentence` says where and what to write instead."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class PortConfig:
    """端口 · one device, which is one MQTT client."""

    device: str
    source: str
    format: str
    password: str = field(default="", repr=False)
    password_file: str = ""
    equal_frames: int = EQUAL_FRAMES
    division_g: int = 0
    min_g: int = 1  # below it the platform counts as empty
    max_g: int = 0
    first_boot: int = 1
    ask_ms: int = 0  # how often the device is asked; 0 for one that speaks unasked
    ask: str = ""  # what it is asked: text, or `hex:` and bytes; empty for its format's question
    lamp: str = ""  # where the relay of a gate's lamp listens, as a source is written
    lamp_seconds: int = 6  # how long a light stays
    lamp_green: str = "green\n"  # what the relay is told: text, or `hex:` and bytes
    lamp_amber: str = "amber\n"
    lamp_red: str = "red\n"
    lamp_dark: str = "dark\n"

    def __post_init__(self) -> None:
        if not is_device(self.device):
            raise ConfigError(f"设备编号 {self.device} 应为 3–32 位小写字母、数字或连字符")
        if self.format not in FORMATS:
            raise ConfigError(f"不认识的数据格式 {self.format}，可用：{'、'.join(FORMATS)}")
        if min(self.equal_frames, self.min_g, self.first_boot) < 1:
            raise ConfigError(f"{self.device}：equal_frames、min_g、first_boot 应不小于 1")
        self._check_asking()
        if self.lamp and FORMATS[self.format].kind != "tag":
            raise ConfigError(f"{self.device}：lamp 只能接在阅读器上")
        if self.lamp and urlsplit(self.lamp).scheme not in LAMP_SCHEMES:
            raise ConfigError(f"{self.device}：lamp 写法不对：{self.lamp}")
        if not 1 <= self.lamp_seconds <= LAMP_SECONDS_MAX:
            raise ConfigError(f"{self.device}：lamp_seconds 应在 1 到 {LAMP_SECONDS_MAX} 之间")
        for light in LIGHTS:
            self.lamp_command(light)

    def _check_asking(self) -> None:
        if self.ask_ms and not ASK_MS_MIN <= self.ask_ms <= ASK_MS_MAX:
            raise ConfigError(f"{self.device}：ask_ms 应在 {ASK_MS_MIN} 到 {ASK_MS_MAX} 之间")
        if self.ask_ms and not self.question:
            raise ConfigError(f"{self.device}：{self.format} 没有读数命令，请用 ask 写明")
        if FORMATS[self.format].only_asked and not self.ask_ms:
            raise ConfigError(f"{self.device}：{self.format} 是应答方式，请写 ask_ms，例如 200")

    @property
    def question(self) -> bytes:
        r"""What the device is asked.

        >>> PortConfig(device="s-1", source="/dev/x", format="mt-sics", ask_ms=200).question
        b'SI\r\n'
        """
        return self._bytes("ask") or FORMATS[self.format].ask

    def _bytes(self, name: str) -> bytes:
        written: str = getattr(self, name)
        if not written.startswith(HEX_PREFIX):
            return written.encode()
        try:
            return bytes.fromhex(written.removeprefix(HEX_PREFIX))
        except ValueError:
            raise ConfigError(f"{self.device}：{name} 的十六进制写法不对") from None

    def lamp_command(self, light: str) -> bytes:
        """What the lamp's relay is told to show a light.

        >>> told = {"source": "tcp://a:1", "format": "allflex", "lamp_red": "hex:a0 01 01 a2"}
        >>> PortConfig(device="gate-1", **told).lamp_command("red").hex()
        'a00101a2'
        """
        return self._bytes(f"lamp_{light}")

    @property
    def rule(self) -> Rule:
        """When this scale's weight is stable; also what is sent at all."""
        return Rule(
            equal_frames=self.equal_frames,
            division_g=self.division_g,
            min_g=self.min_g,
            max_g=self.max_g,
        )

    def secret(self) -> str | None:
        """The password of the device, from its file or its field."""
        if not self.password_file:
            return self.password or None
        try:
            return Path(self.password_file).read_text("utf-8").strip()
        except OSError as error:
            raise ConfigError(f"读不到密码文件 {self.password_file}：{error.strerror}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeConfig:
    """采集端配置 · `ca_file` is needed where the broker's certificate is the county's own."""

    broker: str
    outbox: Path
    ports: tuple[PortConfig, ...]
    ca_file: str = ""

    def __post_init__(self) -> None:
        parts = urlsplit(self.broker)
        if parts.scheme not in SCHEMES or not parts.hostname:
            raise ConfigError(f"broker 应写作 mqtt://主机:端口 或 mqtts://主机:端口：{self.broker}")
        if not self.ports:
            raise ConfigError("没有配置任何端口（[[port]]）")
        if len({port.device for port in self.ports}) != len(self.ports):
            raise ConfigError("同一设备编号配置了两次")

    @property
    def encrypted(self) -> bool:
        """Whether the broker speaks TLS."""
        return urlsplit(self.broker).scheme == "mqtts"

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the broker."""
        parts = urlsplit(self.broker)
        return parts.hostname or "", parts.port or PORTS[parts.scheme]


def load(path: Path) -> EdgeConfig:
    """The configuration of a file.

    Raises:
        ConfigError: the file cannot be read, or says something unknown.
    """
    try:
        text = path.read_text("utf-8")
        content: dict[str, Any] = (
            json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        )
    except OSError as error:
        raise ConfigError(f"读不到配置文件 {path}：{error.strerror}") from None
    except ValueError as error:
        raise ConfigError(f"配置文件 {path} 写法有误：{error}") from None
    return _config(content)


def _config(content: dict[str, Any]) -> EdgeConfig:
    known = {"broker": str, "outbox": str, "port": list, "ca_file": str}
    _check(content, known, where="配置文件")
    ports = content.get("port", [])
    known_of_port = {item.name: item.type for item in fields(PortConfig)}
    for port in ports:
        _check(port, known_of_port, where="[[port]]")
    try:
        return EdgeConfig(
            broker=content["broker"],
            outbox=Path(content["outbox"]),
            ports=tuple(PortConfig(**port) for port in ports),
            ca_file=content.get("ca_file", ""),
        )
    except (KeyError, TypeError) as error:
        raise ConfigError(f"配置缺少一项：{error}") from None


def _check(content: object, known: dict[str, Any], *, where: str) -> None:
    if not isinstance(content, dict):
        raise ConfigError(f"{where}应为一组“名称 = 值”")
    for name, value in content.items():
        if name not in known:
            raise ConfigError(f"{where}中不认识 {name}，可用：{'、'.join(known)}")
        if type(value) is not known[name]:
            raise ConfigError(f"{where}中 {name} 的值写法不对")


def port_of(argument: str) -> PortConfig:
    """The port that an argument `device=format@source` describes."""
    device, _, rest = argument.partition("=")
    name, _, source = rest.partition("@")
    if not source:
        raise ConfigError(f"--port 应写作 设备=格式@来源：{argument}")
    return PortConfig(device=device, format=name, source=source)
