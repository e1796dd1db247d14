"""配置 · the only reader of environment variables.

The same program is the demonstration on a laptop and the county's production; the environment
alone decides. Production refuses to start half set up, and names every fault at once.
"""

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

SECRET_BYTES = 32
DEMO_MARK = "demo-"  # begins every secret and origin that demo mode makes for itself
KEY_MODE = 0o600
PREVIOUS = ".previous"  # ends the name of the cookie key that was replaced
PORT_MAX = 65_535
MEGABYTE = 1024 * 1024


class Environment(StrEnum):
    """运行方式 · a demonstration on one machine, or the real thing."""

    DEMO = "demo"
    PRODUCTION = "production"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """提醒渠道 · a provider of messages, its account with us and the file of its secret."""

    endpoint: str
    account: str
    secret_file: Path
    sign_name: str
    template: str


class ConfigurationError(Exception):
    """配置有误 · what keeps the platform from starting, in words for whoever starts it."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("配置有误，未启动：\n" + "\n".join(f"  · {fault}" for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """配置 · everything the environment decides."""

    environment: Environment
    data_dir: Path
    database_url: str
    celery_broker_url: str
    mqtt_url: str | None  # None: the embedded broker on host:mqtt_port
    host: str
    port: int
    mqtt_port: int
    public_url: str  # base of every QR code, no slash at its end
    secret_key_file: Path
    chain_key_file: Path
    chain_origin: str | None  # None: demo mode makes one
    witness_file: Path
    label_key_file: Path
    ratelimit_storage_uri: str
    trusted_proxies: int = 0
    upload_bytes_max: int = 12 * MEGABYTE
    backup_dir: Path  # best on another disk than the data
    backup_keep: int = 7  # so many of the newest daily backups stay
    sms: ChannelSettings | None = None  # None: notices stay in the list
    wechat: ChannelSettings | None = None

    @property
    def is_production(self) -> bool:
        """Whether real people and real money are concerned."""
        return self.environment is Environment.PRODUCTION

    @property
    def run_dir(self) -> Path:
        """Where the running parts leave their heartbeats."""
        return self.data_dir / "run"

    @property
    def is_https(self) -> bool:
        """Whether people reach the platform over TLS."""
        return self.public_url.startswith("https://")

    @property
    def broker_address(self) -> tuple[str, int]:
        """Host and port of the MQTT broker, embedded or not."""
        if self.mqtt_url is None:
            return self.host, self.mqtt_port
        parts = urlsplit(self.mqtt_url)
        return parts.hostname or "127.0.0.1", parts.port or self.mqtt_port


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process.

    Raises:
        ConfigurationError: every fault found, in Chinese.
    """
    given = {name: value for name, value in (environ or os.environ).items() if value.strip()}
    faults: list[str] = []
    environment = _environment(given, faults)
    settings = _settings(given, environment, faults)
    if settings.is_production:
        faults.extend(_production_faults(settings, given))
    if faults:
        raise ConfigurationError(faults)
    return settings


def _environment(given: Mapping[str, str], faults: list[str]) -> Environment:
    text = given.get("ENVIRONMENT", Environment.DEMO)
    try:
        return Environment(text)
    except ValueError:
        faults.append(f"ENVIRONMENT 只能是 demo 或 production，现为 {text}")
        return Environment.PRODUCTION


def _settings(given: Mapping[str, str], environment: Environment, faults: list[str]) -> Settings:
    data_dir = Path(given.get("DATA_DIR", "./var")).absolute()
    host, port = given.get("HOST", "127.0.0.1"), _port(given, "PORT", 8000, faults)
    mqtt_port = _port(given, "MQTT_PORT", 1883, faults)

    def file(name: str, fallback: str) -> Path:
        return Path(given.get(name, data_dir / fallback)).absolute()

    return Settings(
        environment=environment,
        data_dir=data_dir,
        database_url=_database_url(given, data_dir),
        celery_broker_url=given.get("CELERY_BROKER_URL", "filesystem://"),
        mqtt_url=given.get("MQTT_URL"),
        host=host,
        port=port,
        mqtt_port=mqtt_port,
        public_url=given.get("PUBLIC_URL", f"http://{_shown(host)}:{port}").rstrip("/"),
        secret_key_file=file("SECRET_KEY_FILE", "keys/session.key"),
        chain_key_file=file("CHAIN_KEY_FILE", "keys/chain.key"),
        chain_origin=given.get("CHAIN_ORIGIN"),
        witness_file=file("WITNESS_FILE", "witness/checkpoints.txt"),
        label_key_file=file("LABEL_KEY_FILE", "keys/label.key"),
        ratelimit_storage_uri=given.get("RATELIMIT_STORAGE_URI", "memory://"),
        trusted_proxies=_number(given, "TRUSTED_PROXIES", faults),
        backup_dir=file("BACKUP_DIR", "backups"),
        backup_keep=_number(given, "BACKUP_KEEP", faults, 7),
        sms=_channel(given, "SMS", SMS_NEEDS, faults),
        wechat=_channel(given, "WECHAT", WECHAT_NEEDS, faults),
    )


