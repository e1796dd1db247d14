"""The stock of ear tags, on the pages and as JSON."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.auth.accounts import Grant
from app.auth.roles import Role, ScopeKind
from tests.app.programs import Program, ProgramOf, code
from tests.app.test_drug_labels import evidence_of, picture
from tests.logins import LoginAs
from tests.world import World
from traceability.parties import PartyKind

TOWN = "520526104"
STOCK = "/api/tag-stock/"
RUN = {"first_tag": "252052600000001", "last_tag": "1000"}


def batch(officer: Program, **changes: str) -> str:
    """A batch in the county's store; its reference."""
    made = officer.post(STOCK, {**RUN, "region_code": "520526", "document_no": "调拨 1", **changes})
    assert made.status_code == 201, made.text
    ref: str = made.get_json()["ref"]
    return ref


def issued(officer: Program, source: str, world: World, **changes: str) -> str:
    """A part for the village vet; its reference."""
    told = {**RUN, "last_tag": "100", "to": world.village_vet.ref, "region_code": TOWN, **changes}
    made = officer.post(f"{STOCK}{source}/issue", told)
    assert made.status_code == 201, made.text
    ref: str = made.get_json()["ref"]
    return ref


def calf(world: World, ear_tag: str) -> dict[str, Any]:
    return {
        "ear_tag": ear_tag,
        "breed": "weining",
        "sex": "male",
        "born_on": world.today.isoformat(),
        "holding": world.home.ref,
    }


def hand(client: FlaskClient, path: str, **form: Any) -> str:
    """Send a form; where it leads."""
    answer = client.post(path, data=form)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_tags_go_from_hand_to_hand_on_the_pages(login_as: LoginAs, world: World) -> None:
    officer, vet = login_as(Role.OFFICIAL_VET), login_as(Role.VILLAGE_VET)
    paper = {"region_code": "520526", "document_no": "调拨 1", "photo": picture()}

    stored = hand(officer, "/tag-stock/new", **RUN, **paper)
    form = officer.get(f"{stored}/issue").text
    receiver = f"{world.village_vet.ref}/{TOWN}"
    hand(officer, f"{stored}/issue", **{**RUN, "last_tag": "100"}, receiver=receiver)
    home, waiting = vet.get("/").text, vet.get("/tag-stock/").text
    mine = waiting.split('href="/tag-stock/tag_range:')[1].split('"')[0]
    path = f"/tag-stock/tag_range:{mine}"
    hand(vet, f"{path}/confirm")
    hand(vet, f"{path}/return", first_tag="252052600000091", last_tag="100", reason="用不完")
    lost = {"first_tag": "252052600000081", "last_tag": "90", "reason": "丢了", "kind": "lost"}
    hand(vet, f"{path}/write-off", **lost)

    assert receiver in form
    assert "发来的耳标等您签收" in home
    assert "等您签收" in waiting
    shown = vet.get(path).text
    for words in ("00000081—00000090", "丢失", "退回", "整个号段已戴上 0 枚", "耳标签收"):
        assert words in shown
    assert "00000001—00000080" in shown, "what is left is said as a run"
    assert "看单据或照片" in officer.get(stored).text
    assert "县库" in officer.get("/tag-stock/").text
    assert officer.get(f"/tag-stock/?holder={world.village_vet.ref}").status_code == 200


def test_a_part_may_be_declined_or_taken_back(
    login_as: LoginAs, program_of: ProgramOf, world: World
) -> None:
    officer, vet = program_of(Role.OFFICIAL_VET), program_of(Role.VILLAGE_VET)
    source = batch(officer)

    declined = issued(officer, source, world)
    page = login_as(Role.VILLAGE_VET)
    hand(page, f"/tag-stock/{declined}/decline", reason="少了三枚")
    again = issued(officer, source, world)
    back = officer.post(f"{STOCK}{again}/decline", {"reason": "发错了人"})
    late = vet.post(f"{STOCK}{again}/confirm", {})

    assert back.get_json()["decline_reason"] == "发错了人"
    assert code(late) == (409, "tag_range.answered")
    assert "少了三枚" in page.get(f"/tag-stock/{declined}").text


