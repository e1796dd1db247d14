"""What the set-up guide and the samples beside it promise."""

import re
from pathlib import Path

from devices.drivers.formats import FORMATS
from devices.edge.config import load

ROOT = Path(__file__).parents[3]


def test_the_sample_configuration_is_valid() -> None:
    config = load(ROOT / "deploy/edge.toml")

    assert [port.device for port in config.ports] == ["xh-scale-01", "xh-reader-01", "xh-gate-01"]


def test_the_guide_names_every_format() -> None:
    guide = (ROOT / "docs/edge.md").read_text("utf-8")

    assert re.findall(r"^\| `([a-z0-9-]+)` \|", guide, re.MULTILINE) == list(FORMATS)


def test_the_guide_and_the_service_install_what_the_program_pins() -> None:
    guide = (ROOT / "docs/edge.md").read_text("utf-8")
    pins = (ROOT / "requirements.txt").read_text("utf-8")
    service = (ROOT / "deploy/edge.service").read_text("utf-8")

    for pin in re.findall(r"(?:paho-mqtt|pyserial)==[0-9.]+", guide):
        assert pin in pins
    assert "-m devices.edge --config /etc/weining-edge/edge.toml" in service
