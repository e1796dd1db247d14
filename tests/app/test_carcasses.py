"""Slaughter, weight, inspection and disposal, on the pages and through the API."""

from io import BytesIO

from sqlalchemy import Engine, event

from app.auth.roles import Role
from tests.app.programs import ProgramOf, code
from tests.logins import LoginAs
from tests.photos import jpeg
from tests.slaughtering import (
    abattoir_of,
    accepted,
    brought,
    examined,
    opened_up,
    slaughtered,
    weighed,
)
from tests.world import World
from traceability.slaughter import carcasses
from traceability.slaughter.ante_mortem import ANTE_MORTEM_CHECKS
from traceability.slaughter.carcasses import POST_MORTEM_CHECKS, CarcassState

ALL = [*POST_MORTEM_CHECKS]


def test_from_the_pass_to_a_fit_carcass_on_the_pages(login_as: LoginAs, world: World) -> None:
    abattoir = abattoir_of(world)
    animal = brought(world, abattoir)
    row = accepted(world, abattoir, animal)
    examined(world, row, animal)
    plant, vet = login_as(Role.PROCESSOR, party=world.buyer), login_as(Role.OFFICIAL_VET)
    page = f"/slaughter/{row.ref}"

    assert f"登记 {animal.ear_tag[-5:]} 已屠宰" in plant.get(page).text
    killed = plant.post(f"{page}/slaughter", data={"animal": animal.ref})
    again = plant.post(f"{page}/slaughter", data={"animal": animal.ref})
    hung = killed.headers["Location"]
    plant.post(f"{hung}/weigh", data={"hot_weight_g": "280.5"})
    plant.get(hung)  # the messages are read
    opened = vet.post(f"{hung}/inspect", data={"passed": ALL, "removed": "甲状腺"})

    assert (killed.status_code, again.status_code, opened.status_code) == (303, 409, 303)
    shown = plant.get(hung).text
    assert all(words in shown for words in ("同步检疫合格", "280.5 公斤", "甲状腺"))
    assert "登记胴体重" not in shown
    assert "20261122-0001" in plant.get(page).text
    assert "已屠宰" in vet.get(f"/animals/{animal.ref}").text


def test_a_weight_nobody_can_read_is_asked_for_again(login_as: LoginAs, world: World) -> None:
    hung = f"/carcasses/{slaughtered(world, abattoir_of(world)).ref}"

    wrong = login_as(Role.PROCESSOR, party=world.buyer).post(
        f"{hung}/weigh", data={"hot_weight_g": "280,5"}
    )

    assert wrong.status_code == 422
    assert "如 280.5" in wrong.text
    assert "280,5" in wrong.text  # what was typed is still there


def test_a_condemned_carcass_is_disposed_of_with_its_photograph(
    login_as: LoginAs, world: World
) -> None:
    row = opened_up(world, weighed(world, abattoir_of(world)), viscera=False)
    plant, hung = login_as(Role.PROCESSOR, party=world.buyer), f"/carcasses/{row.ref}"
    form = {
        "method": "rendering",
        "where": "县无害化处理厂",
        "witness": "官方兽医陈",
        "weight_g": "279",
    }

    asked = plant.get(hung).text
    bare = plant.post(f"{hung}/dispose", data=form)
    done = plant.post(f"{hung}/dispose", data={**form, "photograph": (BytesIO(jpeg()), "a.jpg")})

    assert "内脏检查" in asked
    assert bare.status_code == 422
    assert done.status_code == 303, done.text
    assert "已无害化处理" in plant.get(hung).text
    assert carcasses.get(world.session, row.ref).disposed_weight_g == 279_000


def test_nobody_slaughters_or_weighs_in_anothers_abattoir(
    program_of: ProgramOf, world: World
) -> None:
    abattoir = abattoir_of(world)
    animal = brought(world, abattoir)
    row = accepted(world, abattoir, animal)
    examined(world, row, animal)
    hung = weighed(world, abattoir)
    stranger = program_of(Role.PROCESSOR, party=world.farmer)

    killed = stranger.post(f"/api/slaughter/{row.ref}/carcasses", {"animal": animal.ref})
    weighed_again = stranger.post(f"/api/carcasses/{hung.ref}/weight", {"hot_weight_g": 1})

    assert code(killed) == (404, "slaughter.not_found")
    assert code(weighed_again) == (404, "carcass.not_found")


