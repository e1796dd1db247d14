"""A campaign on the page and by program: opened, dosed by village and pen, counted, closed."""

import io
from datetime import timedelta

from python_calamine import CalamineWorkbook

from app.auth.accounts import Grant
from app.auth.roles import Role, ScopeKind
from tests.app.programs import ProgramOf, code
from tests.logins import LoginAs
from tests.world import World
from traceability import treatments
from traceability.animals import Animal
from traceability.campaigns import records
from traceability.campaigns.records import Campaign, CampaignKind
from traceability.holdings import HoldingKind
from traceability.treatments import Disease

VILLAGE = "520526104001"
FORM = {
    "kind": "autumn",
    "name": "小海镇秋防",
    "disease": "fmd",
    "vaccine": "口蹄疫 O 型、A 型二价灭活疫苗",
    "regions": ["520526104"],
    "first_on": "2026-11-01",
    "last_on": "2026-11-30",
}


def opened(world: World, **changes: object) -> Campaign:
    told: dict[str, object] = {
        **FORM,
        "kind": CampaignKind.AUTUMN,
        "disease": Disease.FMD,
        "first_on": world.today - timedelta(days=20),
        "last_on": world.today + timedelta(days=8),
        **changes,
    }
    return records.open_campaign(world.session, **told, at=world.at, by=world.vet)  # type: ignore[arg-type]  # told by name


def doses(world: World, animal: Animal) -> int:
    world.session.expire_all()
    return len(treatments.doses(world.session, animal))


def test_an_official_vet_opens_a_campaign_and_closes_it_with_what_it_missed(
    login_as: LoginAs, world: World
) -> None:
    world.animal(vaccinated_days_ago=200)
    vet = login_as(Role.OFFICIAL_VET)

    answer = vet.post("/campaigns/new", data=FORM)
    page = vet.get(answer.location).text
    again = vet.post("/campaigns/new", data=FORM)
    closed = vet.post(f"{answer.location}/close", data={"note": "明天补免"}, follow_redirects=True)

    assert answer.status_code == 303
    assert "小海镇" in page
    assert "应免" in page
    assert again.status_code == 409
    assert "范围和日期与它重叠" in again.text
    assert "应免已免 0%，应达到 100%" in closed.text
    assert "已结束" in closed.text
    assert vet.get(f"{answer.location}/entry").status_code == 409
    assert "按村登记" not in closed.text


def test_a_campaign_beyond_ones_area_is_neither_opened_nor_seen(
    login_as: LoginAs, program_of: ProgramOf, world: World
) -> None:
    far = opened(world, regions=["520527"])
    vet = login_as(Role.OFFICIAL_VET)

    answer = vet.post("/campaigns/new", data={**FORM, "regions": ["520527"]})

    assert answer.status_code == 422
    assert "只能在自己管辖的范围内" in answer.text
    told = program_of(Role.OFFICIAL_VET).post("/api/campaigns/", {**FORM, "regions": ["520527"]})
    assert code(told) == (422, "campaign.beyond_area")
    assert vet.get(f"/campaigns/{far.ref}").status_code == 404
    assert far.name not in vet.get("/campaigns/").text


def test_a_village_vet_doses_a_village_in_one_submission(login_as: LoginAs, world: World) -> None:
    campaign = opened(world)
    one, sick, other = world.animal(), world.animal(), world.animal()
    client = login_as(Role.VILLAGE_VET)
    address = f"/campaigns/{campaign.ref}/entry?region=520526104"

    page = client.get(address).text
    form = {
        "given_on": world.today.isoformat(),
        "batch_no": "20261001",
        "shown": [one.ref, sick.ref, other.ref],
        "dosed": [one.ref],
        "left": [f"{sick.ref} sick"],
    }
    answer = client.post(address, data=form)
    again = client.post(address, data=form)
    later = client.get(address).text

    assert page.count('name="dosed"') == page.count(" checked>") == 3
    assert answer.status_code == 200
    assert "已记未免原因" in answer.text
    assert "没有打的请选为什么没有打" in answer.text
    assert answer.text.index("没有打的请选") < answer.text.index("有病或体弱")
    assert "已经登记过" in again.text
    assert [doses(world, each) for each in (one, sick, other)] == [2, 1, 1]
    assert "已打" in later
    assert later.count('name="dosed"') == 2


def test_a_pen_is_chosen_and_an_animal_of_another_area_is_refused_by_its_line(
    login_as: LoginAs, world: World
) -> None:
    campaign = opened(world, regions=["520526"])
    pen = world.holding(HoldingKind.FARM, "村里养殖场", region=VILLAGE)
    inside = world.animal(holding=pen)
    outside = world.animal(
        holding=world.holding(HoldingKind.HOUSEHOLD, "别的镇", region="520526105")
    )
    client = login_as(Role.VILLAGE_VET)
    address = f"/campaigns/{campaign.ref}/entry?holding={pen.ref}"
    told = {"given_on": world.today.isoformat(), "shown": [inside.ref, outside.ref]}

    page = client.get(address).text
    answer = client.post(address, data={**told, "dosed": [inside.ref, outside.ref]})

    assert page.count('name="dosed"') == 1
    assert "campaign.outside_area" in answer.text
    assert (doses(world, inside), doses(world, outside)) == (2, 1)


