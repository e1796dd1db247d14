"""The public history page: what it says of a life, its gaps and its corrections."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

from flask.testing import FlaskClient

from app.auth import accounts
from app.auth.roles import Role
from app.factory import Platform
from app.labels import printing
from app.labels.links import code_of_ref
from market.sales import agreeing
from market.sales.records import Sale
from tests.app.lines import a_project, page, stamp, words
from tests.world import World
from traceability import (
    animals,
    movements,
    treatments,
    weighings,
)
from traceability.animals import Animal
from traceability.base.units import PriceUnit
from traceability.chain import events
from traceability.chain.kinds import Kind
from traceability.checkpoints.keys import Signer
from traceability.quarantine import certificates

QUERIES_MAX = 8


def link(app: Platform, world: World, animal: Animal) -> str:
    """The path of a printed label."""
    world.session.commit()
    with app.app_context():
        return urlsplit(printing.animal_link(world.session, animal)).path


def sold(world: World, animal: Animal, **changes: int) -> Sale:
    scale = world.scale()
    sale = agreeing.agree(
        world.session,
        animal,
        market=world.market,
        buyer=world.buyer,
        price_unit=PriceUnit.PER_KG,
        price_fen=changes.get("price_fen", 26_80),
        scale=scale,
        client_key="desk-1-0001",
        at=world.at,
        by=world.operator,
    )
    weighing = world.weighed(animal, scale, changes.get("weight_g", 425_500))
    agreeing.weigh(world.session, sale, weighing, at=world.at, by=world.operator)
    return sale


def test_a_label_opens_the_history_of_the_animal(
    world: World, app: Platform, client: FlaskClient, signer: Signer
) -> None:
    animal = world.at_market(world.animal())
    stamp(world, signer)

    html = page(client, link(app, world, animal))

    said = words(html)
    assert "西门塔尔杂交牛 · 公" in said
    assert "威宁县龙场镇" in said
    assert "第1–6条连续无缺，均在 06:13 盖章的目录内；标签打印时的记录仍在" in said
    assert said.index("到达") < said.index("启运") < said.index("签发检疫证明")
    assert "完整" not in said
    assert 'property="og:title" content="西门塔尔杂交牛 · 公 · 牛只经历' in html
    for header in ("noindex", "no-referrer"):
        assert header in html


def test_before_the_stamp_the_page_says_so(
    world: World, app: Platform, client: FlaskClient, signer: Signer
) -> None:
    animal = world.animal()

    before = words(page(client, link(app, world, animal)))
    stamp(world, signer)
    world.vaccinate(animal, days_ago=3)
    between = words(page(client, link(app, world, animal)))

    assert "第1–2条连续无缺，已登记，待盖章" in before
    assert "第1–2条连续无缺，均在 06:13 盖章的目录内；第3条已登记，待盖章" in between


def test_yesterdays_stamp_is_shown_with_its_day(
    world: World, app: Platform, client: FlaskClient, signer: Signer
) -> None:
    animal = world.animal()
    stamp(world, signer)
    world.later(days=1)

    said = words(page(client, link(app, world, animal)))

    assert "均在 2026年11月22日 06:13 盖章的目录内" in said


def test_a_newer_stamp_of_others_leaves_the_page_as_it_was(
    world: World, app: Platform, client: FlaskClient, signer: Signer
) -> None:
    animal = world.animal()
    stamp(world, signer)
    path = link(app, world, animal)
    tag = client.get(path).headers["ETag"]
    world.animal()
    stamp(world, signer)

    again = client.get(path, headers={"If-None-Match": tag})

    assert again.status_code == 304
    assert not again.data
    assert again.headers["ETag"] == tag


def test_a_new_event_and_its_stamp_change_the_page(
    world: World, app: Platform, client: FlaskClient, signer: Signer
) -> None:
    animal = world.animal()
    path = link(app, world, animal)
    pending = client.get(path).headers["ETag"]
    stamp(world, signer)
    stamped = client.get(path, headers={"If-None-Match": pending})
    world.vaccinate(animal, days_ago=1)

    newer = client.get(path, headers={"If-None-Match": stamped.headers["ETag"]})

    assert stamped.status_code == newer.status_code == 200
    assert len({pending, stamped.headers["ETag"], newer.headers["ETag"]}) == 3


def test_a_long_silence_is_said_although_nothing_changed(
    world: World, app: Platform, client: FlaskClient, signer: Signer
) -> None:
    animal = world.animal(born_on=world.today, vaccinated_days_ago=None)
    stamp(world, signer)
    path = link(app, world, animal)
    before = client.get(path)
    world.later(days=181)

    after = client.get(path, headers={"If-None-Match": before.headers["ETag"]})

    assert "没有新的记录" not in before.text
    assert "2026年11月22日以后没有新的记录" in after.text


def test_a_stretch_nobody_recorded_is_shown(
    world: World, app: Platform, client: FlaskClient
) -> None:
    animal = world.animal(vaccinated_days_ago=None)
    world.later(days=200)
    world.vaccinate(animal, days_ago=0)

    said = words(page(client, link(app, world, animal)))

    assert "2026年11月22日到2027年6月10日，约 7 个月没有记录" in said
    assert "出生到首次登记之间，约 18 个月没有记录" in said


def test_an_animal_on_the_road_is_said_to_be_there(
    world: World, app: Platform, client: FlaskClient
) -> None:
    animal = world.animal()
    world.certified(animal)
    movements.depart(world.session, animal, to=world.market, at=world.at, by=world.farmer)

    said = words(page(client, link(app, world, animal)))

    assert "在途中" in said
    assert "已启运，还没有登记到达" in said


def test_who_recorded_a_step_is_told_by_kind_of_person_only(
    world: World, app: Platform, client: FlaskClient
) -> None:
    for role, party in (
        (Role.VILLAGE_VET, world.village_vet),
        (Role.MARKET_OPERATOR, world.operator),
    ):
        accounts.register(
            world.session, login=f"a.{role.value[:4]}", role=role, party=party, at=world.at
        )
    animal = world.at_market(world.animal())
    world.weighed(animal, world.scale())

    html = page(client, link(app, world, animal))

    badges = re.findall(r'class="badge (\w+)"', html)
    assert [badge for badge in badges if badge in {"device", "vet", "market", "self"}] == [
        "device",  # weighed
        "market",  # arrived
        "self",  # departed
        "vet",  # certificate
        "vet",  # inspection
        "vet",  # vaccinated by the village vet
        "self",  # registered by the keeper
    ]


def test_an_annulled_weighing_is_struck_through_and_stays(
    world: World, app: Platform, client: FlaskClient
) -> None:
    animal = world.at_market(world.animal())
    weighing = world.weighed(animal, world.scale())
    weighings.annul(
        world.session, weighing, reason="按错", second=world.vet, at=world.at, by=world.operator
    )

    html = page(client, link(app, world, animal))

    assert "<s>过磅</s>" in html
    assert "已作废，须重新过磅" in html
    assert "按错" not in html


def test_a_correction_stands_beside_what_it_corrects(
    world: World, app: Platform, client: FlaskClient
) -> None:
    animal = world.animal(vaccinated_days_ago=None)
    (registered,) = events.history(world.session, animal.ref)
    told = {**registered.public, **(registered.private or {})} | {"sex": "female"}
    told.pop("by")
    world.later(minutes=5)
    events.append(
        world.session,
        Kind.ANIMAL_REGISTERED,
        *[each.ref for each in registered.links],
        at=registered.at,
        by=world.vet.ref,
        corrects=registered.digest,
        **told,
    )

    html = page(client, link(app, world, animal))

    assert "已更正" in html
    assert "更正为" in html
    assert "西门塔尔杂交牛 · 母" in html  # the plate shows what now holds


def test_an_annulled_event_is_struck_through(
    world: World, app: Platform, client: FlaskClient
) -> None:
    animal = world.animal()
    dose = events.history(world.session, animal.ref)[1]
    events.append(
        world.session,
        Kind.EVENT_ANNULLED,
        *[each.ref for each in dose.links],
        at=world.at,
        by=world.vet.ref,
        corrects=dose.digest,
        annulled_kind=dose.kind.value,
    )

    html = page(client, link(app, world, animal))

    assert "<s>免疫</s>" in html
    assert "已作废" in html


def test_a_late_entry_is_marked(world: World, app: Platform, client: FlaskClient) -> None:
    animal = world.animal(vaccinated_days_ago=None)
    happened = world.at
    world.at += timedelta(hours=3)
    world.record_at(world.at, late_reason="山上没有信号")
    treatments.treat(
        world.session,
        animal,
        drug="土霉素片",
        dose="10 片",
        given_on=world.today,
        at=happened,
        by=world.farmer,
    )

    html = page(client, link(app, world, animal))

    assert "补录" in html
    assert "登记于" in html
    assert "山上没有信号" not in html


def test_a_revoked_certificate_is_struck_in_the_list(
    world: World, app: Platform, client: FlaskClient
) -> None:
    animal = world.animal()
    certificate = world.certified(animal)
    certificates.revoke(world.session, certificate, reason="填错", at=world.at, by=world.vet)
    world.session.commit()

    html = page(client, link(app, world, animal))
    own = words(page(client, f"/c/{certificate.short_code}"))

    assert f'<s>动物B <span class="num">{certificate.number}</span></s>' in html
    assert "已作废，不能再凭它调运" in html
    assert "已作废" in own
    assert "平台检疫记录，非官方证明" in own


def test_a_dead_animal_is_said_to_be_dead(world: World, app: Platform, client: FlaskClient) -> None:
    animal = world.animal()
    animals.report_death(
        world.session, animal, cause="摔伤", disposal="深埋", at=world.at, by=world.farmer
    )
    world.later(days=400)

    html = page(client, link(app, world, animal))

    assert "已死亡" in html
    assert "没有新的记录" not in html
    assert "摔伤" not in html


def test_a_receipt_shows_the_sale_and_none_of_its_terms(world: World, client: FlaskClient) -> None:
    sale = sold(world, world.at_market(world.animal()))
    world.session.commit()

    said = words(page(client, f"/r/{sale.receipt_code}"))

    assert "龙场镇牲畜交易市场" in said
    assert "成交过磅" in said
    for hidden in ("26.80", "2680", "425", "11403", "王大明", "李记"):
        assert hidden not in said


def test_a_project_and_its_cluster_have_the_same_page(
    world: World, app: Platform, client: FlaskClient, signer: Signer
) -> None:
    project = a_project(world)
    stamp(world, signer)
    with app.app_context():
        printed = printing.project_link(world.session, project.ref)

    said = words(page(client, urlsplit(printed).path))
    above = words(page(client, f"/p/{code_of_ref(project.cluster.ref)}"))

    assert "示范产业园二期" in said
    assert "第1–2条连续无缺" in said
    assert "完成 40%" in said
    assert "主体封顶" not in said
    assert "示范产业集群" in above
