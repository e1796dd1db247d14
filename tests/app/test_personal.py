"""Two people hand over, erase or hold somebody's data, on the page of the administrator."""

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app import config
from app.auth import access_log, accounts
from app.auth.access_log import Access
from app.auth.accounts import AccountState
from app.auth.idempotency import IdempotencyKey
from app.auth.roles import Role
from app.cli import cli
from app.importing import running
from app.keeping import retention
from app.programme import EVIDENCE_FOLDER
from tests.logins import PASSWORD, LoginAs
from tests.world import World
from traceability import evidence, legal_holds, parties
from traceability.audit.report import verify_chain
from traceability.base.canon import sha256
from traceability.holdings import HoldingKind
from traceability.parties import ERASED_NAME, Party, PartyKind


@pytest.fixture
def person(world: World, login_as: LoginAs, tmp_path: Path) -> Party:
    """A farmer with a home, an account and a paper."""
    found = parties.register(
        world.session,
        kind=PartyKind.HOUSEHOLD,
        name="赵小满",
        phone="13885700002",
        at=world.at,
        by=world.office,
    )
    world.holding(HoldingKind.HOUSEHOLD, "赵小满家", keeper=found)
    login_as.account(Role.FARMER, party=found, login="13885700002")
    folder = tmp_path / EVIDENCE_FOLDER
    evidence.store(world.session, folder, b"%PDF-1.7 id", title="身份证", at=world.at, by=found)
    return found


@pytest.fixture
def client(login_as: LoginAs, world: World) -> FlaskClient:
    login_as.account(
        Role.REGULATOR, party=world.party("监管员孙", kind=PartyKind.PERSON), login="second"
    )
    return login_as(Role.ADMINISTRATOR)


def act(client: FlaskClient, person: Party, what: str, **changes: str) -> TestResponse:
    form = {
        "act": what,
        "reason": "本人 11 月 20 日申请",
        "second_login": "second",
        "second_password": PASSWORD,
        **changes,
    }
    return client.post(f"/personal/{person.ref}", data=form)


def test_everything_held_of_a_person_is_handed_over(client: FlaskClient, person: Party) -> None:
    answer = act(client, person, "export")

    with zipfile.ZipFile(io.BytesIO(answer.data)) as zipped:
        told = json.loads(zipped.read("data.json"))
        page = zipped.read("index.html").decode()
        papers = [name for name in zipped.namelist() if name.startswith("files/")]
    assert answer.content_type == "application/zip"
    assert told["主体"][0]["phone"] == "13885700002"
    assert told["场所"][0]["name"] == "赵小满家"
    assert told["账号"][0]["登录名"] == "13885700002"
    assert [each["事情"] for each in told["事件"]] == ["主体登记", "场所登记", "存证"]
    assert told["事件"][0]["私有部分"]["name"] == "赵小满"
    assert "赵小满家" in page
    assert papers == [f"files/{sha256(b'%PDF-1.7 id').hex()}.pdf"]


def test_what_was_handed_over_is_kept_nowhere(
    client: FlaskClient, person: Party, world: World
) -> None:
    answer = act(client, person, "export", idempotency_key="once")

    assert answer.content_type == "application/zip"
    assert world.session.scalars(select(IdempotencyKey)).all() == []


def test_a_person_is_erased_from_the_service_too(
    client: FlaskClient, person: Party, world: World, tmp_path: Path
) -> None:
    account = accounts.find(world.session, "13885700002")
    assert account is not None

    answer = act(client, person, "erase")

    assert answer.status_code == 303
    assert "已删除：3 条事件的私有部分、1 份文件" in client.get(answer.location).text
    assert (person.name, account.state) == (ERASED_NAME, AccountState.SUSPENDED)
    assert (account.login, account.password_hash) == (f"erased-{account.id}", None)
    paper = evidence.path_of(tmp_path / EVIDENCE_FOLDER, sha256(b"%PDF-1.7 id"))
    assert not paper.exists()
    assert accounts.find(world.session, "13885700002") is None
    assert verify_chain(world.session).damage == []


