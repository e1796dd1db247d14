"""The vet enters a laboratory's report on the page or through the API; the keeper sees it."""

from app.auth.roles import Role
from tests.app.programs import ProgramOf, code
from tests.logins import LoginAs
from tests.world import World
from traceability.quarantine import laboratory

FORM = {
    "tested_for": "布鲁氏菌病",
    "positive": "true",
    "report_no": "2026-117",
    "laboratory": "威宁县动物疫病预防控制中心",
    "tested_on": "2026-11-22",
}


def test_a_positive_report_stops_the_certificate_on_the_page(
    login_as: LoginAs, world: World
) -> None:
    animal = world.animal()
    declaration = world.inspected(world.declared(animal))
    client, page = login_as(Role.OFFICIAL_VET), f"/animals/{animal.ref}/laboratory"

    asked = client.get(f"/declarations/{declaration.ref}")
    entered = client.post(page, data={**FORM, "declaration": declaration.ref})
    refused = client.post(f"/declarations/{declaration.ref}/issue", data={"valid_days": "1"})
    shown = client.get(f"/declarations/{declaration.ref}")

    assert "反刍动物产地检疫规程" in asked.text
    assert "牛结节性皮肤病" in asked.text
    assert entered.status_code == 303
    assert refused.status_code == 422
    assert "布鲁氏菌病检测阳性" in refused.text
    assert "2026-117" in shown.text


def test_a_wrong_entry_is_withdrawn_and_the_keeper_sees_both(
    login_as: LoginAs, world: World
) -> None:
    animal = world.animal()
    client, page = login_as(Role.OFFICIAL_VET), f"/animals/{animal.ref}/laboratory"
    client.post(page, data=FORM)
    world.session.expire_all()
    [row] = laboratory.of_animal(world.session, animal)

    again = client.post(page, data=FORM)
    silent = client.post(f"/laboratory/{row.ref}/withdraw", data={})
    done = client.post(f"/laboratory/{row.ref}/withdraw", data={"reason": "登记到了别的牛"})
    keeper = login_as(Role.FARMER).get(page)

    assert again.status_code == 409
    assert "已经登记过" in again.text
    assert silent.status_code == 422
    assert done.status_code == 303
    assert "已撤销" in keeper.text
    assert "登记到了别的牛" in keeper.text
    assert "登记检测结果" not in keeper.text


def test_the_api_enters_lists_and_withdraws(program_of: ProgramOf, world: World) -> None:
    animal = world.animal()
    vet, url = program_of(Role.OFFICIAL_VET), f"/api/animals/{animal.ref}/laboratory"

    made = vet.post(url, {**FORM, "positive": True})
    unknown = vet.post(url, {**FORM, "positive": True, "tested_for": "感冒"})
    gone = vet.post(f"/api/laboratory/{made.get_json()['ref']}/withdraw", {"reason": "错登"})
    listed = program_of(Role.FARMER).get(url).get_json()
    nobody = vet.post(f"/api/laboratory/lab_result:{'0' * 32}/withdraw", {"reason": "错登"})

    assert made.status_code == 201, made.text
    assert code(unknown) == (422, "laboratory.unknown_disease")
    assert gone.get_json()["withdrawn"] == "错登"
    assert [row["report_no"] for row in listed] == ["2026-117"]
    assert code(nobody) == (404, "laboratory.not_found")


def test_the_diseases_of_a_day_are_published(program_of: ProgramOf) -> None:
    rows = program_of(Role.FARMER).get("/api/laboratory/diseases", on="2022-12-01").get_json()

    origin = [row["name"] for row in rows if row["stage"] == "origin"]
    assert "牛传染性胸膜肺炎" in origin
    assert "牛结节性皮肤病" not in origin
