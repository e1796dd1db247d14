"""What may be written into the edge's configuration."""

from pathlib import Path

import pytest

from devices.edge.__main__ import main
from devices.edge.config import ConfigError, load, port_of

GOOD = """
broker = "mqtts://mqtt.example.cn"
outbox = "outbox.db"
[[port]]
device = "xh-scale-01"
source = "serial:///dev/ttyUSB0?baud=9600"
format = "yaohua-0"
division_g = 500
"""


def written(folder: Path, text: str, name: str = "edge.toml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_a_toml_file_and_a_json_file_say_the_same(tmp_path: Path) -> None:
    json_text = (
        '{"broker": "mqtts://mqtt.example.cn", "outbox": "outbox.db", "port": [{"device":'
        ' "xh-scale-01", "source": "serial:///dev/ttyUSB0?baud=9600", "format": "yaohua-0",'
        ' "division_g": 500}]}'
    )

    config = load(written(tmp_path, GOOD))

    assert config == load(written(tmp_path, json_text, "edge.json"))
    assert config.address == ("mqtt.example.cn", 8883)
    assert config.encrypted
    assert config.ports[0].rule.division_g == 500


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("outbox =", "outbux =", "outbux"),
        ("division_g = 500", "division = 500", "division"),
        ("division_g = 500", 'division_g = "500"', "division_g"),
        ("division_g = 500", "equal_frames = 0", "equal_frames"),
        ('"yaohua-0"', '"yaohua"', "yaohua-1"),
        ('"xh-scale-01"', '"XH 1"', "XH 1"),
        ("mqtts://mqtt.example.cn", "http://x", "mqtt://"),
        ("[[port]]", "[port]", "port"),
        ("device =", "password =", "device"),
        ("broker =", "broker", "写法有误"),
        (GOOD, 'broker = "mqtt://x"\noutbox = "o"', "端口"),
        (GOOD, GOOD + GOOD.partition('db"\n')[2], "两次"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, hint: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        load(written(tmp_path, GOOD.replace(old, new)))

    assert hint in refusal.value.sentence


def test_a_password_comes_from_its_file_and_is_never_printed(tmp_path: Path) -> None:
    secret = written(tmp_path, "geheim\n", "password")
    config = load(written(tmp_path, GOOD + f'password_file = "{secret}"\npassword = "offen"'))

    assert config.ports[0].secret() == "geheim"
    assert "offen" not in repr(config)

    secret.unlink()
    with pytest.raises(ConfigError):
        config.ports[0].secret()


def test_the_command_answers_a_mistake_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", str(tmp_path / "none.toml")]) == 2
    assert "读不到配置文件" in capsys.readouterr().err
    assert main(["--port", "xh-scale-01"]) == 2
    assert "--port 应写作" in capsys.readouterr().err
    assert main(["--passwords", str(written(tmp_path, "[]", "p.json"))]) == 2
    assert "密码文件" in capsys.readouterr().err


def test_an_argument_names_device_format_and_source() -> None:
    with pytest.raises(ConfigError):
        port_of("xh-scale-01=yaohua-0")