def test_a_program_reads_counts_that_add_up(program_of: ProgramOf, world: World) -> None:
    officer, vet = program_of(Role.OFFICIAL_VET), program_of(Role.VILLAGE_VET)
    part = issued(officer, batch(officer), world)
    vet.post(f"{STOCK}{part}/confirm", {})
    world.later(minutes=1)
    vet.post("/api/animals/", calf(world, "252052600000001"))
    gone = {"first_tag": "252052600000099", "last_tag": "100", "reason": "剪断"}
    photo = evidence_of(vet)

    unseen = vet.post(f"{STOCK}{part}/write-off", {**gone, "kind": "destroyed"})
    done = vet.post(f"{STOCK}{part}/write-off", {**gone, "kind": "destroyed", "evidence": photo})
    told = vet.get(f"{STOCK}{part}").get_json()
    [mine] = [
        each
        for each in vet.get(f"{STOCK}holders").get_json()
        if each["holder"]["ref"] == world.village_vet.ref
    ]

    assert code(unseen) == (422, "tag_range.no_photograph")
    assert done.status_code == 201
    assert told["count"] == mine["count"]
    assert told["count"] == {
        "size": 100,
        "worn": 1,
        "issued": 0,
        "returned": 0,
        "lost": 0,
        "destroyed": 2,
        "left": 97,
    }
    assert told["left"] == [{"first": "252052600000002", "last": "252052600000098"}]
    assert vet.get(STOCK).get_json()["total"] == 1, "the county's store is not the vet's to see"


def test_a_tag_not_issued_here_is_worn_with_a_warning(
    login_as: LoginAs, program_of: ProgramOf, world: World
) -> None:
    officer, vet = program_of(Role.OFFICIAL_VET), program_of(Role.VILLAGE_VET)
    vet.post(f"{STOCK}{issued(officer, batch(officer), world)}/confirm", {})
    world.later(minutes=1)

    good = vet.post("/api/animals/", calf(world, "252052600000001")).get_json()
    odd = vet.post("/api/animals/", calf(world, "252052600009999")).get_json()
    new = {"ear_tag": "252052600009998", "reason": "脱落", "evidence": evidence_of(vet)}
    retagged = vet.post(f"/api/animals/{good['ref']}/retag", new).get_json()
    page = login_as(Role.FARMER).get(f"/animals/{odd['ref']}").text
    by_form = login_as(Role.FARMER)
    told = by_form.post("/animals/new", data=calf(world, "252052600009997"))

    assert good["warnings"] == []
    assert [each["code"] for each in odd["warnings"]] == ["tag.issued"]
    assert [each["code"] for each in retagged["warnings"]] == ["tag.issued"]
    assert "不在任何已入库的号段里" in page
    assert "不在任何已入库的号段里" in by_form.get(told.location).text


@pytest.mark.parametrize(
    ("changes", "status", "refusal"),
    [
        ({"first_tag": "252052600000101"}, 422, "tag_run.order"),
        ({"first_tag": "很多"}, 422, "ear_tag.not_digits"),
        ({"last_tag": "1001"}, 422, "tag_range.not_within"),
        ({"region_code": "520526105"}, 422, "tag_range.no_receiver"),
        ({"to": "party:" + "0" * 32}, 422, "tag_range.no_receiver"),
        ({"to": "某人"}, 422, "request.invalid"),
    ],
)
def test_an_issue_that_cannot_be_is_refused(
    program_of: ProgramOf, world: World, changes: dict[str, str], status: int, refusal: str
) -> None:
    officer = program_of(Role.OFFICIAL_VET)
    program_of(Role.VILLAGE_VET)
    told = {**RUN, "last_tag": "100", "to": world.village_vet.ref, "region_code": TOWN}

    answer = officer.post(f"{STOCK}{batch(officer)}/issue", {**told, **changes})

    assert code(answer) == (status, refusal)


