"""The door of the public history page: which codes open it, and what that costs."""

import contextlib
import gzip
import hashlib
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from app import database
from app.factory import Platform
from app.labels import printing
from app.labels.links import LinkKind, short_link
from app.limits import limiter
from app.trace import claims, lines
from tests.app.lines import UNKNOWN, page, stamp, words
from tests.world import World
from traceability import (
    merkle,
)
from traceability.animals import Animal
from traceability.base.db import reading
from traceability.chain import events
from traceability.checkpoints import notes
from traceability.checkpoints.keys import Signer
from traceability.identifiers.short_codes import tag_check

QUERIES_MAX = 8


def link(app: Platform, world: World, animal: Animal) -> str:
    """The path of a printed label."""
    world.session.commit()
    with app.app_context():
        return urlsplit(printing.animal_link(world.session, animal)).path


def test_unknown_wrong_and_malformed_codes_give_one_and_the_same_page(
    world: World, app: Platform, client: FlaskClient
) -> None:
    animal = world.animal()
    path = link(app, world, animal)
    code = animal.short_code
    with app.app_context():
        forged = short_link("", LinkKind.ANIMAL, code, head=bytes(32), key=b"not the label key")
    wrong = [
        f"/t/{UNKNOWN}",
        f"/t/{UNKNOWN}/{path.rsplit('/', 1)[1]}",
        f"/t/{code}/{'0' * 26}",
        f"/t/{code}/short",
        forged,
        f"/c/{code}",
        f"/r/{code}",
        f"/p/{code}",
        "/t/not-a-code",
        "/t/牛牛牛",
        f"/t/?tag={animal.ear_tag}&check=00000000",
        "/t/?tag=252052699999999&check=00000000",
    ]

    answers = [client.get(address) for address in wrong]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}
    assert not any("ETag" in answer.headers for answer in answers)


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The statements sent to the database meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_an_invented_seal_costs_the_same_queries_as_an_unknown_code(
    world: World, app: Platform, client: FlaskClient, signer: Signer
) -> None:
    animal = world.animal()
    stamp(world, signer)
    link(app, world, animal)
    spent = []
    for address in (f"/t/{UNKNOWN}", f"/t/{animal.short_code}/{'0' * 26}", "/t/x"):
        with app.app_context():
            engine = database.engine()
        with counted(engine) as sent:
            client.get(address)
        spent.append([re.sub(r"\s+", " ", statement)[:60] for statement in sent])

    assert spent[0] == spent[1] == spent[2]


def test_a_page_costs_few_queries_however_long_its_history(
    world: World, app: Platform, client: FlaskClient, signer: Signer
) -> None:
    young, old = world.animal(), world.animal()
    for _ in range(60):
        world.vaccinate(old, days_ago=1)
    stamp(world, signer)
    paths = [link(app, world, young), link(app, world, old)]
    client.get("/t/")
    with app.app_context():
        engine = database.engine()

    spent = []
    for path in paths:
        with counted(engine) as sent:
            answer = client.get(path)
        spent.append(len(sent))
    with counted(engine) as sent:
        again = client.get(paths[1], headers={"If-None-Match": answer.headers["ETag"]})

    assert spent[0] == spent[1] <= QUERIES_MAX
    assert (again.status_code, sent) == (304, [])


def test_a_visitor_types_the_tag_and_the_check_printed_beside_it(
    world: World, app: Platform, client: FlaskClient
) -> None:
    animal = world.animal(ear_tag="252052600012345")
    with app.app_context():
        check = printing.check_of(animal)

    found = client.get(
        "/t",
        query_string={"tag": "２ 520526 00012345", "check": f"{check[:4]}-{check[4:].lower()}"},
    )

    assert found.status_code == 303
    assert found.location == f"/t/{animal.short_code}"


def test_a_tag_that_is_none_is_told_beside_the_field(client: FlaskClient) -> None:
    empty = client.get("/t")
    short = client.get("/t", query_string={"tag": "25205260001234", "check": "67QAKRGB"})

    assert empty.status_code == 200
    assert short.status_code == 422
    assert "耳标号应为 15 位数字，现在是 14 位" in short.text
    assert 'value="25205260001234"' in short.text
    assert 'value="67QAKRGB"' in short.text


def test_an_old_tag_still_opens_the_page(world: World, app: Platform, client: FlaskClient) -> None:
    animal = world.animal(ear_tag="252052600012345")
    world.retagged(animal, "252052600099999")
    with app.app_context():
        old = short_check(app, "252052600012345")

    found = client.get("/t", query_string={"tag": "252052600012345", "check": old})

    assert found.location == f"/t/{animal.short_code}"


def short_check(app: Platform, tag: str) -> str:
    with app.app_context():
        return tag_check(tag, key=printing.label_key())


def test_looking_up_is_slowed_down_and_reading_is_not(
    world: World, app: Platform, client: FlaskClient
) -> None:
    path = link(app, world, world.animal())
    limiter.enabled = True
    try:
        limiter.reset()
        guesses = [client.get("/t?tag=252052600012345&check=0").status_code for _ in range(22)]
        reads = {client.get(path).status_code for _ in range(30)}
    finally:
        limiter.reset()
        limiter.enabled = False

    assert guesses[0] == 404
    assert guesses[-1] == 429
    assert reads == {200}


