"""What labels say: entered with a photograph by one officer, confirmed by another."""

import io

from PIL import Image

from app.auth.roles import Role
from tests.app.programs import Program, ProgramOf, code
from tests.logins import LoginAs
from tests.world import World

CARD = {
    "approval_no": "兽药字 240012345",
    "drug": "土霉素注射液",
    "manufacturer": "某兽药厂",
    "route": "intramuscular",
    "withdrawal_days": 14,
    "effective_from": "2026-11-01",
}


def picture() -> tuple[io.BytesIO, str]:
    data = io.BytesIO()
    Image.new("RGB", (16, 12), "white").save(data, "JPEG")
    data.seek(0)
    return data, "label.jpg"


def evidence_of(program: Program) -> str:
    client = program.login_as.app.test_client()
    sent = client.post(
        "/api/evidence/", data={"file": picture(), "title": "标签"}, headers=program.headers
    )
    assert sent.status_code == 201, sent.text
    return str(sent.get_json()["ref"])


def test_two_officers_make_a_label_count(login_as: LoginAs, world: World) -> None:
    vet, regulator = login_as(Role.OFFICIAL_VET), login_as(Role.REGULATOR)
    animal = world.animal()
    course = {
        "ear_tag": animal.ear_tag,
        "drug": "土霉素注射液",
        "dose": "10 毫升",
        "route": "intramuscular",
        "approval_no": "兽药字240012345",
        "given_on": world.today.isoformat(),
    }

    entered = vet.post("/drug-labels/new", data={**CARD, "photograph": picture()})
    own = vet.post(f"{entered.location}/confirm")
    confirmed = regulator.post(f"{entered.location}/confirm")
    treated = vet.post("/treatments/treat", data=course)

    assert entered.status_code == 303
    assert own.status_code == 422
    assert "登记人不能复核自己登记的标签" in own.text
    assert confirmed.status_code == 303
    assert "已复核" in vet.get("/drug-labels/?state=confirmed").text
    assert "休药期 14 天（复核过的标签）" in vet.get(treated.location).text


def test_a_label_without_its_photograph_is_refused(login_as: LoginAs) -> None:
    answer = login_as(Role.OFFICIAL_VET).post("/drug-labels/new", data=CARD)

    assert answer.status_code == 422
    assert "请先拍照或选择文件" in answer.text
    assert "兽药字 240012345" in answer.text, "what was typed is still there"


def test_a_label_is_returned_with_a_reason(login_as: LoginAs) -> None:
    vet, regulator = login_as(Role.OFFICIAL_VET), login_as(Role.REGULATOR)
    entered = vet.post("/drug-labels/new", data={**CARD, "photograph": picture()})

    empty = regulator.post(f"{entered.location}/return", data={"reason": " "})
    returned = regulator.post(f"{entered.location}/return", data={"reason": "批准文号看不清"})

    assert empty.status_code == 422
    assert returned.status_code == 303
    assert "批准文号看不清" in vet.get(entered.location).text


def test_a_program_enters_and_another_confirms(program_of: ProgramOf) -> None:
    vet, regulator = program_of(Role.OFFICIAL_VET), program_of(Role.REGULATOR)
    told = {**CARD, "evidence": evidence_of(vet)}

    made = vet.post("/api/drug-labels/", told)
    twice = vet.post("/api/drug-labels/", told)
    ref = made.get_json()["ref"]
    own = vet.post(f"/api/drug-labels/{ref}/confirm")
    done = regulator.post(f"/api/drug-labels/{ref}/confirm")
    late = regulator.post(f"/api/drug-labels/{ref}/return", {"reason": "看错了"})
    found = vet.get("/api/drug-labels/", approval_no="2400", state="confirmed").get_json()

    assert made.status_code == 201
    assert made.get_json()["state"] == "entered"
    assert code(twice) == (409, "drug_label.known")
    assert code(own) == (422, "drug_label.same_person")
    assert done.get_json()["state"] == "confirmed"
    assert code(late) == (409, "drug_label.closed")
    assert [row["ref"] for row in found] == [ref]


def test_a_farmer_reads_labels_but_enters_none(program_of: ProgramOf) -> None:
    farmer = program_of(Role.FARMER)

    assert farmer.get("/api/drug-labels/").get_json() == []
    assert farmer.post("/api/drug-labels/", CARD).status_code == 403
