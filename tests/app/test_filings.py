"""Filings: recorded by the vet, felt at the certificate, seen by the carrier himself."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.auth.roles import Role
from tests import photos
from tests.app.programs import ProgramOf, code
from tests.app.test_today import counts
from tests.logins import LoginAs
from tests.world import World
from traceability import carriers
from traceability.carriers import Filing, FilingKind

PLATE = "贵F12345"


@pytest.fixture
def vet(login_as: LoginAs) -> FlaskClient:
    return login_as(Role.OFFICIAL_VET)


def form(world: World, **changes: Any) -> dict[str, Any]:
    return {
        "carrier": world.buyer.ref,
        "kind": "vehicle",
        "plate": "贵 Ｆ·12345",
        "number": "黔牧运 2026 001",
        "filed_from": world.today.isoformat(),
        "filed_until": (world.today + timedelta(days=365)).isoformat(),
        **changes,
    }


def filed(world: World, *, days: int, number: str = "备 1", plate: str = PLATE) -> Filing:
    return carriers.file(
        world.session,
        FilingKind.VEHICLE,
        carrier=world.buyer,
        number=number,
        plate=plate,
        filed_from=world.today - timedelta(days=60),
        filed_until=world.today + timedelta(days=days),
        at=world.at,
        by=world.vet,
    )


def test_a_vet_records_renews_and_revokes(vet: FlaskClient, world: World) -> None:
    page = vet.get(f"/filings/new?carrier={world.buyer.ref}").text
    sent = vet.post("/filings/new", data=form(world, photo=photos.upload("备案表.jpg")))
    shown = vet.get(sent.location).text
    silent = vet.post(f"{sent.location}/revoke", data={"ground": ""})
    revoked = vet.post(f"{sent.location}/revoke", data={"ground": "车辆报废"})

    assert world.buyer.name in page
    assert sent.status_code == 303
    assert PLATE in shown
    assert "看备案表" in shown
    assert (silent.status_code, revoked.status_code) == (422, 303)
    assert "车辆报废" in vet.get(sent.location).text
    assert "已注销" in vet.get("/filings/?q=12345").text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"plate": ""}, "车辆备案要填车牌号"),
        ({"plate": "贵F1"}, "车牌号不对"),
        ({"number": ""}, "请填写"),
        ({"filed_until": "2020-01-01"}, "有效期应不早于备案日期"),
        ({"filed_from": "2027-01-01"}, "备案日期应不晚于今天"),
    ],
)
def test_what_cannot_be_filed_comes_back_with_its_reason(
    vet: FlaskClient, world: World, changes: dict[str, Any], sentence: str
) -> None:
    page = vet.post("/filings/new", data=form(world, **changes))

    assert page.status_code == 422
    assert sentence in page.text
    assert "黔牧运 2026 001" in page.text or "number" in changes


def test_what_ends_soon_waits_until_it_is_renewed(vet: FlaskClient, world: World) -> None:
    filed(world, days=10)
    filed(world, days=200, number="备 2", plate="贵F22222")
    world.session.commit()
    before = counts(vet)["运输备案快到期或刚过期"]
    listed = vet.get("/filings/?ending=1").text

    filed(world, days=300, number="备 3")
    world.session.commit()

    assert before == "1份"
    assert PLATE in listed
    assert "贵F22222" not in listed
    assert "运输备案快到期或刚过期" not in counts(vet)


def test_a_certificate_for_a_filed_vehicle_tells_its_filing(vet: FlaskClient, world: World) -> None:
    filed(world, days=10)
    paper = world.certified(world.animal(), plate=PLATE)
    world.session.commit()

    told = vet.get(f"/api/certificates/{paper.ref}/outcomes").json
    assert isinstance(told, list)
    found = {row["code"]: row for row in told[0]["outcomes"]}

    assert found["vehicle.filed"]["result"] == "passed"
    assert "备 1" in found["vehicle.filed"]["evidence"]
    assert found["carrier.filed"]["result"] == "warned"


def test_a_carrier_sees_his_own_filings_only(login_as: LoginAs, world: World) -> None:
    filed(world, days=10)
    theirs = carriers.file(
        world.session,
        FilingKind.CARRIER,
        carrier=world.farmer,
        number="别人的",
        filed_from=world.today,
        filed_until=None,
        at=world.at,
        by=world.vet,
    )
    world.session.commit()
    carrier = login_as(Role.CARRIER, party=world.buyer)

    page = carrier.get("/filings/").text

    assert PLATE in page
    assert "别人的" not in page
    assert carrier.get(f"/filings/{theirs.ref}").status_code == 404
    assert counts(carrier)["运输备案快到期或刚过期"] == "1份"


def test_a_program_records_and_finds(program_of: ProgramOf, world: World) -> None:
    vet = program_of(Role.OFFICIAL_VET)
    told = {**form(world), "evidence": None}
    told.pop("evidence")

    made = vet.post("/api/filings/", told)
    again = vet.post("/api/filings/", told)
    found = vet.get("/api/filings/", q="12345", kind="vehicle").get_json()
    revoked = vet.post(f"/api/filings/{made.get_json()['ref']}/revoke", {"ground": "转让"})
    twice = vet.post(f"/api/filings/{made.get_json()['ref']}/revoke", {"ground": "转让"})

    assert made.status_code == 201
    assert made.get_json()["plate"] == PLATE
    assert code(again) == (409, "filing.number_used")
    assert [row["number"] for row in found["rows"]] == ["黔牧运 2026 001"]
    assert revoked.get_json()["revoke_ground"] == "转让"
    assert code(twice) == (409, "filing.revoked")
