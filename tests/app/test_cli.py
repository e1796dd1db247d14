"""The administrator's commands, and what the first start builds."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from app import config, installation, production, welcome
from app.auth import accounts
from app.auth.roles import Role
from app.cli import cli
from app.config import Settings
from tests.logins import LoginAs
from tests.world import World
from traceability.base.db import make_engine, reading
from traceability.base.errors import RuleViolation
from traceability.consignments.records import Consignment, ConsignmentState
from traceability.quarantine import certificates
from traceability.slaughter.carcasses import Carcass, CarcassState


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> "Command":
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    return Command()


class Command:
    """`python -m app.cli …` in this process."""

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, arguments)


def test_the_first_start_builds_the_demonstration_and_the_second_goes_on_with_it(
    run: Command,
) -> None:
    first = run("prepare")
    settings = config.load()
    shown = welcome.logins_file(settings).read_text("utf-8")
    second = run("prepare")

    assert first.exit_code == second.exit_code == 0, first.output + second.output
    assert "建立演示县" in first.output
    assert "建立演示县" not in second.output
    assert welcome.logins_file(settings).read_text("utf-8") == shown
    assert welcome.logins_file(settings).stat().st_mode & 0o077 == 0
    assert run("demo").exit_code == 1, "a database with data never gets a demonstration"
    require_logins(settings, shown)
    require_logins(settings, run("demo-logins").output)
    require_a_vehicle_on_the_road(settings)
    require_a_carcass_for_the_vet(settings)


def require_a_carcass_for_the_vet(settings: Settings) -> None:
    """One carcass is fit and one waits for its inspection."""
    engine = make_engine(settings.database_url)
    with reading(engine) as session:
        hung = session.scalars(select(Carcass).order_by(Carcass.id))
        assert [each.state for each in hung] == [CarcassState.PASSED, CarcassState.WAITING]
    engine.dispose()


def require_a_vehicle_on_the_road(settings: Settings) -> None:
    """One consignment has left, with the tags of its certificate, and has not arrived."""
    engine = make_engine(settings.database_url)
    with reading(engine) as session:
        sent = session.scalars(select(Consignment)).one()
        listed = [each.ear_tag for each in certificates.animals_of(session, sent.certificate)]
        assert sent.state is ConsignmentState.ON_ROAD
        assert sorted(listed) == sent.loaded != []
    engine.dispose()


def require_logins(settings: Settings, shown: str) -> None:
    """Every account that was shown opens with the password that was shown."""
    lines = shown.splitlines()[1:]
    engine = make_engine(settings.database_url)
    with reading(engine) as session:
        for line in lines:
            login, password, *_ = line.split()
            assert accounts.password_fits(accounts.find(session, login), password), login
    assert installation.is_demo(engine)
    engine.dispose()
    assert len(lines) == 11


@pytest.mark.parametrize("command", ["demo-logins", "demo-morning"])
def test_a_database_that_is_no_demonstration_has_no_demonstration_logins(
    run: Command, command: str
) -> None:
    run("migrate")

    refused = run(command)

    assert refused.exit_code == 1
    assert "没有演示县" in refused.output


def test_a_wrong_setting_is_named_in_chinese(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "eighty")

    refused = run("migrate")

    assert refused.exit_code == 1
    assert "PORT" in refused.output


def test_a_paper_code_of_the_first_administrator_goes_to_no_other_role(
    world: World, login_as: LoginAs
) -> None:
    farmer = login_as.account(Role.FARMER)

    with pytest.raises(RuleViolation) as refusal:
        production.first_administrator(
            world.session, organisation="某局", login=farmer.login, at=world.at
        )

    assert refusal.value.code == "account.not_administrator"


@pytest.mark.parametrize(("origin", "sentence"), [("demo-x", "不能以 demo-"), ("a b", "不能含")])
def test_keys_are_not_made_for_an_impossible_origin(
    run: Command, tmp_path: Path, origin: str, sentence: str
) -> None:
    result = run("make-keys", str(tmp_path / "keys"), "--origin", origin)

    assert result.exit_code == 1
    assert sentence in result.output


def test_the_columns_of_contacts_are_made_and_checked_by_a_command(run: Command) -> None:
    run("migrate")
    made = run("trace-columns")
    checked = run("trace-columns", "--check")

    assert (made.exit_code, checked.exit_code) == (0, 0), made.output + checked.output
    assert "已写入 0 次调运" in made.output
    assert "缺 0 条，错 0 条" in checked.output
