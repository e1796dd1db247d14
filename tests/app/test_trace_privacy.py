"""Promise P6: no person on a public page, in a proof, or in any byte of either."""

import json
import re
from datetime import timedelta
from urllib.parse import quote

from flask.testing import FlaskClient
from sqlalchemy import delete, select

from app.labels.links import code_of_ref
from market.sales import agreeing
from market.sales.records import Sale
from registry import projects
from tests.app.lines import UNKNOWN, a_project, page, stamp, words
from tests.world import World
from traceability import (
    animals,
    movements,
    parties,
    regions,
    treatments,
    weighings,
)
from traceability.animals import Animal
from traceability.base.units import PriceUnit
from traceability.chain.tables import Event, EventPrivate
from traceability.checkpoints.keys import Signer
from traceability.holdings import HoldingKind
from traceability.instruments import Instrument
from traceability.parties import PartyKind
from traceability.quarantine import certificates, declarations

QUERIES_MAX = 8


MARKERS = {
    "keeper": "甲牧子规",
    "buyer": "乙商杜鹃",
    "vet": "丙医伯劳",
    "village_vet": "丁防百灵",
    "operator": "戊秤云雀",
    "home": "己居白鹭",
    "elsewhere": "庚舍朱鹮",
    "late": "辛迟画眉",
    "retag": "壬标喜鹊",
    "vaccine": "癸苗鹧鸪",
    "batch": "子批鸬鹚",
    "drug": "丑药鹡鸰",
    "dose": "寅量鸳鸯",
    "annul": "卯废鹦鹉",
    "cancel": "辰撤鹌鹑",
    "revoke": "巳销鸵鸟",
    "refuse": "午拒鹈鹕",
    "cause": "未因鸿雁",
    "disposal": "申埋鹭鸶",
    "official": "酉号X88421",
    "progress": "戌进鹤望",
}
PHONE, RESIDENT, PLATE = "13985712346", "522427196503040016", "贵F7K391"
FIGURES = {"price": 27_31, "weight": 431_500}
SECRET_FIGURES = ("2731", "27.31", "431500", "431.5", "11784", "863.0", "117842", "1178427")
VILLAGE = "520526104203"


def marked(world: World) -> None:
    """Put a unique mark into every field that may hold a person."""
    session, at = world.session, world.at
    for name in ("buyer", "vet", "village_vet", "operator"):
        kind = PartyKind.HOUSEHOLD if name == "buyer" else PartyKind.PERSON
        setattr(world, name, world.party(MARKERS[name], kind=kind))
    world.farmer = parties.register(
        session,
        kind=PartyKind.HOUSEHOLD,
        name=MARKERS["keeper"],
        at=at,
        by=world.office,
        phone=PHONE,
        number=RESIDENT,
    )
    village = regions.villages(session, "520526104")[0].code
    world.home = world.holding(HoldingKind.HOUSEHOLD, MARKERS["home"], region=village)


def lived(world: World) -> list[str]:
    """Lives that touch every operation; the public addresses of all of them."""
    session = world.session
    animal = world.animal(vaccinated_days_ago=None)
    treatments.immunise(
        session,
        animal,
        disease=treatments.Disease.FMD,
        vaccine=MARKERS["vaccine"],
        batch_no=MARKERS["batch"],
        given_on=world.today - timedelta(days=60),
        at=world.at,
        by=world.village_vet,
    )
    world.retagged(animal, "252052600077777", reason=MARKERS["retag"])
    world.tagged(animal)
    papers = travelled(world, animal)
    return [f"/t/{animal.short_code}", *papers, *traded(world, animal), *unhappy(world)]


def travelled(world: World, animal: Animal) -> list[str]:
    """A journey to the market under a certificate."""
    session = world.session
    declaration = world.inspected(world.declared(animal, plate=PLATE))
    certificate = certificates.issue(
        session, declaration, official_number=MARKERS["official"], at=world.at, by=world.vet
    )
    movements.depart(session, animal, to=world.market, plate=PLATE, at=world.at, by=world.farmer)
    movements.arrive(session, animal, at=world.at, by=world.operator)
    return [f"/c/{certificate.short_code}"]


def traded(world: World, animal: Animal) -> list[str]:
    """A weight annulled, a sale cancelled, a sale that stands."""
    session = world.session
    scale = world.scale()
    first = world.weighed(animal, scale, FIGURES["weight"])
    weighings.annul(
        session,
        first,
        reason=MARKERS["annul"],
        second=world.vet,
        at=world.at,
        by=world.operator,
    )
    sale = agreed(world, animal, scale)
    weighing = world.weighed(animal, scale, FIGURES["weight"])
    agreeing.weigh(session, sale, weighing, at=world.at, by=world.operator)
    agreeing.cancel(session, sale, reason=MARKERS["cancel"], at=world.at, by=world.operator)
    again = agreed(world, animal, scale, key="again")
    return [f"/r/{each.receipt_code}" for each in (sale, again)]


def died(world: World, ill: Animal) -> None:
    """A treatment entered late, and a death."""
    session = world.session
    happened = world.at
    world.at += timedelta(hours=2)
    world.record_at(world.at, late_reason=MARKERS["late"])
    treatments.treat(
        session,
        ill,
        drug=MARKERS["drug"],
        dose=MARKERS["dose"],
        given_on=world.today,
        at=happened,
        by=world.farmer,
        approval_no="兽药字998877",
    )
    animals.report_death(
        session,
        ill,
        cause=MARKERS["cause"],
        disposal=MARKERS["disposal"],
        at=world.at,
        by=world.farmer,
    )