def test_a_form_without_a_day_or_with_a_strange_reason_is_shown_again_as_it_was(
    login_as: LoginAs, world: World
) -> None:
    campaign, animal = opened(world), world.animal()
    client = login_as(Role.VILLAGE_VET)
    address = f"/campaigns/{campaign.ref}/entry"

    answer = client.post(address, data={"shown": [animal.ref], "left": [f"{animal.ref} sick"]})
    strange = client.post(address, data={"given_on": "2026-11-22", "left": ["x lazy"]})
    nothing = client.post(address, data={"given_on": "2026-11-22"})

    assert answer.status_code == strange.status_code == nothing.status_code == 422
    assert f'value="{animal.ref} sick" selected' in answer.text
    assert "checked>" not in answer.text
    assert "一头牛也没有" in nothing.text


def test_a_program_opens_fills_counts_and_closes(program_of: ProgramOf, world: World) -> None:
    vet = program_of(Role.OFFICIAL_VET)
    first, second = world.animal(vaccinated_days_ago=200), world.animal(vaccinated_days_ago=200)

    made = vet.post("/api/campaigns/", FORM).get_json()
    day = world.today.isoformat()
    entries = [
        {"animal": first.ref, "given_on": day},
        {"animal": second.ref, "given_on": day, "reason": "refused"},
    ]
    doses_at = f"/api/campaigns/{made['ref']}/doses"
    lines = vet.post(doses_at, {"batch_no": "1", "entries": entries}).get_json()
    progress = vet.get(f"/api/campaigns/{made['ref']}/progress").get_json()
    closed = vet.post(f"/api/campaigns/{made['ref']}/close", {}).get_json()
    late = vet.post(doses_at, {"entries": entries})

    assert [line["result"] for line in lines] == ["given", "omitted"]
    assert progress["whole"]["done_percent"] == 50
    assert progress["villages"][0]["omitted"] == 1
    assert closed["closed_at"] is not None
    assert (late.status_code, late.get_json()["code"]) == (409, "campaign.closed")
    assert [each["ref"] for each in vet.get("/api/campaigns/").get_json()] == [made["ref"]]
    assert vet.get(f"/api/campaigns/{made['ref']}").get_json()["name"] == "小海镇秋防"


# Due lists


def test_a_due_list_names_a_villages_animals_and_comes_as_a_sheet_to_fill_in(
    login_as: LoginAs, world: World
) -> None:
    due, _protected = world.animal(vaccinated_days_ago=200), world.animal()
    client = login_as(Role.VILLAGE_VET)

    villages = client.get("/due-lists/").text
    listed = client.get("/due-lists/?region=520526104").text
    later = client.get("/due-lists/?region=520526104&day=2027-06-01&all=1").text
    sheet = client.get("/due-lists/sheet.xlsx?region=520526104")
    other = client.get("/due-lists/?disease=lsd&region=520526104").text

    assert "龙场镇" in villages
    assert listed.count("保护期满</span>") == 1
    assert due.owner.name in listed
    assert later.count("保护期满</span>") == 2
    assert "规则表里没有这种病" in other
    rows = CalamineWorkbook.from_filelike(io.BytesIO(sheet.data)).get_sheet_by_index(0).to_python()
    assert rows[0][:2] == ["耳标号", "户主"]
    assert rows[1][0] == due.ear_tag
    assert len(rows) == 2


def test_a_due_list_ends_at_ones_own_area_and_refuses_a_strange_day(
    login_as: LoginAs, program_of: ProgramOf, world: World
) -> None:
    world.animal(vaccinated_days_ago=None)
    far = Grant(ScopeKind.REGION, "520526105")
    stranger = login_as(Role.VILLAGE_VET, grants=(far,))
    vet = program_of(Role.OFFICIAL_VET)

    assert "该打 0 头" in stranger.get("/due-lists/?region=520526104").text
    for address in ("/due-lists/", "/due-lists/sheet.xlsx"):
        bad = stranger.get(f"{address}?day=yesterday")
        assert bad.status_code == 422
        assert "日期应写成" in bad.text
    [village] = vet.get("/api/due-lists/villages").get_json()
    [animal] = vet.get("/api/due-lists/animals", region="520526104").get_json()
    assert (village["due"], animal["due"], animal["last_on"]) == (1, "first", None)
    assert vet.get("/api/due-lists/animals", page="2").get_json() == []


def test_a_farmer_has_no_part_in_it(login_as: LoginAs) -> None:
    client = login_as(Role.FARMER)

    assert client.get("/campaigns/").status_code == client.get("/due-lists/").status_code == 403
