"""Doses and courses as JSON."""

from datetime import timedelta

import pytest

from app.auth.roles import Role
from tests.app.programs import ProgramOf, code
from tests.world import World


def test_a_dose_is_recorded_by_tag_and_read_back(program_of: ProgramOf, world: World) -> None:
    animal = world.animal(vaccinated_days_ago=None)
    vet = program_of(Role.VILLAGE_VET)

    made = vet.post(
        "/api/treatments/immunisations",
        {"ear_tag": animal.ear_tag, "vaccine": "口蹄疫苗", "given_on": world.today.isoformat()},
    )
    listed = vet.get(f"/api/animals/{animal.ref}/immunisations").get_json()

    assert made.status_code == 201
    assert listed == [made.get_json()]
    assert listed[0]["disease"] == "fmd"


def test_a_course_says_from_which_day_the_animal_is_clear(
    program_of: ProgramOf, world: World
) -> None:
    animal = world.animal()
    farmer = program_of(Role.FARMER)

    made = farmer.post(
        "/api/treatments/",
        {
            "ear_tag": animal.ear_tag,
            "drug": "土霉素片",
            "dose": "5 克",
            "given_on": world.today.isoformat(),
            "label_days": 10,
        },
    )

    assert made.get_json()["withdrawal_days"] == 10
    assert made.get_json()["withdrawal_basis"] == "label_read"
    assert made.get_json()["warnings"] == []
    assert made.get_json()["clear_on"] == (world.today + timedelta(days=11)).isoformat()
    assert farmer.get(f"/api/animals/{animal.ref}/treatments").get_json() == [made.get_json()]


@pytest.mark.parametrize(
    ("days", "refusal"), [(10**30, "request.invalid"), (366, "request.invalid")]
)
def test_a_period_beyond_bounds_is_refused(
    program_of: ProgramOf, world: World, days: int, refusal: str
) -> None:
    told = {"drug": "药", "dose": "1", "given_on": world.today.isoformat(), "label_days": days}

    answer = program_of(Role.FARMER).post(
        "/api/treatments/", {"ear_tag": world.animal().ear_tag, **told}
    )

    assert code(answer) == (422, refusal)


def test_a_dose_in_the_future_and_one_for_a_stranger_are_refused(
    program_of: ProgramOf, world: World
) -> None:
    animal = world.animal()
    tomorrow = (world.today + timedelta(days=1)).isoformat()
    dose = {"ear_tag": animal.ear_tag, "vaccine": "口蹄疫苗", "given_on": tomorrow}
    stranger = world.party("李四")

    early = program_of(Role.FARMER).post("/api/treatments/immunisations", dose)
    foreign = program_of(Role.FARMER, party=stranger).post("/api/treatments/immunisations", dose)

    assert code(early) == (422, "treatment.in_future")
    assert code(foreign) == (404, "animal.not_found")


def test_an_unknown_drug_is_answered_with_28_days_and_a_warning(
    program_of: ProgramOf, world: World
) -> None:
    animal = world.animal()
    told = {"drug": "没有听说过的药", "dose": "10 毫升", "given_on": world.today.isoformat()}

    made = program_of(Role.VILLAGE_VET).post(
        "/api/treatments/", {"ear_tag": animal.ear_tag, **told}
    )

    assert made.status_code == 201
    assert made.get_json()["withdrawal_days"] == 28
    assert [each["code"] for each in made.get_json()["warnings"]] == ["treatment.unknown_drug"]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"given_on": "2026-11-23"}, "treatment.in_future"),
        ({"given_on": "2020-01-01"}, "treatment.before_birth"),
        ({"used": "2"}, "treatment.no_unit"),
        ({"used": "两瓶", "used_unit": "bottle"}, "request.invalid"),
        ({"route": "eye"}, "request.invalid"),
    ],
)
def test_a_course_that_cannot_be_is_refused(
    program_of: ProgramOf, world: World, changes: dict[str, str], refusal: str
) -> None:
    told = {"drug": "土霉素片", "dose": "5 克", "given_on": world.today.isoformat(), **changes}

    answer = program_of(Role.FARMER).post(
        "/api/treatments/", {"ear_tag": world.animal().ear_tag, **told}
    )

    assert code(answer) == (422, refusal)
