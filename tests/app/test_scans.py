"""Scans of public codes: counted without addresses, and a copied label found out."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from app.auth.roles import Role
from app.factory import Platform
from app.labels import printing
from app.labels.links import LinkKind
from app.trace import alarms, scans
from app.trace.alarms import LIMITS, CloneAlarm
from app.trace.scans import Scans, ScanTally
from market.sales.records import Sale
from tests import selling
from tests.app.lines import UNKNOWN, stamp, words
from tests.logins import LoginAs
from tests.world import World
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.checkpoints.keys import Signer

COUNTIES = ("520526", "520502", "440103")


def counts_of(app: Platform) -> Scans:
    with app.app_context():
        return scans.here()


def written(world: World, app: Platform) -> dict[tuple[str, str], tuple[int, int]]:
    """Code and place → scans and visitors, once the ten seconds are over."""
    world.session.commit()
    counts_of(app).flush()
    rows = world.session.scalars(select(ScanTally))
    return {(row.code, row.place): (row.scans, row.visitors) for row in rows}


def looked_at(client: FlaskClient, path: str, address: str) -> str:
    answer = client.get(path, environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == 200
    return answer.text


def sold(world: World) -> Sale:
    weighing = world.weighed(world.at_market(world.animal()), world.scale())
    return selling.sold(world, weighing)


def crowded(world: World, app: Platform, code: str) -> CloneAlarm:
    """A receipt's code opened by one person more than is plausible."""
    world.session.commit()
    for number in range(LIMITS[LinkKind.RECEIPT].visitors + 1):
        address = f"10.0.0.{number}"
        counts_of(app).note(LinkKind.RECEIPT, code, address, at=world.at)
    counts_of(app).flush()
    world.session.expire_all()
    return world.session.scalars(select(CloneAlarm)).one()


def test_who_looks_twice_is_one_visitor_and_two_scans(
    world: World, app: Platform, client: FlaskClient, signer: Signer
) -> None:
    animal = world.animal()
    stamp(world, signer)
    path = f"/t/{animal.short_code}"

    for address in ("10.0.0.1", "10.0.0.1", "10.0.0.2"):
        looked_at(client, path, address)

    assert written(world, app) == {(animal.short_code, ""): (3, 2)}


def test_a_code_that_opens_nothing_is_not_counted(
    world: World, app: Platform, client: FlaskClient
) -> None:
    client.get(f"/t/{UNKNOWN}")

    assert written(world, app) == {}


def test_no_address_is_kept_and_tomorrow_nobody_is_recognised(
    world: World, app: Platform, client: FlaskClient
) -> None:
    animal = world.animal()
    path = f"/t/{animal.short_code}"
    looked_at(client, path, "10.9.8.7")
    written(world, app)
    world.later(days=1)
    looked_at(client, path, "10.9.8.7")

    assert written(world, app)
    assert world.session.scalar(select(func.sum(ScanTally.visitors))) == 2
    assert "10.9.8.7" not in repr(vars(counts_of(app)))
    rows = world.session.execute(text("SELECT * FROM scan_tally")).fetchall()
    assert "10.9.8.7" not in repr(rows)


def test_a_place_is_a_signed_in_shops_county(
    world: World, app: Platform, login_as: LoginAs
) -> None:
    animal = world.animal()
    world.session.commit()
    shop = login_as(Role.MARKET_OPERATOR)

    shop.get(f"/t/{animal.short_code}")

    assert written(world, app)[animal.short_code, "520526"] == (1, 1)


def test_a_visitor_chooses_his_county_once_a_day(
    world: World, app: Platform, client: FlaskClient
) -> None:
    animal = world.animal()
    world.session.commit()
    path = f"/t/{animal.short_code}/place"

    provinces = words(client.get(path).text)
    prefectures = client.get(f"{path}?in=520000").text
    told = [client.get(f"{path}?county={county}") for county in COUNTIES]

    assert "广东省" in provinces
    assert "毕节市" in prefectures
    assert {answer.status_code for answer in told} == {303}
    assert {answer.location for answer in told} == {f"/t/{animal.short_code}"}
    found = written(world, app)
    assert [found[animal.short_code, county] for county in COUNTIES] == [(0, 1), (0, 0), (0, 0)]


@pytest.mark.parametrize("county", ["999999", "520526104203", "' OR 1=1"])
def test_a_place_that_is_none_is_asked_again(
    world: World, app: Platform, client: FlaskClient, county: str
) -> None:
    animal = world.animal()
    world.session.commit()

    answer = client.get(f"/t/{animal.short_code}/place", query_string={"county": county})
    unknown = client.get(f"/t/{UNKNOWN}/place")

    assert answer.status_code == 200
    assert written(world, app) == {}
    assert unknown.data == client.get(f"/t/{UNKNOWN}").data