SMS_NEEDS = {
    "endpoint": ("ENDPOINT", "https://dysmsapi.aliyuncs.com"),
    "account": ("ACCESS_KEY_ID", None),
    "secret_file": ("ACCESS_KEY_SECRET_FILE", None),
    "sign_name": ("SIGN_NAME", None),
    "template": ("TEMPLATE_CODE", None),
}
WECHAT_NEEDS = {
    "endpoint": ("ENDPOINT", "https://api.weixin.qq.com"),
    "account": ("APP_ID", None),
    "secret_file": ("APP_SECRET_FILE", None),
    "sign_name": ("SIGN_NAME", ""),  # a template of WeChat has none
    "template": ("TEMPLATE_ID", None),
}


def _channel(
    given: Mapping[str, str],
    prefix: str,
    needs: Mapping[str, tuple[str, str | None]],
    faults: list[str],
) -> ChannelSettings | None:
    """A provider, if anything of it is set; then all of it must be."""
    if not any(name.startswith(f"{prefix}_") for name in given):
        return None
    found: dict[str, str] = {}
    for field, (name, fallback) in needs.items():
        value = given.get(f"{prefix}_{name}", fallback)
        if value is None:
            faults.append(f"设置了 {prefix}_ 开头的变量，就还要设置 {prefix}_{name}")
        found[field] = (value or "").rstrip("/")
    if not found["endpoint"].startswith(("https://", "http://")):
        faults.append(f"{prefix}_ENDPOINT 应为 https 网址")
    secret_file = Path(found.pop("secret_file")).absolute()
    if not secret_file.is_file():
        faults.append(f"密钥文件 {secret_file} 不存在")
    return ChannelSettings(secret_file=secret_file, **found)


def _database_url(given: Mapping[str, str], data_dir: Path) -> str:
    url = given.get("DATABASE_URL", f"sqlite:///{data_dir / 'platform.db'}")
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


def _shown(host: str) -> str:
    """The host to write into an address when the server listens on all."""
    return "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound


def _number(given: Mapping[str, str], name: str, faults: list[str], fallback: int = 0) -> int:
    text = given.get(name, str(fallback))
    if text.isascii() and text.isdigit() and int(text) <= PORT_MAX:
        return int(text)
    faults.append(f"{name} 应为 0 到 {PORT_MAX} 的整数，现为 {text}")
    return fallback


def _port(given: Mapping[str, str], name: str, fallback: int, faults: list[str]) -> int:
    return _number(given, name, faults, fallback)


NEEDED_IN_PRODUCTION = {
    "DATABASE_URL": "数据库地址",
    "PUBLIC_URL": "对外网址（印在每个二维码里）",
    "SECRET_KEY_FILE": "登录会话密钥文件",
    "CHAIN_KEY_FILE": "追溯链签名密钥文件",
    "CHAIN_ORIGIN": "追溯链名称",
    "WITNESS_FILE": "见证文件",
    "LABEL_KEY_FILE": "标签密钥文件",
}


def _production_faults(settings: Settings, given: Mapping[str, str]) -> Iterator[str]:
    for name, meaning in NEEDED_IN_PRODUCTION.items():
        if name not in given:
            yield f"正式运行必须设置 {name}（{meaning}）"
    if (settings.chain_origin or "").startswith(DEMO_MARK):
        yield "CHAIN_ORIGIN 是演示用的名称，正式运行请另取"
    if settings.mqtt_url is None and not _is_loopback(settings.host):
        yield "内置消息代理不得对外开放：请设置 MQTT_URL，或把 HOST 改为 127.0.0.1"
    for path in (settings.secret_key_file, settings.chain_key_file, settings.label_key_file):
        yield from _key_faults(path)
    if (before := _previous(settings)).exists():
        yield from _key_faults(before)


def _key_faults(path: Path) -> Iterator[str]:
    if not path.is_file():
        yield f"密钥文件 {path} 不存在"
        return
    if path.stat().st_mode & 0o077:
        yield f"密钥文件 {path} 他人可读，请执行 chmod 600"
    if os.access(path, os.R_OK) and DEMO_MARK in path.read_text(errors="replace"):
        yield f"密钥文件 {path} 是演示密钥，正式运行请另行生成"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def session_secret(settings: Settings) -> bytes:
    """The key that signs cookies; demo mode makes its own, which production refuses.

    Raises:
        ConfigurationError: the key is too short.
    """
    path = settings.secret_key_file
    if not settings.is_production:
        make_demo_key(path)
    secret = path.read_bytes().strip()
    if len(secret) < SECRET_BYTES:
        raise ConfigurationError([f"密钥文件 {path} 太短，至少 {SECRET_BYTES} 个字节"])
    return secret


def sealing_secrets(settings: Settings) -> list[bytes]:
    """What seals secrets in the database: the cookie key, then the one before it, if kept."""
    before = _previous(settings)
    kept = [before.read_bytes().strip()] if before.is_file() else []
    return [session_secret(settings), *kept]


def _previous(settings: Settings) -> Path:
    return settings.secret_key_file.with_name(settings.secret_key_file.name + PREVIOUS)


def make_demo_key(path: Path) -> None:
    """Make a key file for this installation unless it has one; safe for two processes at once."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=KEY_MODE)
    draft.write_text(DEMO_MARK + secrets.token_hex(SECRET_BYTES))
    with suppress(FileExistsError):  # another process was quicker; its key counts
        path.hardlink_to(draft)
    draft.unlink()
