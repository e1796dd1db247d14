"""The vet holds an animal on the page or through the API, takes it to the end, and others see."""

import io

from PIL import Image

from app.auth.roles import Role
from tests.logins import LoginAs
from tests.world import World
from traceability.animals import Animal, AnimalState
from traceability.quarantine import isolations
from traceability.quarantine.isolations import Isolation, IsolationState

DISPOSAL = {
    "method": "deep_burial",
    "where": "小海镇无害化处理点",
    "witness": "村委会李主任",
}


def picture() -> tuple[io.BytesIO, str]:
    data = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(data, "JPEG")
    data.seek(0)
    return data, "现场.jpg"


def case_of(world: World, animal: Animal) -> Isolation:
    world.session.expire_all()
    return isolations.of_animal(world.session, animal)[0]


def test_a_vet_takes_a_failed_animal_to_the_end_on_the_pages(
    login_as: LoginAs, world: World
) -> None:
    animal = world.animal()
    client = login_as(Role.OFFICIAL_VET)

    offered = client.get(f"/animals/{animal.ref}")
    held = client.post(f"/animals/{animal.ref}/isolation", data={"reason": "高热、流涎"})
    page = held.location
    client.post(f"{page}/notify", data={"requirement": "就地隔离观察 14 天"})
    client.post(f"{page}/isolate", data={"where": "本场东侧隔离圈"})
    condemned = client.post(f"{page}/condemn", data={"finding": "口蹄疫核酸阳性"})
    waiting = client.get("/")
    without = client.post(f"{page}/dispose", data={**DISPOSAL, "weight_kg": "410"})
    done = client.post(
        f"{page}/dispose", data={**DISPOSAL, "weight_kg": "410", "photograph": picture()}
    )
    closed = client.post(f"{page}/close")

    assert "不合格，留置" in offered.text
    assert held.status_code == condemned.status_code == done.status_code == 303
    assert "隔离处理没有结案的牛" in waiting.text
    assert without.status_code == 422
    assert "请先拍照或选择文件" in without.text
    assert closed.status_code == 303
    case = case_of(world, animal)
    assert case.state is IsolationState.CLOSED
    assert case.animal.state is AnimalState.DEAD
    assert (case.notice_no, case.weight_g) == ("2026000001", 410_000)
    told = client.get(page).text
    assert all(words in told for words in ("2026000001", "深埋", "410 公斤", "村委会李主任"))


def test_a_step_out_of_turn_is_shown_with_the_reason(login_as: LoginAs, world: World) -> None:
    animal = world.animal()
    client = login_as(Role.OFFICIAL_VET)
    page = client.post(f"/animals/{animal.ref}/isolation", data={"reason": "没有耳标"}).location

    early = client.post(f"{page}/release", data={"finding": "好了"})
    again = client.post(f"/animals/{animal.ref}/isolation", data={"reason": "又不合格"})

    assert early.status_code == again.status_code == 409
    assert "现在是“已留置”，不能登记为“已解除”" in early.text
    assert "不能再留置" in again.text


def test_the_keeper_sees_the_case_and_others_do_not(login_as: LoginAs, world: World) -> None:
    animal = world.animal()
    case = isolations.open_case(world.session, animal, reason="高热", at=world.at, by=world.vet)
    world.session.commit()

    mine = login_as(Role.FARMER).get("/isolations/?under_way=1")
    elsewhere = login_as(Role.BUYER).get(f"/isolations/{case.ref}")

    assert "高热" in mine.text
    assert elsewhere.status_code == 403


def test_a_program_does_the_same_and_names_uploaded_photographs(
    login_as: LoginAs, world: World
) -> None:
    animal = world.animal()
    client = login_as(Role.OFFICIAL_VET)
    sent = client.post(
        "/api/evidence/",
        data={"title": "现场", "file": picture()},
        content_type="multipart/form-data",
    )

    opened = client.post("/api/isolations/", json={"animal": animal.ref, "reason": "高热"})
    path = f"/api/isolations/{opened.get_json()['ref']}"
    client.post(f"{path}/notify", json={"requirement": "隔离"})
    client.post(f"{path}/condemn", json={"finding": "核酸阳性"})
    told = {**DISPOSAL, "weight_g": 410_000, "photographs": [sent.get_json()["ref"]]}
    disposed = client.post(f"{path}/dispose", json=told)
    closed = client.post(f"{path}/close")
    listed = client.get("/api/isolations/?under_way=true")

    assert opened.status_code == 201
    assert disposed.status_code == closed.status_code == 200
    assert disposed.get_json()["state"] == "disposed"
    assert listed.get_json()["total"] == 0


def test_what_a_program_tells_wrongly_is_refused_by_name(login_as: LoginAs, world: World) -> None:
    case = isolations.open_case(
        world.session, world.animal(), reason="高热", at=world.at, by=world.vet
    )
    world.session.commit()
    client = login_as(Role.OFFICIAL_VET)

    unknown = client.post(f"/api/isolations/{case.ref}/notify", json={"word": "隔离"})
    heavy = client.post(
        f"/api/isolations/{case.ref}/dispose",
        json={**DISPOSAL, "weight_g": 10**30, "photographs": []},
    )

    none = client.get(f"/api/isolations/isolation:{'0' * 32}")
    assert none.get_json()["code"] == "isolation.not_found"
    assert unknown.status_code == heavy.status_code == 422
    assert case_of(world, case.animal).state is IsolationState.HELD