def agreed(world: World, animal: Animal, scale: Instrument, *, key: str = "once") -> Sale:
    return agreeing.agree(
        world.session,
        animal,
        market=world.market,
        buyer=world.buyer,
        price_unit=PriceUnit.PER_KG,
        price_fen=FIGURES["price"],
        scale=scale,
        client_key=key,
        at=world.at,
        by=world.operator,
    )


def unhappy(world: World) -> list[str]:
    """A life with everything that can go wrong in it."""
    session = world.session
    ill = world.animal(vaccinated_days_ago=60)
    refused = declarations.file(
        session,
        [ill],
        declarant=world.farmer,
        destination=world.holding(HoldingKind.HOUSEHOLD, MARKERS["elsewhere"]),
        purpose=declarations.Purpose.KEEPING,
        leaves_on=world.today + timedelta(days=4),
        at=world.at,
        by=world.farmer,
        plate=PLATE,
    )
    declarations.refuse(session, refused, reason=MARKERS["refuse"], at=world.at, by=world.vet)
    paper = world.certified(ill)
    certificates.revoke(session, paper, reason=MARKERS["revoke"], at=world.at, by=world.vet)
    died(world, ill)
    project = a_project(world)
    projects.record_progress(
        session, project, percent=55, text=MARKERS["progress"], at=world.at, by=world.operator
    )
    return [f"/t/{ill.short_code}", f"/c/{paper.short_code}", f"/p/{code_of_ref(project.ref)}"]


LINKS = r'(?:href|src|data-proof|data-verify)="(/[^"#?]*)'


def crawled(client: FlaskClient, begin: list[str]) -> dict[str, bytes]:
    """Every public address there is from these pages on, with all bytes of its answer."""
    waiting, seen = [*begin], dict[str, bytes]()
    while waiting:
        path = waiting.pop()
        with client.get(path) as answer:
            seen[path] = answer.data + str(answer.headers).encode()
            if "html" in answer.content_type:
                found = re.findall(LINKS, answer.get_data(as_text=True))
                waiting += [each for each in found if each not in {*seen, *waiting}]
    return seen


def test_no_mark_of_a_person_is_in_any_public_byte(
    world: World, client: FlaskClient, signer: Signer
) -> None:
    marked(world)
    addresses = lived(world)
    stamp(world, signer)
    session = world.session
    parts = (EventPrivate.canonical, Event.canonical)
    recorded = b"".join(each for part in parts for each in session.scalars(select(part))).decode()
    missing = [mark for mark in (*MARKERS.values(), PHONE, RESIDENT, PLATE) if mark not in recorded]

    seen = crawled(client, [*addresses, "/t", f"/t/{UNKNOWN}"])

    assert not missing, "each mark has been through a real operation"
    assert sum(path.endswith("/proof.json") for path in seen) == len(addresses)
    assert all(
        b'"events":[{' in seen[f"{path}/proof.json"].replace(b": ", b":") for path in addresses
    )
    pages = {path: data for path, data in seen.items() if not path.startswith("/static/")}
    everything = {**MARKERS, "phone": PHONE, "resident": RESIDENT, "plate": PLATE}
    leaks = [
        (path, name)
        for path, data in seen.items()
        for name, mark in everything.items()
        if any(form in data for form in spelt(mark))
    ]
    figures = [
        (path, figure)
        for path, data in pages.items()
        if not path.endswith("proof.json")
        for figure in SECRET_FIGURES
        if re.search(rf"(?<![\dA-Za-z.]){re.escape(figure)}(?![\dA-Za-z])", data.decode())
    ]
    villages = [path for path, data in pages.items() if re.search(rb"520526104\d{3}", data)]
    assert not leaks
    assert not figures
    assert not villages


def spelt(mark: str) -> list[bytes]:
    """A mark as UTF-8, as JSON escapes and as it stands in an address."""
    return [mark.encode(), json.dumps(mark).strip('"').encode(), quote(mark).encode()]


def test_the_public_part_of_no_event_holds_a_weight_or_a_price(
    world: World, client: FlaskClient, signer: Signer
) -> None:
    marked(world)
    addresses = lived(world)
    stamp(world, signer)

    told = [client.get(f"{path}/proof.json").get_json() for path in addresses]

    said = [json.loads(each["event"])["public"] for proof in told for each in proof["events"]]
    assert said
    assert not [one for one in said if {*FIGURES.values()} & {*map(value_in, one.values())}]
    assert not [one for one in said if "weight_g" in one or "amount_fen" in one]


def value_in(value: object) -> object:
    return value if isinstance(value, int | str) else None


def test_after_erasure_the_page_and_its_proof_stand(
    world: World, client: FlaskClient, signer: Signer
) -> None:
    animal = world.at_market(world.animal())
    stamp(world, signer)
    session = world.session
    before = client.get(f"/t/{animal.short_code}/proof.json").get_json()
    session.execute(delete(EventPrivate))
    session.commit()

    said = words(page(client, f"/t/{animal.short_code}"))

    assert "第1–6条连续无缺，均在 06:13 盖章的目录内" in said
    assert client.get(f"/t/{animal.short_code}/proof.json").get_json() == before