def test_a_rollback_after_printing_is_recognised(
    world: World, app: Platform, client: FlaskClient
) -> None:
    animal = world.animal()
    world.session.commit()
    with app.app_context():
        gone = short_link(
            "", LinkKind.ANIMAL, animal.short_code, head=bytes(32), key=printing.label_key()
        )

    said = words(page(client, gone))

    assert "与标签不符" in said
    assert "标签打印时的那条记录已不在这里" in said


def changed(engine: Engine, canonical: bytes, number: int) -> None:
    """Put other bytes into an event, as somebody with the file would."""
    with contextlib.closing(sqlite3.connect(str(engine.url.database))) as file:
        file.execute("DROP TRIGGER IF EXISTS event_no_update")
        file.execute("UPDATE event SET canonical = ? WHERE id = ?", (canonical, number))
        file.commit()


def test_no_changed_byte_of_an_event_leaves_the_page_trusted(
    world: World, app: Platform, client: FlaskClient, engine: Engine
) -> None:
    animal = world.animal()
    ref = animal.ref
    path = link(app, world, animal)
    world.session.rollback()
    with reading(engine) as session:
        event = events.history(session, ref)[0]

    unread = 0
    for place in range(3, len(event.canonical), 41):
        spoilt = bytearray(event.canonical)
        spoilt[place] ^= 1
        changed(engine, bytes(spoilt), event.id)

        answer = client.get(path)

        assert answer.status_code == 200, (place, bytes(spoilt))
        assert "请勿采信" in answer.text, (place, bytes(spoilt))
        assert 'shield-check"></use>' not in answer.text
        unread += "记录与指纹不符" in answer.text
    assert unread > 2


def test_an_unreadable_event_is_named_and_its_proof_refused(
    world: World, app: Platform, client: FlaskClient, engine: Engine
) -> None:
    animal = world.animal()
    ref = animal.ref
    path, code = link(app, world, animal), animal.short_code
    world.session.rollback()
    with reading(engine) as session:
        event = events.history(session, ref)[0]
    changed(engine, b"\xff", event.id)

    answer = client.get(path)
    proof = client.get(f"/t/{code}/proof.json")

    assert "记录与指纹不符" in answer.text
    assert "第1条记录在登记之后被改动过" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert proof.status_code == 409
    assert proof.json == {"error": "记录与指纹不符", "seq": [1]}


def test_a_line_with_a_missing_link_is_called_broken(world: World) -> None:
    animal = world.animal()
    world.vaccinate(animal, days_ago=3)
    world.session.commit()
    subject = lines.find(world.session, LinkKind.ANIMAL, animal.short_code)
    assert subject is not None
    line = lines.line(world.session, subject.ref)

    told = [
        claims.claim_of(subject, each, None, printed=None, today=world.today)
        for each in (line[1:], [line[0], line[2]], line[:2], [line[1], line[0], line[2]])
    ]

    assert {each.level for each in told} == {claims.Level.BROKEN}
    assert [re.findall(r"第(\d)条", each.sentence)[0] for each in told] == ["1", "2", "3", "1"]


def test_the_proof_can_be_checked_without_us(
    world: World, client: FlaskClient, signer: Signer
) -> None:
    animal = world.at_market(world.animal())
    for _ in range(20):
        world.animal()
    stamp(world, signer)

    told = client.get(f"/t/{animal.short_code}/proof.json").get_json()

    known = [notes.parse_vkey(each) for each in told["vkeys"]]
    head = notes.verify(told["checkpoint"], known)
    prev = None
    for number, entry in enumerate(told["events"], start=1):
        digest = hashlib.sha256(entry["event"].encode()).digest()
        body = json.loads(entry["event"])
        mine = next(each for each in body["subjects"] if each["ref"] == told["subject"])
        assert (mine["seq"], mine["prev"]) == (number, prev)
        assert merkle.verify_inclusion(
            merkle.leaf_hash(digest),
            entry["position"],
            head.size,
            proof=[bytes.fromhex(each) for each in entry["path"]],
            root=head.root,
        )
        prev = digest.hex()
    assert number == 6
    assert told["subject"] == animal.ref


def test_an_unknown_proof_is_not_found(client: FlaskClient) -> None:
    answer = client.get(f"/t/{UNKNOWN}/proof.json")

    assert answer.status_code == 404
    assert answer.content_type == "application/json"


def test_a_page_is_compressed_for_those_who_take_it(
    world: World, app: Platform, client: FlaskClient
) -> None:
    path = link(app, world, world.animal())

    plain, packed = client.get(path), client.get(path, headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert "Accept-Encoding" in plain.headers["Vary"]


def test_static_files_are_compressed_and_still_revalidated(client: FlaskClient) -> None:
    packing = {"Accept-Encoding": "gzip"}

    with client.get("/static/css/core.css", headers=packing) as packed:
        length, etag = len(packed.data), packed.headers["ETag"]
    with client.get("/static/css/core.css") as plain:
        whole = len(plain.data)
    with client.get("/static/css/core.css", headers={**packing, "If-None-Match": etag}) as again:
        status = again.status_code
    with client.get("/static/fonts/weining-sans-sc.woff2", headers=packing) as font:
        encoding = font.headers.get("Content-Encoding")

    assert length < whole / 2
    assert status == 304
    assert encoding is None


def test_a_page_with_a_token_in_it_is_never_compressed(client: FlaskClient) -> None:
    answer = client.get("/login", headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in answer.headers
