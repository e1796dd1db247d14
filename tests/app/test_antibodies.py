"""Antibody samples on the page and by program: from the report, the rate by village."""

from app.auth.roles import Role
from tests.app.programs import ProgramOf, code
from tests.app.test_campaigns import opened
from tests.logins import LoginAs
from tests.world import World


def told(world: World, **changes: str) -> dict[str, str]:
    return {
        "ear_tag": world.animal().ear_tag,
        "sampled_on": world.today.isoformat(),
        "result": "passed",
        "laboratory": "威宁县动物疫病预防控制中心",
        "report_no": "2026-KT-031",
        "titre": "1:256",
        **changes,
    }


def test_a_report_is_entered_animal_by_animal_and_its_particulars_stay(
    login_as: LoginAs, world: World
) -> None:
    campaign, client = opened(world), login_as(Role.OFFICIAL_VET)
    address = f"/campaigns/{campaign.ref}/samples"
    first = told(world)

    empty = client.get(address).text
    page = client.post(address, data=first, follow_redirects=True).text
    client.post(address, data=told(world, result="failed"))
    twice = client.post(address, data=first)

    assert "还没有抗体检测" in empty
    assert 'value="2026-KT-031"' in page
    assert "100%" in page
    assert "50%" in client.get(address).text
    assert "1/2" in client.get(f"/campaigns/{campaign.ref}").text
    assert twice.status_code == 409
    assert "的结果已经登记过" in twice.text


def test_a_village_vet_reads_the_rate_and_enters_nothing(login_as: LoginAs, world: World) -> None:
    campaign, client = opened(world), login_as(Role.VILLAGE_VET)
    address = f"/campaigns/{campaign.ref}/samples"

    assert "照报告登记" not in client.get(address).text
    assert client.post(address, data=told(world)).status_code == 403


def test_a_program_enters_a_sample_and_reads_them_all(program_of: ProgramOf, world: World) -> None:
    campaign, vet = opened(world), program_of(Role.OFFICIAL_VET)
    address = f"/api/campaigns/{campaign.ref}/samples"

    made = vet.post(address, told(world))
    early = vet.post(address, told(world, sampled_on="2020-01-01"))

    unknown = vet.post(address, told(world, ear_tag="252052600098765"))

    assert code(unknown) == (422, "antibody.unknown_animal")
    assert made.status_code == 201
    assert code(early) == (422, "antibody.outside_life")
    assert [each["titre"] for each in vet.get(address).get_json()] == ["1:256"]
    progress = vet.get(f"/api/campaigns/{campaign.ref}/progress").get_json()
    assert progress["sampled"]["percent"] == 100
