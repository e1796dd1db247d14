"""Passwords of devices: shown once, revoked alone, the same for both brokers."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from devices import credentials, devices
from devices.credentials import Account
from devices.devices import DeviceFacts, DeviceKind
from tests.devices.yard import AT, BY, HOLDING, READER, SCALE, SERVER, empty_database, install
from traceability.base.db import reading, transaction
from traceability.base.errors import Conflict, NotFound, RuleViolation


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return empty_database(f"sqlite:///{tmp_path}/yard.sqlite")


def test_a_password_is_kept_only_as_hashes(engine: Engine, tmp_path: Path) -> None:
    (password,) = install(engine, SCALE)

    assert password.encode() not in (tmp_path / "yard.sqlite").read_bytes()
    assert password.encode() not in (tmp_path / "yard.sqlite-wal").read_bytes()


def test_a_device_has_one_password_at_a_time(engine: Engine) -> None:
    install(engine, SCALE)

    with transaction(engine, recorded_at=AT) as session:
        device = devices.by_code(session, "crate-1")
        with pytest.raises(Conflict) as refusal:
            credentials.issue(session, device, at=AT, by=BY)

    assert refusal.value.code == "credential.already_issued"


def test_nothing_can_be_revoked_twice(engine: Engine) -> None:
    install(engine, SCALE)

    with transaction(engine, recorded_at=AT) as session:
        device = devices.by_code(session, "crate-1")
        credentials.revoke(session, device, at=AT, by=BY)
        with pytest.raises(NotFound) as refusal:
            credentials.revoke(session, device, at=AT, by=BY)

    assert refusal.value.code == "credential.none"


def test_a_retired_device_gets_no_password_and_comes_in_no_more(engine: Engine) -> None:
    (password,) = install(engine, SCALE)

    with transaction(engine, recorded_at=AT) as session:
        device = devices.by_code(session, "crate-1")
        devices.retire(session, device)
        with pytest.raises(Conflict) as refusal:
            credentials.issue(session, device, at=AT, by=BY)

    assert refusal.value.code == "credential.device_retired"
    with reading(engine) as session:
        assert credentials.admitted(session, Account("crate-1", password), at=AT) is None


@pytest.mark.parametrize(("hours_later", "admitted"), [(0, True), (23, True), (24, False)])
def test_a_password_ends_with_its_day(engine: Engine, hours_later: int, admitted: bool) -> None:
    (password,) = install(engine, SCALE, expires_at=AT + timedelta(hours=24))
    at = AT + timedelta(hours=hours_later)

    with reading(engine) as session:
        found = credentials.admitted(session, Account("crate-1", password), at=at)
        assert (found is not None) is admitted
        assert credentials.admitted(session, Account("crate-1", "guessed"), at=at) is None


def test_the_password_file_has_every_living_device_and_the_platform(engine: Engine) -> None:
    install(engine, SCALE, READER)
    with transaction(engine, recorded_at=AT) as session:
        credentials.revoke(session, devices.by_code(session, "reader-1"), at=AT, by=BY)

    with reading(engine) as session:
        text = credentials.password_file(session, SERVER, at=AT)

    assert [line.split(":")[0] for line in text.splitlines()] == ["platform", "crate-1"]
    assert "$argon2" not in text


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (DeviceFacts(code="Crate 1", kind=DeviceKind.READER, format="allflex"), "device.bad_code"),
        (DeviceFacts(code="platform", kind=DeviceKind.READER, format="allflex"), "device.bad_code"),
        (DeviceFacts(code="crate-1", kind=DeviceKind.SCALE, format="toledo"), "device.bad_scale"),
        (DeviceFacts(code="crate-1", kind=DeviceKind.SCALE, format="gueltig", division_g=500,
                     max_g=1_000_000), "device.unknown_format"),
        (DeviceFacts(code="crate-1", kind=DeviceKind.SCALE, format="allflex", division_g=500,
                     max_g=1_000_000), "device.unknown_format"),
    ],
)  # fmt: skip
def test_a_device_is_registered_whole_or_not_at_all(
    engine: Engine, facts: DeviceFacts, code: str
) -> None:
    with (
        pytest.raises(RuleViolation) as refusal,
        transaction(engine, recorded_at=AT) as session,
    ):
        devices.register(session, facts, holding=HOLDING, at=AT, by=BY)

    assert refusal.value.code == code


def test_two_devices_never_share_a_code(engine: Engine) -> None:
    install(engine, SCALE)

    with pytest.raises(Conflict) as refusal:
        install(engine, SCALE)

    assert refusal.value.code == "device.code_in_use"
    with reading(engine) as session:
        assert [device.code for device in devices.everything(session)] == ["crate-1"]
        with pytest.raises(NotFound, match=r"device\.unknown"):
            devices.by_code(session, "crate-2")
