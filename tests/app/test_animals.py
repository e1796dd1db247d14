"""The keeper's pages: register a calf, look at it, re-tag it, report its death."""

from datetime import timedelta

import pytest
from sqlalchemy import event as orm_events

from app.auth.roles import Role
from tests import photos
from tests.logins import LoginAs
from tests.world import World
from traceability import animals

FORM = {
    "ear_tag": "2 520526 00012345",
    "breed": "simmental_cross",
    "sex": "male",
    "origin": "born",
}


def form(world: World, **changes: str) -> dict[str, str]:
    return {
        **FORM,
        "born_on": (world.today - timedelta(days=10)).isoformat(),
        "holding": world.home.ref,
        **changes,
    }


def test_a_farmer_registers_a_calf_and_sees_its_card(login_as: LoginAs, world: World) -> None:
    client = login_as(Role.FARMER)

    answer = client.post("/animals/new", data=form(world))
    page = client.get(answer.location)

    assert answer.status_code == 303
    assert "00012345" in page.text
    assert "西门塔尔杂交牛" in page.text
    assert animals.by_tag(world.session, "252052600012345").owner is world.farmer


@pytest.mark.parametrize(
    "typed",
    ["２５２０５２６００ ０１２３４５", "252-0526-0001-2345", "2522427 00012345"],
)
def test_a_tag_is_accepted_however_it_is_typed(login_as: LoginAs, world: World, typed: str) -> None:
    answer = login_as(Role.FARMER).post("/animals/new", data=form(world, ear_tag=typed))

    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("25205260001234", "15 位数字，现在是 14 位"),
        ("2.52E+14", "科学计数法"),
        ("152052600012345", "猪的耳标"),
        ("", "请填写"),
    ],
)
def test_a_bad_tag_is_refused_beside_its_field_and_nothing_typed_is_lost(
    login_as: LoginAs, world: World, typed: str, sentence: str
) -> None:
    answer = login_as(Role.FARMER).post("/animals/new", data=form(world, ear_tag=typed))

    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{form(world)["born_on"]}"' in answer.text


def test_a_tag_in_use_is_refused_on_the_page(login_as: LoginAs, world: World) -> None:
    world.animal(ear_tag="252052600012345")

    answer = login_as(Role.FARMER).post("/animals/new", data=form(world))

    assert answer.status_code == 409
    assert "已登记在另一头牛上" in answer.text


def test_nobody_registers_an_animal_in_another_mans_stable(login_as: LoginAs, world: World) -> None:
    stranger = world.party("李四")
    place = world.holding(world.home.kind, "李四家", keeper=stranger)

    answer = login_as(Role.FARMER).post("/animals/new", data=form(world, holding=place.ref))

    assert answer.status_code == 404


def test_another_mans_animal_looks_like_none(login_as: LoginAs, world: World) -> None:
    stranger = world.party("李四")
    place = world.holding(world.home.kind, "李四家", keeper=stranger)
    foreign = world.animal(owner=stranger, holding=place)
    client = login_as(Role.FARMER)

    seen = client.get(f"/animals/{foreign.ref}")
    missing = client.get("/animals/animal:" + "0" * 32)

    assert seen.status_code == missing.status_code == 404
    assert seen.text.replace(foreign.ref, "") == missing.text.replace("animal:" + "0" * 32, "")


def test_a_herd_is_found_by_part_of_a_tag(login_as: LoginAs, world: World) -> None:
    world.animal(ear_tag="252052600012345")
    world.animal(ear_tag="252052600099999")

    page = login_as(Role.FARMER).get("/animals/?q=9999")

    assert "00099999" in page.text
    assert "00012345" not in page.text


def test_an_empty_herd_says_what_to_do_first(login_as: LoginAs) -> None:
    page = login_as(Role.FARMER).get("/animals/")

    assert "还没有登记牛" in page.text
    assert "登记牛犊" in page.text


def test_the_list_of_a_herd_costs_the_same_however_large(login_as: LoginAs, world: World) -> None:
    client = login_as(Role.FARMER)
    world.animal()

    def queries() -> int:
        asked: list[str] = []

        def note(*args: object) -> None:
            asked.append(str(args[2]))

        service = client.application
        engine = service.extensions["platform.engine"]
        orm_events.listen(engine, "before_cursor_execute", note)
        assert client.get("/animals/").status_code == 200
        orm_events.remove(engine, "before_cursor_execute", note)
        return len(asked)

    few = queries()
    for _ in range(15):
        world.animal(vaccinated_days_ago=None)

    assert queries() == few


def test_a_lost_tag_is_replaced_by_a_new_number(login_as: LoginAs, world: World) -> None:
    animal = world.animal(ear_tag="252052600012345")
    client = login_as(Role.FARMER)

    told = {"ear_tag": "252052600099999", "reason": "脱落"}

    unseen = client.post(f"/animals/{animal.ref}/retag", data=told)
    answer = client.post(f"/animals/{animal.ref}/retag", data={**told, "photo": photos.upload()})

    assert unseen.status_code == 422
    assert "请附照片：新耳标戴在牛耳上" in unseen.text
    assert answer.status_code == 303
    assert animals.by_tag(world.session, "252052600099999").ref == animal.ref


def test_a_death_is_reported_with_its_cause(login_as: LoginAs, world: World) -> None:
    animal = world.animal()
    client = login_as(Role.FARMER)

    without = client.post(f"/animals/{animal.ref}/death", data={"disposal": "深埋"})
    answer = client.post(f"/animals/{animal.ref}/death", data={"cause": "不明", "disposal": "深埋"})

    assert without.status_code == 422
    assert answer.status_code == 303
    assert animals.get(world.session, animal.ref).state is animals.AnimalState.DEAD


def test_a_scan_leads_to_the_animal(login_as: LoginAs, world: World) -> None:
    animal = world.tagged(world.animal(ear_tag="252052600012345"), "156000000000077")
    client = login_as(Role.FARMER)

    by_tag = client.get("/animals/find?q=252052600012345")
    by_eid = client.get("/animals/find?q=156000000000077")

    assert by_tag.location == by_eid.location == f"/animals/{animal.ref}"


@pytest.mark.parametrize(("owed", "word"), [(False, "可调运"), (True, "注意")])
def test_one_scan_tells_the_verdict(login_as: LoginAs, world: World, owed: bool, word: str) -> None:
    animal = world.animal(vaccinated_days_ago=None if owed else 60)
    world.certified(animal)
    client = login_as(Role.FARMER)

    page = client.get(client.get(f"/v/?q={animal.ear_tag}").location)

    assert word in page.text


def test_an_animal_without_papers_may_not_leave_and_is_told_why(
    login_as: LoginAs, world: World
) -> None:
    animal = world.animal()

    page = login_as(Role.FARMER).get(f"/v/{animal.ear_tag}")

    assert "不可调运" in page.text
    assert "第五十一条" in page.text
    assert "申报检疫" in page.text


def test_a_mistyped_scan_says_what_is_wrong(login_as: LoginAs) -> None:
    answer = login_as(Role.FARMER).get("/v/?q=12")

    assert answer.status_code == 422
    assert "15 位" in answer.text