def test_a_receipt_opened_by_too_many_is_flagged_on_its_page_in_neutral_words(
    world: World, app: Platform, client: FlaskClient, signer: Signer
) -> None:
    sale = sold(world)
    stamp(world, signer)
    path = f"/r/{sale.receipt_code}"
    before = client.get(path)

    alarm = crowded(world, app, sale.receipt_code)
    after = client.get(path, headers={"If-None-Match": before.headers["ETag"]})

    assert alarm.visitors == 22  # he who looked before, too
    assert "请多核对一步" not in before.text
    assert after.status_code == 200
    assert "这不等于成交凭证有问题" in words(after.text)
    assert "伪造" not in words(after.text)


def test_one_code_in_three_counties_on_a_day_is_flagged_and_one_alarm_learns_the_count(
    world: World, app: Platform
) -> None:
    animal = world.animal()
    world.session.commit()
    counts = counts_of(app)

    for number, county in enumerate(COUNTIES):
        counts.tell_place(
            LinkKind.ANIMAL, animal.short_code, f"10.0.0.{number}", at=world.at, place=county
        )
        counts.flush()

    alarm = world.session.scalars(select(CloneAlarm)).one()
    assert sorted(alarm.places) == sorted(COUNTIES)
    assert (alarm.kind, alarm.code, alarm.on) == (LinkKind.ANIMAL, animal.short_code, world.today)


def test_the_regulator_sees_the_alarm_looks_into_it_and_the_page_is_quiet_again(
    world: World, app: Platform, client: FlaskClient, login_as: LoginAs
) -> None:
    sale = sold(world)
    alarm = crowded(world, app, sale.receipt_code)
    regulator = login_as(Role.REGULATOR)

    listed = words(regulator.get("/scans/").text)
    empty = regulator.post(f"/scans/{alarm.id}/close", data={"note": " "})
    done = regulator.post(f"/scans/{alarm.id}/close", data={"note": "到店核对，标签无误"})
    again = regulator.post(f"/scans/{alarm.id}/close", data={"note": "再来一次"})

    assert "一天有 21 人打开，超过 20 人" in listed
    assert "待核实" in listed
    assert (empty.status_code, done.status_code, again.status_code) == (422, 303, 409)
    assert "到店核对，标签无误" in regulator.get("/scans/").text
    assert "请多核对一步" not in client.get(f"/r/{sale.receipt_code}").text


def test_an_alarm_is_closed_once_by_somebody_who_says_what_was_found(
    world: World, app: Platform
) -> None:
    alarm = crowded(world, app, sold(world).receipt_code)
    session = world.session
    told: dict[str, Any] = {"at": world.at, "by": world.office}

    with pytest.raises(RuleViolation, match="请写明核实情况") as wordless:
        alarms.close(session, alarm.id, note="", **told)
    with pytest.raises(NotFound) as unknown:
        alarms.close(session, 999_999, note="无误", **told)
    alarms.close(session, alarm.id, note="无误", **told)
    with pytest.raises(Conflict) as twice:
        alarms.close(session, alarm.id, note="无误", **told)

    codes = [refused.value.code for refused in (wordless, unknown, twice)]
    assert codes == ["alarm.without_note", "alarm.not_found", "alarm.closed"]


def test_what_cannot_be_written_now_is_written_later(world: World, app: Platform) -> None:
    counts, code = counts_of(app), world.animal().short_code
    world.session.flush()  # this transaction holds the database
    good, counts.engine = counts.engine, counts.engine.execution_options(reads_only=True)

    counts.note(LinkKind.ANIMAL, code, "10.0.0.1", at=world.at)
    world.session.commit()
    counts.flush()
    counts.engine = good
    counts.note(LinkKind.ANIMAL, code, "10.0.0.1", at=world.at + timedelta(seconds=1))

    assert written(world, app) == {(code, ""): (2, 1)}


def test_a_kept_page_is_counted_like_a_fresh_one(
    world: World, app: Platform, client: FlaskClient, signer: Signer
) -> None:
    animal = world.animal()
    stamp(world, signer)
    with app.app_context():
        path = urlsplit(printing.animal_link(world.session, animal)).path

    fresh, kept = (looked_at(client, path, "10.0.0.1") for _ in range(2))

    assert fresh == kept
    assert written(world, app) == {(animal.short_code, ""): (2, 1)}
