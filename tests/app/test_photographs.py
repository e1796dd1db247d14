"""Pictures from telephones: freed of place and device, and public only by choice."""

from io import BytesIO

import pytest
from flask.testing import FlaskClient
from PIL import Image

from app import pictures
from app.auth.roles import Role
from tests.app.programs import ProgramOf, code
from tests.logins import LoginAs
from tests.world import World
from traceability import photographs
from traceability.base.errors import RuleViolation

GPS, MAKER, ORIENTATION = 0x8825, 0x010F, 0x0112


def camera(size: tuple[int, int] = (320, 200), form: str = "JPEG") -> bytes:
    """A picture as a telephone makes it: lying on its side, with its maker's name and place."""
    exif = Image.Exif()
    exif[MAKER], exif[ORIENTATION] = "Pasture Phone", 6
    exif.get_ifd(GPS)[1] = "N"
    told = BytesIO()
    Image.new("RGB", size, "sienna").save(told, form, exif=exif)
    return told.getvalue()


def sent(data: bytes, name: str = "picture", **form: str) -> dict[str, object]:
    return {name: (BytesIO(data), "IMG_0001.jpg"), **form}


@pytest.fixture
def farmer(login_as: LoginAs) -> FlaskClient:
    return login_as(Role.FARMER)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_loses_what_lies_beside_it_and_stands_upright(form: str) -> None:
    tidied = pictures.tidy(camera(form=form))

    image = Image.open(BytesIO(tidied))
    assert image.format == "JPEG"
    assert dict(image.getexif()) == {}
    assert image.size == (200, 320)
    assert b"Pasture" not in tidied


def test_a_huge_picture_is_made_smaller() -> None:
    image = Image.open(BytesIO(pictures.tidy(camera((3000, 1500)))))

    assert max(image.size) == pictures.SIDE_MAX


def test_what_is_transparent_becomes_white() -> None:
    told = BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(told, "PNG")

    image = Image.open(BytesIO(pictures.tidy(told.getvalue())))

    assert image.getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize("data", [b"\xff\xd8\xff\xe0 no picture", camera()[:200], b"GIF89a"])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(RuleViolation) as refusal:
        pictures.tidy(data)

    assert refusal.value.code == "evidence.unreadable_picture"


def test_a_picture_of_too_many_pixels_is_refused_by_its_header(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pictures, "PIXELS_MAX", 1000)

    with pytest.raises(RuleViolation) as refusal:
        pictures.tidy(camera())

    assert refusal.value.code == "evidence.too_many_pixels"


def test_a_photograph_stands_on_the_animals_page(farmer: FlaskClient, world: World) -> None:
    animal = world.animal()

    answer = farmer.post(f"/animals/{animal.ref}/photographs", data=sent(camera()))
    page = farmer.get(f"/animals/{animal.ref}").text

    assert answer.status_code == 303
    [found] = photographs.of(world.session, animal)
    assert not found.is_public
    assert f"/evidence/{found.evidence}/file" in page
    kept = farmer.get(f"/evidence/{found.evidence}/file").data
    assert b"Pasture" not in kept


def test_the_public_page_shows_a_photograph_only_while_it_is_public(
    farmer: FlaskClient, client: FlaskClient, world: World
) -> None:
    animal = world.animal()
    picture = f"/t/{animal.short_code}/photo.jpg"

    farmer.post(f"/animals/{animal.ref}/photographs", data=sent(camera()))
    hidden = client.get(picture)
    [found] = photographs.of(world.session, animal)
    chosen = {"evidence": found.evidence, "is_public": "true"}
    farmer.post(f"/animals/{animal.ref}/photographs/show", data=chosen)
    shown, page = client.get(picture), client.get(f"/t/{animal.short_code}").text
    chosen = {"evidence": found.evidence, "is_public": "false"}
    farmer.post(f"/animals/{animal.ref}/photographs/show", data=chosen)

    assert hidden.status_code == 404
    assert shown.content_type == "image/jpeg"
    assert picture in page
    assert found.evidence not in page
    assert client.get(picture).status_code == 404
    assert picture not in client.get(f"/t/{animal.short_code}").text


def test_a_form_without_a_picture_says_so(farmer: FlaskClient, world: World) -> None:
    animal = world.animal()

    answer = farmer.post(f"/animals/{animal.ref}/photographs", data={})

    assert answer.status_code == 422
    assert "请先拍照或选择文件" in answer.text  # evidence.none_sent


def test_a_neighbours_animal_cannot_be_photographed(login_as: LoginAs, world: World) -> None:
    neighbour = login_as(Role.FARMER, party=world.party("邻居"))

    answer = neighbour.post(f"/animals/{world.animal().ref}/photographs", data=sent(camera()))

    assert answer.status_code == 404


def test_an_upload_is_kept_and_listed_for_its_sender(
    farmer: FlaskClient, login_as: LoginAs
) -> None:
    assert "还没有上传过证据" in farmer.get("/evidence/").text
    picture = farmer.post(
        "/evidence/new", data=sent(camera(), "file", title="圈舍照片"), follow_redirects=True
    )
    paper = farmer.post("/evidence/new", data=sent(b"%PDF-1.7 x", "file", title="购销合同"))

    listed = farmer.get("/evidence/").text

    assert "圈舍照片" in picture.text
    assert paper.status_code == 303
    assert "圈舍照片" in listed
    assert "购销合同" in listed
    assert "购销合同" not in login_as(Role.OFFICIAL_VET).get("/evidence/").text


def test_an_upload_of_something_else_is_refused_in_words(farmer: FlaskClient) -> None:
    answer = farmer.post("/evidence/new", data=sent(b"MZ program", "file", title="程序"))

    assert answer.status_code == 422
    assert "只收照片" in answer.text


def test_programs_do_the_same(program_of: ProgramOf, world: World) -> None:
    farmer, animal = program_of(Role.FARMER), world.animal()
    path = f"/api/animals/{animal.ref}/photographs"
    missing = {"evidence": f"evidence:{'0' * 32}", "is_public": True}

    assert farmer.get(path).get_json() == []
    assert code(farmer.post(path, missing)) == (422, "evidence.unknown")
    assert code(farmer.post(f"{path}/show", missing)) == (422, "photograph.not_found")


def test_an_electronic_tag_is_bound_after_registration(farmer: FlaskClient, world: World) -> None:
    animal = world.animal()
    path = f"/animals/{animal.ref}/eid"

    assert "绑定电子耳标" in farmer.get(f"/animals/{animal.ref}").text
    wrong = farmer.post(path, data={"eid": "15600"})
    bound = farmer.post(path, data={"eid": "156 000000012345"})
    again = farmer.post(path, data={"eid": "156000000012346"})

    assert wrong.status_code == 422
    assert 'value="15600"' in wrong.text
    assert bound.status_code == 303
    assert animal.eid == "156000000012345"
    assert again.status_code == 422
    assert "已绑定电子耳标" in again.text
    assert "绑定电子耳标</a>" not in farmer.get(f"/animals/{animal.ref}").text


def test_programs_bind_an_electronic_tag_once(program_of: ProgramOf, world: World) -> None:
    farmer, first, second = program_of(Role.FARMER), world.animal(), world.animal()
    told = {"eid": "156000000012345"}

    assert farmer.post(f"/api/animals/{first.ref}/eid", told).get_json()["eid"] == told["eid"]
    again = farmer.post(f"/api/animals/{second.ref}/eid", told)
    assert code(again) == (409, "animal.tag_in_use")
