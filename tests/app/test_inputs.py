"""The ledger of drugs and feed, on the pages, in the printed record and as JSON."""

from datetime import timedelta

import pytest

from app.auth.roles import Role
from tests.app.programs import ProgramOf, code
from tests.app.test_drug_labels import evidence_of, picture
from tests.logins import LoginAs
from tests.world import World

DRUG = "土霉素注射液"


def voucher(world: World, **changes: str) -> dict[str, str]:
    return {
        "input_kind": "drug",
        "name": DRUG,
        "source": "草海兽药店",
        "batch_no": "20261001",
        "quantity": "20",
        "amount_unit": "bottle",
        "bought_on": world.today.isoformat(),
        **changes,
    }


def course(world: World, **changes: str) -> dict[str, str]:
    return {
        "ear_tag": world.animal().ear_tag,
        "drug": DRUG,
        "dose": "10 毫升",
        "given_on": world.today.isoformat(),
        "batch_no": "20261001",
        **changes,
    }


def test_a_farmer_buys_uses_and_sees_what_is_left(login_as: LoginAs, world: World) -> None:
    farmer, ledger = login_as(Role.FARMER), f"/holdings/{world.home.ref}/inputs"

    made = farmer.post(f"{ledger}/new", data={**voucher(world), "photograph": picture()})
    given = farmer.post("/treatments/treat", data=course(world, used="2.5", used_unit="bottle"))
    page = farmer.get(ledger).text
    record = farmer.get(f"/holdings/{world.home.ref}/record").text

    assert (made.status_code, given.status_code) == (303, 303)
    assert farmer.get("/inputs/").location == ledger
    assert "17.5 瓶" in page
    assert "看凭证" in page
    assert "没有购入过" not in farmer.get(given.location).text
    for words in ("投入品购入", "草海兽药店", "20 瓶", "投入品库存", "17.5 瓶"):
        assert words in record


def test_a_course_from_a_batch_never_bought_says_so(login_as: LoginAs, world: World) -> None:
    vet = login_as(Role.VILLAGE_VET)

    given = vet.post("/treatments/treat", data=course(world, batch_no="20269999"))

    assert given.status_code == 303
    page = vet.get(given.location).text
    assert "没有购入过批号 20269999" in page
    assert "王大明家的投入品台账" not in page, "a new keeper need not know from whom it came"


def test_a_purchase_without_its_batch_is_shown_again(login_as: LoginAs, world: World) -> None:
    answer = login_as(Role.FARMER).post(
        f"/holdings/{world.home.ref}/inputs/new", data=voucher(world, batch_no="")
    )

    assert answer.status_code == 422
    assert "兽药和疫苗要填批号" in answer.text
    assert "草海兽药店" in answer.text


def test_a_program_buys_and_reads_the_stock(program_of: ProgramOf, world: World) -> None:
    farmer, ledger = program_of(Role.FARMER), f"/api/holdings/{world.home.ref}/inputs"
    told = {**voucher(world), "evidence": evidence_of(farmer)}

    made = farmer.post(f"{ledger}/purchases", told)
    warned = farmer.post("/api/treatments/", course(world, batch_no="20269999")).get_json()
    quiet = farmer.post("/api/treatments/", course(world)).get_json()
    [line] = farmer.get(f"{ledger}/stock").get_json()

    assert made.status_code == 201
    assert farmer.get(f"{ledger}/purchases").get_json() == [made.get_json()]
    assert [each["code"] for each in warned["warnings"]] == ["treatment.batch_never_bought"]
    assert quiet["warnings"] == []
    assert (line["bought_milli"], line["left_milli"], line["unmeasured"]) == (20_000, 20_000, 1)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"quantity": "很多"}, "request.invalid"),
        ({"quantity": "0"}, "request.invalid"),
        ({"amount_unit": "pound"}, "request.invalid"),
        ({"batch_no": " "}, "input.no_batch"),
        ({"evidence": "evidence:" + "0" * 32}, "evidence.unknown"),
    ],
)
def test_a_purchase_that_cannot_be_is_refused(
    program_of: ProgramOf, world: World, changes: dict[str, str], refusal: str
) -> None:
    answer = program_of(Role.FARMER).post(
        f"/api/holdings/{world.home.ref}/inputs/purchases", voucher(world, **changes)
    )

    assert code(answer) == (422, refusal)


def test_a_purchase_of_tomorrow_and_of_a_strangers_farm_are_refused(
    program_of: ProgramOf, world: World
) -> None:
    ledger = f"/api/holdings/{world.home.ref}/inputs/purchases"
    tomorrow = (world.today + timedelta(days=1)).isoformat()
    stranger = program_of(Role.FARMER, party=world.party("李四"))

    early = program_of(Role.FARMER).post(ledger, voucher(world, bought_on=tomorrow))
    foreign = stranger.post(ledger, voucher(world))

    assert code(early) == (422, "input.in_future")
    assert code(foreign) == (404, "holding.not_found")
