"""Settings: one reader of the environment; production refuses to start half set up."""

from pathlib import Path

import pytest

from app import config, installation
from app.config import ConfigurationError, Environment
from app.factory import create_app
from tests.world import World


def production(tmp_path: Path, **changes: str) -> dict[str, str]:
    """An environment that production accepts."""
    for name in ("session", "chain", "label"):
        key = tmp_path / f"{name}.key"
        key.touch(mode=0o600)
        key.write_text("k" * 43)
    return {
        "ENVIRONMENT": "production",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/platform.db",
        "PUBLIC_URL": "https://niu.example",
        "SECRET_KEY_FILE": str(tmp_path / "session.key"),
        "CHAIN_KEY_FILE": str(tmp_path / "chain.key"),
        "CHAIN_ORIGIN": "weining-2026",
        "WITNESS_FILE": str(tmp_path / "witness.txt"),
        "LABEL_KEY_FILE": str(tmp_path / "label.key"),
        **changes,
    }


def faults(environ: dict[str, str]) -> str:
    with pytest.raises(ConfigurationError) as error:
        config.load(environ)
    return "\n".join(error.value.faults)


def test_nothing_set_is_a_demonstration_on_this_machine(tmp_path: Path) -> None:
    settings = config.load({"DATA_DIR": str(tmp_path)})

    assert settings.environment is Environment.DEMO
    assert (settings.host, settings.port, settings.mqtt_port) == ("127.0.0.1", 8000, 1883)
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.database_url == f"sqlite:///{tmp_path}/platform.db"
    assert settings.broker_address == ("127.0.0.1", 1883)


def test_the_keys_of_a_demonstration_are_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    settings = config.load({"DATA_DIR": str(tmp_path)})

    first, second = config.session_secret(settings), config.session_secret(settings)

    assert first == second
    assert settings.secret_key_file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in settings.secret_key_file.parent.iterdir()] == ["session.key"]


def test_production_starts_when_all_is_set(tmp_path: Path) -> None:
    settings = config.load(production(tmp_path))

    assert settings.is_production
    assert config.session_secret(settings) == b"k" * 43


@pytest.mark.parametrize("name", config.NEEDED_IN_PRODUCTION)
def test_production_names_everything_that_is_missing(tmp_path: Path, name: str) -> None:
    environ = production(tmp_path)
    del environ[name]

    assert f"必须设置 {name}" in faults(environ)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"CHAIN_ORIGIN": "demo-x"}, "演示用的名称"),
        ({"HOST": "0.0.0.0"}, "内置消息代理不得对外开放"),
        ({"HOST": "192.0.2.7"}, "内置消息代理不得对外开放"),
        ({"PORT": "99999"}, "PORT 应为"),
        ({"PORT": "http"}, "PORT 应为"),
        ({"ENVIRONMENT": "test"}, "只能是 demo 或 production"),
        ({"LABEL_KEY_FILE": "/nowhere/label.key"}, "不存在"),
    ],
)
def test_production_refuses_what_is_dangerous(
    tmp_path: Path, change: dict[str, str], sentence: str
) -> None:
    assert sentence in faults(production(tmp_path, **change))


def test_a_broker_of_its_own_lets_production_face_the_world(tmp_path: Path) -> None:
    environ = production(tmp_path, HOST="0.0.0.0", MQTT_URL="mqtts://broker.example:8883")

    assert config.load(environ).broker_address == ("broker.example", 8883)


def test_production_refuses_a_demonstrations_key_and_one_that_others_may_read(
    tmp_path: Path,
) -> None:
    environ = production(tmp_path)
    (tmp_path / "session.key").unlink()
    config.make_demo_key(tmp_path / "session.key")
    (tmp_path / "label.key").chmod(0o644)

    found = faults(environ)

    assert "演示密钥" in found
    assert "chmod 600" in found


def test_production_refuses_a_short_key(tmp_path: Path) -> None:
    environ = production(tmp_path)
    (tmp_path / "session.key").write_text("short")

    with pytest.raises(ConfigurationError, match="太短"):
        config.session_secret(config.load(environ))


def test_production_refuses_a_database_of_made_up_data(tmp_path: Path, world: World) -> None:
    installation.mark_demo(world.session)
    world.session.commit()
    environ = production(tmp_path, DATABASE_URL=str(world.engine.url))

    with pytest.raises(ConfigurationError, match="演示数据"):
        create_app(config.load(environ))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_way_to_write_postgresql_finds_its_driver(scheme: str) -> None:
    settings = config.load({"DATABASE_URL": f"{scheme}://weining@db/weining"})

    assert settings.database_url == "postgresql+psycopg://weining@db/weining"
