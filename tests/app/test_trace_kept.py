"""A public page is rendered once per chain head; what is kept never says what no longer holds."""

import contextlib
import sqlite3
import threading
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import render_template
from flask.testing import FlaskClient
from sqlalchemy import Engine

from app.auth.roles import Role
from app.factory import Platform
from app.labels import printing
from app.limits import limiter
from app.trace import kept
from tests.app.lines import stamp, words
from tests.logins import LoginAs
from tests.world import World
from traceability.animals import Animal
from traceability.checkpoints.keys import Signer

PACKED = {"Accept-Encoding": "gzip"}
Rendered = list[str]


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> Rendered:
    """The names of the templates rendered since."""
    names: Rendered = []

    def noting(name: str, **told: Any) -> str:
        names.append(name)
        return render_template(name, **told)

    monkeypatch.setattr("app.web.trace.render_template", noting)
    return names


def path_of(world: World, app: Platform, animal: Animal) -> str:
    world.session.commit()
    with app.app_context():
        return urlsplit(printing.animal_link(world.session, animal)).path


def test_a_stamped_page_is_rendered_once_and_stays_byte_for_byte(
    world: World, app: Platform, client: FlaskClient, signer: Signer, rendered: Rendered
) -> None:
    animal = world.animal()
    stamp(world, signer)
    path = path_of(world, app, animal)

    first, second = client.get(path), client.get(path)
    others = client.get(path, headers=PACKED), client.get(path, headers=PACKED)
    world.animal()  # somebody else's life goes on
    third = client.get(path)

    assert rendered == ["trace/show.html"] * 2  # plain and packed
    assert first.data == second.data == third.data
    assert dict(first.headers) == dict(second.headers)
    assert dict(others[0].headers) == dict(others[1].headers)
    assert others[1].headers["Content-Encoding"] == "gzip"


def test_a_new_event_shows_at_once(
    world: World, app: Platform, client: FlaskClient, signer: Signer
) -> None:
    animal = world.animal()
    stamp(world, signer)
    path = path_of(world, app, animal)
    before = client.get(path)
    world.vaccinate(animal, days_ago=1)

    after = client.get(path, headers={"If-None-Match": before.headers["ETag"]})

    assert after.status_code == 200
    assert "第3条已登记，待盖章" in words(after.text)


def _behind_its_back(engine: Engine) -> None:
    """Change a word in every stored event, past the platform and its triggers."""
    with contextlib.closing(sqlite3.connect(str(engine.url.database))) as file:
        file.execute("DROP TRIGGER IF EXISTS event_no_update")
        file.execute(
            "UPDATE event SET canonical = CAST(replace(CAST(canonical AS TEXT), ?, ?) AS BLOB)",
            ('"sex":"male"', '"sex":"mule"'),
        )
        file.commit()


def test_a_kept_page_does_not_outlive_the_bytes_it_rests_on(
    world: World, app: Platform, client: FlaskClient, engine: Engine, signer: Signer
) -> None:
    animal = world.animal()
    stamp(world, signer)
    path = path_of(world, app, animal)
    before = client.get(path)
    _behind_its_back(engine)
    world.at += kept.REREAD_EVERY

    after = client.get(path, headers={"If-None-Match": before.headers["ETag"]})

    assert after.status_code == 200
    assert after.data != before.data
    assert "盖章的目录内" in words(before.text)
    assert "盖章的目录内" not in words(after.text)


def test_an_unkept_page_is_never_unchanged_over_damaged_bytes(
    world: World, app: Platform, client: FlaskClient, engine: Engine
) -> None:
    path = path_of(world, app, world.animal())  # awaits its stamp: not kept
    before = client.get(path)
    unchanged = client.get(path, headers={"If-None-Match": before.headers["ETag"]})
    _behind_its_back(engine)

    after = client.get(path, headers={"If-None-Match": before.headers["ETag"]})

    assert (unchanged.status_code, after.status_code) == (304, 200)
    assert after.data != before.data


def test_a_page_that_awaits_its_stamp_is_not_kept(
    world: World, app: Platform, client: FlaskClient, signer: Signer, rendered: Rendered
) -> None:
    path = path_of(world, app, world.animal())

    pending = client.get(path).text
    stamp(world, signer)
    stamped = client.get(path).text

    assert "data-unstamped" in pending
    assert "data-unstamped" not in stamped
    assert rendered == ["trace/show.html"] * 2


def test_a_kept_page_ends_with_its_day(
    world: World, app: Platform, client: FlaskClient, signer: Signer
) -> None:
    animal = world.animal()
    stamp(world, signer)
    path = path_of(world, app, animal)
    today = words(client.get(path).text)
    world.later(days=1)

    tomorrow = words(client.get(path).text)

    assert "均在 06:13 盖章的目录内" in today
    assert "均在 2026年11月22日 06:13 盖章的目录内" in tomorrow


def test_who_is_signed_in_is_answered_by_the_service_itself(
    world: World, app: Platform, login_as: LoginAs, signer: Signer, rendered: Rendered
) -> None:
    animal = world.animal()
    stamp(world, signer)
    path = path_of(world, app, animal)
    me = login_as(Role.FARMER)

    for _ in range(2):
        assert me.get(path).status_code == 200

    assert len(rendered) == 2


def test_kept_pages_are_rate_limited_too(
    world: World, app: Platform, client: FlaskClient, signer: Signer
) -> None:
    animal = world.animal()
    stamp(world, signer)
    path = path_of(world, app, animal)
    limiter.enabled = True
    try:
        limiter.reset()
        answers = [client.get(path).status_code for _ in range(250)]
        neighbour = client.get(path, environ_overrides={"REMOTE_ADDR": "10.0.0.9"})
    finally:
        limiter.reset()
        limiter.enabled = False

    assert answers[:120] == [200] * 120
    assert answers[-1] == 429
    assert neighbour.status_code == 200


def test_what_is_kept_stays_within_its_room(
    world: World,
    app: Platform,
    client: FlaskClient,
    signer: Signer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    herd = [world.animal() for _ in range(3)]
    stamp(world, signer)
    paths = [path_of(world, app, animal) for animal in herd]
    monkeypatch.setattr(kept, "BYTES_MAX", 2 * len(client.get(paths[0]).data) + 100)

    answers = [client.get(path).status_code for path in paths * 2]

    assert answers == [200] * 6
    front = app.wsgi_app
    assert isinstance(front, kept.Kept)
    assert len(front._pages) == 2


def test_many_phones_at_once_get_one_and_the_same_page(
    world: World, app: Platform, client: FlaskClient, signer: Signer
) -> None:
    animal = world.animal()
    stamp(world, signer)
    path = path_of(world, app, animal)
    wanted = client.get(path).data
    got: list[bytes] = []

    def look() -> None:
        got.extend(app.test_client().get(path).data for _ in range(20))

    phones = [threading.Thread(target=look) for _ in range(6)]
    for phone in phones:
        phone.start()
    for phone in phones:
        phone.join()

    assert len(got) == 120
    assert set(got) == {wanted}