def test_a_form_that_cannot_be_is_shown_again(login_as: LoginAs) -> None:
    officer = login_as(Role.OFFICIAL_VET)
    paper = {"region_code": "520526", "document_no": "调拨 1"}
    hand(officer, "/tag-stock/new", **RUN, **paper)

    again = officer.post("/tag-stock/new", data={**RUN, **paper})
    elsewhere = officer.post("/tag-stock/new", data={**RUN, **paper, "region_code": "520524"})

    assert again.status_code == 409
    assert "重号" in again.text
    assert "调拨 1" in again.text
    assert elsewhere.status_code == 404


def test_a_stranger_sees_no_range_and_a_village_vet_serves_no_store(
    program_of: ProgramOf, world: World
) -> None:
    officer, _ = program_of(Role.OFFICIAL_VET), program_of(Role.VILLAGE_VET)
    source = batch(officer)
    part = issued(officer, source, world)
    other = Grant(ScopeKind.REGION, "520524")
    party = world.party("邻县兽医", kind=PartyKind.PERSON)
    stranger = program_of(Role.OFFICIAL_VET, party=party, grants=(other,))
    wide = program_of(Role.VILLAGE_VET, grants=(Grant(ScopeKind.REGION, "520526"),))
    back = {**RUN, "reason": "退"}

    assert code(stranger.get(f"{STOCK}{part}")) == (404, "tag_range.not_found")
    assert code(stranger.post(f"{STOCK}{part}/decline", {"reason": "试试"})) == (
        404,
        "tag_range.not_found",
    )
    assert code(wide.post(f"{STOCK}{source}/return", back)) == (422, "tag_range.not_holder")
    assert stranger.get(STOCK).get_json()["total"] == 0


def test_a_vet_whose_tags_run_out_hears_of_it(
    login_as: LoginAs, program_of: ProgramOf, world: World
) -> None:
    officer, vet = program_of(Role.OFFICIAL_VET), program_of(Role.VILLAGE_VET)
    part = issued(officer, batch(officer), world, last_tag="21")
    vet.post(f"{STOCK}{part}/confirm", {})
    page = login_as(Role.VILLAGE_VET)
    before = page.get("/").text
    world.later(minutes=1)

    vet.post("/api/animals/", calf(world, "252052600000001"))
    enough = page.get("/").text
    vet.post("/api/animals/", calf(world, "252052600000002"))

    assert "耳标快用完" not in before + enough
    assert "耳标快用完" in page.get("/").text
    assert "快用完" in page.get("/tag-stock/").text


def test_what_was_handed_out_yesterday_is_told_with_the_reason(
    program_of: ProgramOf, world: World
) -> None:
    officer, vet = program_of(Role.OFFICIAL_VET), program_of(Role.VILLAGE_VET)
    days = [(world.at - timedelta(days=ago)).isoformat() for ago in (3, 2, 1)]
    why = {"late_reason": "补录纸质台账"}
    source = batch(officer, at=days[0], **why)

    silent = officer.post(f"{STOCK}{source}/return", {**RUN, "reason": "退", "at": days[1]})
    part = issued(officer, source, world, at=days[1], **why)
    early = vet.post(f"{STOCK}{part}/confirm", {"at": days[0], **why})
    told = vet.post(f"{STOCK}{part}/confirm", {"at": days[2], **why})
    calves = [
        vet.post("/api/animals/", calf(world, f"25205260000000{last}")).get_json()
        for last in (1, 2)
    ]

    assert code(silent) == (422, "tag_range.nobody_above")
    assert code(early) == (422, "tag_range.too_early")
    assert told.status_code == 200
    assert [each["warnings"] for each in calves] == [[], []]


def test_a_late_entry_without_its_reason_is_refused(program_of: ProgramOf, world: World) -> None:
    officer = program_of(Role.OFFICIAL_VET)
    yesterday = (world.at - timedelta(days=1)).isoformat()

    answer = officer.post(
        STOCK, {**RUN, "region_code": "520526", "document_no": "调拨 1", "at": yesterday}
    )

    assert code(answer) == (422, "chain.late_without_reason")
