"""消息账号 · how the platform itself reaches the broker; devices have credentials of their own."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from app import config
from app.config import Settings

NAME = "platform"  # our account on the embedded broker
PORTS = {"mqtt": 1883, "mqtts": 8883}
EVERYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104 # compared, not bound


@dataclass(frozen=True, slots=True)
class MqttAccount:
    """消息账号 · where, and as whom."""

    url: str
    name: str
    password: str


def account(settings: Settings) -> MqttAccount:
    """From `MQTT_URL` (mqtts://name:password@host:port), or made for the embedded broker."""
    if settings.mqtt_url is not None:
        parts = urlsplit(settings.mqtt_url)
        port = parts.port or PORTS.get(parts.scheme, PORTS["mqtt"])
        name, password = unquote(parts.username or ""), unquote(parts.password or "")
        return MqttAccount(f"{parts.scheme}://{parts.hostname}:{port}", name, password)
    key_file = settings.data_dir / "keys" / "mqtt.key"
    config.make_demo_key(key_file)
    host, port = settings.broker_address
    reachable = "127.0.0.1" if host in EVERYWHERE else host
    return MqttAccount(f"mqtt://{reachable}:{port}", NAME, key_file.read_text("ascii").strip())
