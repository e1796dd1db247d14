"""After a halt two people let the chain go on, each with a login of their own."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from app import config, migrate
from app.auth import accounts
from app.auth.roles import Role
from app.cli import cli
from app.whoami import now
from tests.logins import PASSWORD
from tests.world import World
from traceability import regions
from traceability.base.db import Base, make_engine, reading, transaction
from traceability.chain.tables import Halt
from traceability.checkpoints import stamps, witness
from traceability.parties import PartyKind


@pytest.fixture
def halted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A platform whose chain was stopped, with two overseers and a farmer."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    engine = make_engine(config.load().database_url)
    migrate.load_models()
    Base.metadata.create_all(engine)
    with transaction(engine, recorded_at=now()) as session:
        regions.load_regions(session)
    with Session(engine) as session:
        world = World(engine, session)
        for login, role in (
            ("jian1", Role.REGULATOR),
            ("guan1", Role.ADMINISTRATOR),
            ("nong1", Role.FARMER),
        ):
            account = accounts.register(
                session,
                login=login,
                role=role,
                party=world.party(login, kind=PartyKind.PERSON),
                at=world.at,
            )
            accounts.set_password(account, PASSWORD, at=world.at)
        session.add(Halt(since=world.at, reason="目录与见证不符", lost_from=7, lost_to=9))
        session.commit()
    engine.dispose()


def resume(first: str, second: str, *, password: str = PASSWORD) -> Result:
    typed = [first, PASSWORD, "", second, password, "", "误恢复备份，已核对"]
    return CliRunner().invoke(cli, ["chain", "resume"], input="\n".join(typed) + "\n")


def stopped() -> bool:
    engine = make_engine(config.load().database_url)
    with reading(engine) as session:
        found = witness.halt(session) is not None
    engine.dispose()
    return found


@pytest.mark.usefixtures("halted")
def test_two_overseers_resume_the_chain() -> None:
    result = resume("jian1", "guan1")

    assert result.exit_code == 0, result.output
    assert "第 2 期" in result.output
    assert not stopped()
    engine = make_engine(config.load().database_url)
    with reading(engine) as session:
        assert stamps.losses(session) == [stamps.Loss(7, 9, 2)]
    engine.dispose()
    assert "没有停止" in resume("jian1", "guan1").output


@pytest.mark.usefixtures("halted")
@pytest.mark.parametrize(
    ("second", "password", "code"),
    [
        ("jian1", PASSWORD, "chain.one_person"),
        ("guan1", "wrong", "chain.person_refused"),
        ("nong1", PASSWORD, "chain.person_refused"),
    ],
)
def test_the_second_person_must_be_another_with_the_right(
    second: str, password: str, code: str
) -> None:
    result = resume("jian1", second, password=password)

    assert result.exit_code == 1
    assert code in result.output
    assert stopped()