def test_a_hold_keeps_a_person_from_being_erased(client: FlaskClient, person: Party) -> None:
    act(client, person, "hold", reason="威公案〔2026〕7 号")
    refused = act(client, person, "erase")
    shown = client.get("/personal/").text
    act(client, person, "lift", reason="结案")
    done = act(client, person, "erase")

    assert refused.status_code == 409
    assert "依法保全" in refused.text
    assert "威公案〔2026〕7 号" in shown
    assert done.status_code == 303


def test_what_is_not_held_cannot_be_released(client: FlaskClient, person: Party) -> None:
    assert act(client, person, "lift").status_code == 404


@pytest.mark.parametrize(
    "changes", [{"second_password": "wrong"}, {"second_login": "13885700002"}, {"reason": ""}]
)
def test_one_person_alone_does_nothing(
    client: FlaskClient, person: Party, changes: dict[str, str]
) -> None:
    answer = act(client, person, "erase", **changes)

    assert answer.status_code == 422
    assert person.name == "赵小满"


def test_a_person_is_found_by_name_and_a_company_is_none(
    client: FlaskClient, person: Party, world: World
) -> None:
    found = client.get("/personal/?q=小满").text

    assert person.ref in found
    assert "养殖档案" in found, "the page says how long everything is kept"
    assert world.buyer.ref not in client.get("/personal/?q=李记").text
    assert client.get(f"/personal/{world.buyer.ref}").status_code == 404


@pytest.mark.usefixtures("client")
def test_two_people_hand_over_and_erase_from_the_console(
    person: Party,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", str(world.engine.url))
    first = accounts.invited_by(world.session, None)
    login = next(each.login for each in first if each.role is Role.ADMINISTRATOR)
    world.session.commit()

    def run(*arguments: str, logins: tuple[str, str] = (login, "second")) -> Result:
        typed = [text for name in logins for text in (name, PASSWORD, "")]
        return CliRunner().invoke(cli, arguments, input="\n".join([*typed, "本人申请", ""]))

    alone = run("export-person", person.ref, str(tmp_path / "p.zip"), logins=(login, login))
    handed = run("export-person", person.ref, str(tmp_path / "p.zip"))
    erased = run("erase-person", person.ref)

    assert (alone.exit_code, handed.exit_code, erased.exit_code) == (1, 0, 0), erased.output
    assert "personal.one_person" in alone.output
    assert (tmp_path / "p.zip").stat().st_mode & 0o077 == 0
    assert "已删除：3 条事件的私有部分、1 份文件" in erased.output
    world.session.expire_all()
    assert person.name == ERASED_NAME


def test_what_is_past_its_time_goes_unless_it_is_held(world: World, tmp_path: Path) -> None:
    session, settings = world.session, config.load({"DATA_DIR": str(tmp_path)})
    told = {"role": "farmer", "permission": "", "method": "GET", "status": 200, "address": ""}
    session.add(Access(at=world.at, account_id=1, login="x", subject="/", **told))
    sheet = tmp_path / running.FOLDER / ("0" * 64)
    sheet.parent.mkdir()
    sheet.write_text("耳标号")
    later = world.at + access_log.KEPT_FOR + timedelta(days=1)
    two = {"second": world.vet, "at": world.at, "by": world.office}
    hold = legal_holds.place(session, "access_log", reason="检查", **two)  # type: ignore[arg-type] # as named

    held = retention.tidy(session, settings, at=later)
    legal_holds.lift(session, hold, reason="结束", **two)  # type: ignore[arg-type] # as named
    released = retention.tidy(session, settings, at=later)

    assert held == {"notices": 0, "request_keys": 0, "import_files": 1}
    assert released["access_log"] == 1
    assert not sheet.exists()


def test_every_period_names_its_ground() -> None:
    for period in retention.table():
        assert period.source
        assert period.certainty in {"S", "K-high", "K-med", "K-low"}
    days = {period.key: period.days for period in retention.table()}
    assert days["farm_file"] == 20 * 365 + 5
    assert timedelta(days=days["access_log"] or 0) == access_log.KEPT_FOR
