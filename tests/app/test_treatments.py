"""Vaccination and treatment on a phone."""

from app.auth.roles import Role
from market.sales import closing
from tests import selling
from tests.logins import LoginAs
from tests.world import World
from traceability import treatments


def test_a_dose_is_recorded_from_the_tag(login_as: LoginAs, world: World) -> None:
    animal = world.animal(vaccinated_days_ago=None)
    client = login_as(Role.FARMER)

    answer = client.post(
        "/treatments/immunise",
        data={
            "ear_tag": animal.ear_tag,
            "disease": "fmd",
            "vaccine": "口蹄疫 O 型、A 型二价灭活疫苗",
            "given_on": world.today.isoformat(),
        },
    )

    assert answer.status_code == 303
    assert len(treatments.doses(world.session, animal)) == 1
    assert "口蹄疫" in client.get(answer.location).text


def test_a_dose_dated_tomorrow_is_refused(login_as: LoginAs, world: World) -> None:
    animal = world.animal(vaccinated_days_ago=None)

    answer = login_as(Role.FARMER).post(
        "/treatments/immunise",
        data={"ear_tag": animal.ear_tag, "vaccine": "疫苗", "given_on": "2027-01-01"},
    )

    assert answer.status_code == 422
    assert "在将来" in answer.text


def test_an_unknown_drug_counts_28_days_and_says_so(login_as: LoginAs, world: World) -> None:
    animal = world.animal()
    client = login_as(Role.VILLAGE_VET)

    answer = client.post(
        "/treatments/treat",
        data={
            "ear_tag": animal.ear_tag,
            "drug": "没有听说过的药",
            "dose": "10 毫升",
            "given_on": world.today.isoformat(),
        },
    )
    page = client.get(answer.location)

    assert answer.status_code == 303
    assert "按 28 天计算" in page.text
    assert "休药期中" in page.text


def test_a_label_of_400_days_is_refused(login_as: LoginAs, world: World) -> None:
    animal = world.animal()

    answer = login_as(Role.FARMER).post(
        "/treatments/treat",
        data={
            "ear_tag": animal.ear_tag,
            "drug": "土霉素片",
            "dose": "5 克",
            "given_on": world.today.isoformat(),
            "label_days": "400",
        },
    )

    assert answer.status_code == 422
    assert "应在 0 到 365 之间" in answer.text


def test_an_animal_nobody_knows_is_not_found(login_as: LoginAs, world: World) -> None:
    answer = login_as(Role.FARMER).post(
        "/treatments/immunise",
        data={
            "ear_tag": "252052600099999",
            "vaccine": "疫苗",
            "given_on": world.today.isoformat(),
        },
    )

    assert answer.status_code == 404
    assert "没有找到这头牛" in answer.text


def test_a_course_is_recorded_with_its_paper_and_prescriber(
    login_as: LoginAs, world: World
) -> None:
    animal = world.animal()
    client = login_as(Role.VILLAGE_VET)

    answer = client.post(
        "/treatments/treat",
        data={
            "ear_tag": animal.ear_tag,
            "drug": "土霉素注射液",
            "dose": "10 毫升",
            "route": "intramuscular",
            "given_on": world.today.isoformat(),
            "approval_no": "兽药字240012345",
            "manufacturer": "某兽药厂",
            "batch_no": "20261001",
            "prescriber": "陈医生",
            "off_label": "1",
        },
    )
    page = client.get(answer.location).text

    assert answer.status_code == 303
    assert "肌内注射" in page
    assert "批准文号 兽药字240012345，某兽药厂，批号 20261001，处方 陈医生" in page
    assert "标签外用药，休药期取表和标签中较长的，按 28 天计算" in page


def test_the_new_keeper_sees_the_debt_until_it_clears_by_itself(
    login_as: LoginAs, world: World
) -> None:
    animal = world.animal()
    treatments.treat(
        world.session,
        animal,
        drug="土霉素片",
        dose="5 克",
        given_on=world.today,
        at=world.at,
        by=world.village_vet,
    )
    sale = selling.sold(world, world.weighed(world.at_market(animal), world.scale()))
    for step in (closing.receive_cash, closing.hand_over, closing.accept, closing.pay_seller):
        step(world.session, sale, at=world.at, by=world.operator)
    world.session.flush()

    def told() -> bool:
        page = login_as(Role.BUYER).get(f"/animals/{animal.ref}")
        assert page.status_code == 200
        return "休药期中" in page.text

    assert animal.owner is world.buyer
    assert told()
    world.later(days=7)
    assert told(), "day 7 of 7"
    world.later(days=1)
    assert not told(), "nobody has lifted a finger"