def test_the_api_slaughters_only_with_the_pass(program_of: ProgramOf, world: World) -> None:
    abattoir = abattoir_of(world)
    animal = brought(world, abattoir)
    row = accepted(world, abattoir, animal)
    plant, vet = program_of(Role.PROCESSOR, party=world.buyer), program_of(Role.OFFICIAL_VET)
    url = f"/api/slaughter/{row.ref}"

    early = plant.post(f"{url}/carcasses", {"animal": animal.ref})
    passed = {"animal": animal.ref, "passed": [*ANTE_MORTEM_CHECKS]}
    vet.post(f"{url}/inspections", passed)
    made = plant.post(f"{url}/carcasses", {"animal": animal.ref})
    [carcass] = plant.get(url).get_json()["carcasses"]

    assert code(early) == (409, "carcass.without_pass")
    assert made.status_code == 201, made.text
    assert carcass == plant.get(f"/api/carcasses/{made.get_json()['ref']}").get_json()


def test_the_api_weighs_inspects_and_disposes(program_of: ProgramOf, world: World) -> None:
    hung = f"/api/carcasses/{slaughtered(world, abattoir_of(world)).ref}"
    photo = world.photo()
    plant, vet = program_of(Role.PROCESSOR, party=world.buyer), program_of(Role.OFFICIAL_VET)
    disposal = {
        "method": "incineration",
        "where": "县无害化处理厂",
        "witness": "陈",
        "weight_g": 281_000,
    }

    unweighed = vet.post(f"{hung}/inspection", {"passed": ALL})
    weighed_now = plant.post(f"{hung}/weight", {"hot_weight_g": 281_000})
    silent = vet.post(f"{hung}/inspection", {"passed": ALL[:-1]})
    why = {"passed": ALL[:-1], "remarks": "复检发现淋巴结化脓"}
    failed = vet.post(f"{hung}/inspection", why)
    late = plant.post(f"{hung}/weight", {"hot_weight_g": 1})
    nothing = {**disposal, "photographs": [f"evidence:{'0' * 32}"]}
    unknown = plant.post(f"{hung}/disposal", nothing)
    seen = plant.post(f"{hung}/disposal", {**disposal, "photographs": [photo.ref]})

    assert code(unweighed) == (409, "carcass.not_weighed")
    assert weighed_now.get_json()["hot_weight_g"] == 281_000
    assert code(silent) == (422, "post_mortem.without_reason")
    assert failed.get_json()["state"] == CarcassState.CONDEMNED.value
    assert code(late) == (409, "carcass.inspected")
    assert code(unknown) == (422, "evidence.unknown")
    assert code(seen) == (422, "evidence.unknown")  # another's photograph


def test_what_waits_is_on_the_first_page_and_leads_to_its_list(
    login_as: LoginAs, world: World
) -> None:
    abattoir = abattoir_of(world)
    fresh = brought(world, abattoir)
    row = accepted(world, abattoir, fresh)
    bare, ready = slaughtered(world, abattoir), weighed(world, abattoir)
    bad = opened_up(world, weighed(world, abattoir), identity=False)
    plant, vet = login_as(Role.PROCESSOR, party=world.buyer), login_as(Role.OFFICIAL_VET)

    waits = vet.get("/").text
    assert all(words in waits for words in ("等您宰前检查的牛", "等您同步检疫的胴体"))
    examined(world, row, fresh)
    asked = plant.get("/").text

    for words in ("准宰、还没登记屠宰的牛", "还没登记重量的胴体", "不合格、要无害化处理的胴体"):
        assert words in asked
    for need, hung in (("weigh", bare), ("inspect", ready), ("dispose", bad)):
        page = plant.get(f"/carcasses/?need={need}").text
        assert [each.ref in page for each in (bare, ready, bad)].count(True) == 1
        assert hung.ref in page
    assert "没有这样的胴体" in login_as(Role.PROCESSOR, party=world.farmer).get("/carcasses/").text


def test_a_longer_list_of_carcasses_asks_no_more(login_as: LoginAs, world: World) -> None:
    plant, abattoir = login_as(Role.PROCESSOR, party=world.buyer), abattoir_of(world)
    asked: list[int] = []

    def count(*_: object) -> None:
        asked[-1] += 1

    for _ in range(2):
        slaughtered(world, abattoir)
        slaughtered(world, abattoir)
        world.session.commit()
        asked.append(0)
        event.listen(Engine, "before_cursor_execute", count)
        assert plant.get("/carcasses/").status_code == 200
        event.remove(Engine, "before_cursor_execute", count)

    assert asked[0] == asked[1] > 0
