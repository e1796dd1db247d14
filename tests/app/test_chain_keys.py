"""Two people change the key that signs, at the console; what was cut short is finished."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from app import config, migrate
from app.audit import rekeying
from app.auth import accounts
from app.auth.roles import Role
from app.cli import cli
from app.config import Settings
from app.whoami import now
from tests.inspector import cosign, verify
from tests.logins import PASSWORD
from tests.world import World
from traceability import regions
from traceability.base.db import Base, make_engine, reading, transaction
from traceability.checkpoints import keys, notes, sequencing, stamps
from traceability.checkpoints.keys import KeyRefused
from traceability.checkpoints.witness import Witness
from traceability.parties import PartyKind


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """A platform with a key and two overseers, whose chain was signed once."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    settings = config.load()
    engine = make_engine(settings.database_url)
    migrate.load_models()
    Base.metadata.create_all(engine)
    with transaction(engine, recorded_at=now()) as session:
        regions.load_regions(session)
    with Session(engine) as session:
        world = World(engine, session)
        for login, role in (("jian1", Role.REGULATOR), ("guan1", Role.ADMINISTRATOR)):
            party = world.party(login, kind=PartyKind.PERSON)
            account = accounts.register(session, login=login, role=role, party=party, at=world.at)
            accounts.set_password(account, PASSWORD, at=world.at)
        session.commit()
    signer, file = keys.load_or_make_demo(settings.chain_key_file), Witness(settings.witness_file)
    sequencing.begin(engine, signer, file, at=now())
    sequencing.step(engine, signer, file, at=now())
    engine.dispose()
    return settings


def change(*command: str, second: str = "guan1") -> Result:
    typed = ["jian1", PASSWORD, "", second, PASSWORD, "", "按年度计划更换"]
    return CliRunner().invoke(cli, ["chain", *command], input="\n".join(typed) + "\n")


def test_two_overseers_bring_in_another_key(settings: Settings) -> None:
    old = keys.load(settings.chain_key_file)

    result = change("rotate-key")

    assert result.exit_code == 0, result.output
    new = keys.load(settings.chain_key_file)
    assert new.origin == old.origin
    assert all(each.vkey in result.output for each in new.verifiers)
    [kept] = settings.chain_key_file.parent.glob("chain.key.retired-*")
    assert keys.load(kept) == old
    newest = next(Witness(settings.witness_file).backwards())
    assert notes.signers(notes.parse_note(newest), [old.verifier, new.verifier]) == [
        old.verifier,
        new.verifier,
    ]


def test_a_stolen_key_is_given_up(settings: Settings) -> None:
    old = keys.load(settings.chain_key_file)

    result = change("revoke-key", "--trusted-size", "1")

    assert result.exit_code == 0, result.output
    known = keys.known_keys(Witness(settings.witness_file).keys_path)
    assert {each.until for each in known if each.key == old.verifier.key} == {1}
    assert "chain.no_such_size" in change("revoke-key", "--trusted-size", "999999").output


def test_one_person_changes_nothing(settings: Settings) -> None:
    before = settings.chain_key_file.read_bytes()

    result = change("rotate-key", second="jian1")

    assert "chain.one_person" in result.output
    assert settings.chain_key_file.read_bytes() == before


def test_a_change_cut_short_is_finished_by_the_next_call(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = keys.load(settings.chain_key_file)
    with monkeypatch.context() as patch:
        patch.setattr(rekeying, "finish", lambda *_: (_ for _ in ()).throw(OSError("power")))
        assert change("rotate-key").exit_code == 1
    engine = make_engine(settings.database_url)
    with (
        pytest.raises(KeyRefused, match="rotate-key"),
        transaction(engine, recorded_at=now()) as session,
    ):
        stamps.sequence(session, old, at=now())

    result = CliRunner().invoke(cli, ["chain", "rotate-key"])

    assert result.exit_code == 0, result.output
    with reading(engine) as session:
        stamps.check_key(session, keys.load(settings.chain_key_file))
    engine.dispose()


def test_an_abandoned_draft_of_a_key_is_not_taken(settings: Settings) -> None:
    draft = settings.chain_key_file.with_name("chain.key.next")
    keys.save(keys.new_signers("demo-draft"), draft)

    assert change("rotate-key").exit_code == 0

    assert keys.load(settings.chain_key_file).origin != "demo-draft"
    assert not draft.exists()


@pytest.mark.usefixtures("settings")
def test_a_bundle_is_written_at_the_console_and_checked_without_us(tmp_path: Path) -> None:
    file = tmp_path / "bundle.json"
    assert change("rotate-key").exit_code == 0

    result = CliRunner().invoke(cli, ["export-bundle", stamps.CHAIN, str(file), "--private"])

    assert result.exit_code == 0, result.output
    bundle = json.loads(file.read_text("utf-8"))
    old = [line for line in bundle["vkeys"] if "until=" in line]
    assert "按年度计划更换" in bundle["events"][0]["opening"]["private"]
    assert verify.faults(bundle, old) == [], "the old key introduces the new one"
    nobody = CliRunner().invoke(cli, ["export-bundle", "animal:" + "0" * 32, str(file)])
    assert "没有这个主体" in nobody.output


def test_a_cosigner_is_listed_and_its_signature_taken_at_the_console(
    settings: Settings, tmp_path: Path
) -> None:
    vkey = cosign.make_key("nync.example/witness", tmp_path / "witness.key")
    note = next(Witness(settings.witness_file).backwards())
    seconds = int(now().timestamp())
    signed = tmp_path / "signed"
    signed.write_text(
        cosign.cosigned(note, *cosign.read_key(tmp_path / "witness.key"), seconds), "utf-8"
    )

    def run(*command: str) -> Result:
        return CliRunner().invoke(cli, ["chain", *command])

    assert "cosignature.unknown_key" in run("add-cosignature", str(signed)).output
    assert "不是共同签名的公钥" in run("add-cosigner", "x+y+z").output
    assert run("add-cosigner", vkey).exit_code == 0
    assert "nync.example/witness" in run("add-cosignature", str(signed)).output
