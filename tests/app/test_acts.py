"""Who did what, when, from where, for whom: searched, exported with proofs, and itself noted."""

import contextlib
import json
import sqlite3
from datetime import timedelta

from app.auth import access_log
from app.auth.roles import Role
from app.factory import Platform
from tests.app.programs import ProgramOf, code
from tests.inspector import verify
from tests.logins import LoginAs
from tests.world import World
from traceability import consents
from traceability.checkpoints import stamps
from traceability.checkpoints.keys import Signer
from traceability.consents import ConsentAct
from traceability.holdings import HoldingKind

DEATH = {"cause": "不明", "disposal": "深埋"}


def a_helper_reports(app: Platform, program_of: ProgramOf) -> str:
    """A death told by a helper for the owner, through the service; the animal's reference."""
    world = program_of.login_as.world
    helper, animal = world.party("合作社理事长"), world.animal()
    consents.grant(
        world.session,
        grantor=world.farmer,
        agent=helper,
        acts=[ConsentAct.HERD],
        until=world.at + timedelta(days=30),
        at=world.at,
        by=world.farmer,
    )
    program = program_of(Role.FARMER, party=helper)
    owner = {"On-Behalf-Of": world.farmer.ref}
    told = program.post(f"/api/animals/{animal.ref}/death", DEATH, **owner)
    assert told.status_code == 200, told.text
    access_log.flush(app)
    return animal.ref


def test_it_is_found_who_did_what_from_where_and_for_whom(
    app: Platform, program_of: ProgramOf, login_as: LoginAs
) -> None:
    animal = a_helper_reports(app, program_of)
    regulator = login_as(Role.REGULATOR)

    found = (
        program_of(Role.REGULATOR)
        .get("/api/chain/acts", who="合作社理事长", kind="animal.died")
        .json
    )
    page = regulator.get("/audit/acts?who=合作社理事长").text
    for_owner = regulator.get("/audit/acts?who=王大明&kind=animal.died").text

    assert found is not None
    (row,) = found["rows"]
    assert (row["by"], row["on_behalf_of"]) == ("合作社理事长", "王大明")
    assert row["address"] == "127.0.0.1"
    assert row["recorded_at"] is not None
    assert [each["ref"] for each in row["subjects"]] == [animal]
    assert "127.0.0.1" in page
    assert f"/audit/{animal}" in page
    assert "合作社理事长" in for_owner


def test_days_kinds_and_strangers_narrow_what_is_found(login_as: LoginAs) -> None:
    world = login_as.world
    world.animal()
    regulator = login_as(Role.REGULATOR)
    today = world.today.isoformat()

    assert "牛只" in regulator.get(f"/audit/acts?who=王大明&first={today}&last={today}").text
    for nothing in (
        "who=没有这个人",
        "who=王大明&last=2020-01-01",
        f"who=王大明&first={world.today + timedelta(days=1)}",
        "who=王大明&kind=sale.agreed",
    ):
        assert "没有找到" in regulator.get(f"/audit/acts?{nothing}").text, nothing
    assert regulator.get("/audit/acts?kind=gossip").status_code == 422
    assert regulator.get("/audit/acts/bundle.json?first=yesterday").status_code == 422
    assert login_as(Role.FARMER).get("/audit/acts").status_code == 403


def test_older_acts_follow_page_by_page(login_as: LoginAs, program_of: ProgramOf) -> None:
    world = login_as.world
    for _ in range(30):
        world.animal()
    program = program_of(Role.ADMINISTRATOR)
    seen: list[tuple[str, str]] = []
    older: dict[str, int] = {}

    while True:
        told = program.get("/api/chain/acts", first=world.today.isoformat(), **older).json
        assert told is not None
        seen += [(row["kind"], row["subjects"][0]["ref"]) for row in told["rows"]]
        if told["before"] is None:
            break
        older = {"before": told["before"]}

    assert len(seen) == len(set(seen)) > 60
    assert sum(kind == "animal.registered" for kind, _ in seen) == 30


def test_a_regulator_of_one_county_hears_nothing_of_another(login_as: LoginAs) -> None:
    world = login_as.world
    far = world.holding(HoldingKind.FARM, "赫章的养殖场", region="520527")
    hidden, shown = world.animal(holding=far), world.animal()

    page = login_as(Role.REGULATOR).get("/audit/acts?kind=animal.registered").text
    everything = login_as(Role.ADMINISTRATOR).get("/audit/acts?kind=animal.registered").text

    assert shown.ref in page
    assert hidden.ref not in page
    assert hidden.ref in everything


def test_the_bundle_of_a_search_verifies_with_the_inspectors_program(
    app: Platform, program_of: ProgramOf, login_as: LoginAs, signer: Signer
) -> None:
    a_helper_reports(app, program_of)
    world = login_as.world
    stamps.sequence(world.session, signer, at=world.at)
    world.session.commit()
    asked = {"who": "合作社理事长", "kind": "animal.died"}

    file = login_as(Role.REGULATOR).get("/audit/acts/bundle.json", query_string=asked)
    told = json.loads(file.data)
    same = program_of(Role.REGULATOR).get("/api/chain/acts/bundle", **asked).json

    assert verify.faults(told, [signer.verifier.vkey]) == []
    assert same is not None
    assert same["events"] == told["events"]
    (entry,) = told["events"]
    assert world.farmer.ref in entry["opening"]["private"]
    entry["opening"]["private"] = entry["opening"]["private"].replace("深埋", "焚烧")
    assert verify.faults(told, [signer.verifier.vkey])


def test_what_an_auditor_searched_and_took_is_noted_and_found(
    app: Platform, login_as: LoginAs
) -> None:
    login_as.world.animal()
    regulator = login_as(Role.REGULATOR)
    regulator.get("/audit/acts?who=王大明")
    regulator.get("/audit/acts/bundle.json?who=王大明")
    regulator.get("/animals/?q=王大明")
    access_log.flush(app)

    page = regulator.get("/access/?subject=王大明&address=127.0.0.1").text
    looked = [row.subject for row in access_log.recent(login_as.world.session)]

    assert "who=王大明" in page
    assert {"/audit/acts?who=王大明", "/audit/acts/bundle.json?who=王大明"} <= set(looked)
    assert "/animals/" in looked  # what others search for is not written down
    assert "还没有访问记录" in regulator.get("/access/?address=192.0.2.1").text
    assert "还没有访问记录" in regulator.get("/access/?last=2020-01-01").text
    assert "还没有访问记录" in regulator.get("/access/?login=nobody&first=2020-01-01").text
    assert regulator.get("/access/?first=gossip").status_code == 422


def test_a_spoilt_event_is_counted_and_named(login_as: LoginAs, world: World) -> None:
    world.animal()
    world.session.commit()
    regulator = login_as(Role.REGULATOR)
    with contextlib.closing(sqlite3.connect(str(world.engine.url.database))) as file:
        file.execute("DROP TRIGGER event_no_update")
        file.execute(
            "UPDATE event SET canonical = x'00' WHERE id = (SELECT max(id) - 1 FROM event)"
        )
        file.commit()

    page = regulator.get("/audit/acts").text

    assert "1 条事件读不出来" in page


def test_a_program_of_a_farmer_is_refused(program_of: ProgramOf) -> None:
    farmer = program_of(Role.FARMER)

    for address in ("/api/chain/acts", "/api/chain/acts/bundle"):
        assert code(farmer.get(address))[0] == 403
