"""Promise P8: strings that have broken other programs, through every field, form and resource.

`tests/vectors/nasty.txt` is the list. A fault is a 5xx, markup that comes back as markup, or a
text that is kept otherwise than it was sent. SLOW=1 sends every string through every form.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
from flask.testing import FlaskClient
from marshmallow import ValidationError

import app.schemas
from app.auth.roles import Role
from app.schemas.fields import List, Nested, Schema
from tests.app.yard import Yard

VECTORS = Path(__file__).parents[1] / "vectors" / "nasty.txt"
NASTY: list[str] = [
    json.loads(line) for line in VECTORS.read_text("ascii").splitlines() if not line.startswith("#")
]
ALL = os.environ.get("SLOW") == "1"
STEP = 1 if ALL else 12  # every how many-th string a form is sent
FEWER = 1 if ALL else 4
MARKUP = (
    "<script>alert(1)",
    "<img src=x",
    "<svg/onload",
    "<iframe src=javascript",
    "<base href=//",
)
TYPED = {"text", "search", "tel", "password", "number", "date", ""}
LEFT_ALONE = {"/logout", "/consents/act-for"}  # they end what the browser is there for


def test_there_are_at_least_two_hundred_of_them() -> None:
    assert len({*NASTY}) >= 200


def schemas() -> Iterator[type[Schema]]:
    for found in iter_modules(app.schemas.__path__):
        module = import_module(f"app.schemas.{found.name}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Schema):
                yield value


@pytest.mark.parametrize("schema", sorted({*schemas()}, key=str), ids=lambda each: each.__name__)
def test_a_field_takes_a_string_or_refuses_it_in_words(schema: type[Schema]) -> None:
    said: list[object] = []
    for name, each in schema().fields.items():
        if each.dump_only or isinstance(each, Nested):
            continue
        for text in NASTY:
            value: Any = [text] if isinstance(each, List) else text
            try:
                each.deserialize(value, name, {name: value})
            except ValidationError as error:
                said.append(error.messages)
    assert all(said)


@pytest.fixture(scope="module")
def calf(yard: Yard) -> str:
    """The tag of an animal that gets every string."""
    animal = yard.world.animal()
    yard.world.session.commit()
    return animal.ear_tag


def test_what_is_kept_is_what_was_sent(yard: Yard, calf: str) -> None:
    client, headers = yard.app.test_client(), yard.headers[Role.VILLAGE_VET]
    kept = 0
    for text in NASTY:
        told = {"drug": text, "dose": text, "batch_no": text, "given_on": "2026-11-22"}
        body = json.dumps({"ear_tag": calf, **told})  # half a surrogate pair goes as an escape
        answer = client.post(
            "/api/treatments/", data=body, headers=headers, content_type="application/json"
        )
        assert answer.status_code in {201, 422}, (text, answer.text)
        if answer.status_code == 201:
            kept += 1
            assert answer.get_json()["drug"] == text.strip()
    assert kept > 100


@pytest.mark.slow
def test_a_search_for_anything_finds_or_finds_not(yard: Yard) -> None:
    client, headers = yard.app.test_client(), yard.headers[Role.MARKET_OPERATOR]
    for path in ("/api/animals/", "/api/certificates/", "/api/parties/"):
        for text in NASTY[::FEWER]:
            told = {"q": text.encode("utf-8", "replace").decode()}
            answer = client.get(path, query_string=told, headers=headers)
            assert answer.status_code in {200, 422}, (path, text)


@pytest.mark.parametrize("header", ["Idempotency-Key", "On-Behalf-Of", "Authorization"])
def test_a_header_may_hold_anything(yard: Yard, header: str) -> None:
    client = yard.app.test_client()
    for text in NASTY:
        value = "".join(c for c in text if c not in "\r\n\0").encode("utf-8", "replace")
        headers = {**yard.headers[Role.FARMER], header: value.decode("latin-1")}
        answer = client.post("/api/animals/", json={}, headers=headers)
        assert answer.status_code < 500, (header, text)


@dataclass
class Form:
    """A form of a page: where it goes, what it brings, and which fields people type into."""

    action: str
    values: dict[str, str] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)


class Forms(HTMLParser):
    """The forms of a page that are sent by POST."""

    def __init__(self, path: str, page: str) -> None:
        super().__init__()
        self.path, self.found = path, list[Form]()
        self._form: Form | None = None
        self._select: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form" and told.get("method", "").lower() == "post":
            self._form = Form(told.get("action") or self.path)
            self.found.append(self._form)
        elif self._form is not None:
            self._field(self._form, tag, told)

    def _field(self, form: Form, tag: str, told: dict[str, str]) -> None:
        name = told.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            form.values.setdefault(self._select, told.get("value", ""))
        elif tag == "textarea" or (tag == "input" and told.get("type", "") in TYPED):
            form.typed.append(name)
        elif tag == "input" and name:
            form.values.setdefault(name, told.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None


PAGES = {
    Role.FARMER: [
        "/animals/new",
        "/animals/{animals}/retag",
        "/animals/{animals}/death",
        "/treatments/immunise",
        "/treatments/treat",
        "/declarations/new",
        "/consents/new",
        "/tokens/",
        "/accounts/password",
    ],
    Role.OFFICIAL_VET: [
        "/accounts/new",
        "/declarations/{declarations}",
        "/certificates/{certificates}",
    ],
}


def forms_of(client: FlaskClient, path: str) -> list[Form]:
    page = client.get(path)
    assert page.status_code == 200, (path, page.status_code)
    return [each for each in Forms(path, page.text).found if each.action not in LEFT_ALONE]


@pytest.mark.slow
@pytest.mark.parametrize("role", PAGES)
def test_a_form_takes_anything_and_shows_it_as_text(yard: Yard, role: Role) -> None:
    client = yard.browser(role)
    sent = 0
    for number, path in enumerate(PAGES[role]):
        for form in forms_of(client, path.format(**yard.things)):
            for text in NASTY[number % STEP :: STEP] if form.typed else []:
                told = {**form.values, **dict.fromkeys(form.typed, text)}
                safe = {name: value.encode("utf-8", "replace") for name, value in told.items()}
                answer = client.post(form.action, data=safe)
                assert answer.status_code < 500, (form.action, text)
                assert not [each for each in MARKUP if each in answer.text], (form.action, text)
                sent += 1
    assert sent > len(PAGES[role])


@pytest.mark.parametrize("path", ["/animals/?q=", "/certificates/?q=", "/v/?q=", "/gate/?q="])
def test_a_word_that_is_searched_is_shown_as_text(searcher: FlaskClient, path: str) -> None:
    for text in NASTY[::STEP]:
        name, _, _ = path.partition("?")
        told = {"q": text.encode("utf-8", "replace").decode()}
        answer = searcher.get(name, query_string=told)
        assert answer.status_code < 500, (path, text)
        assert not [each for each in MARKUP if each in answer.text], (path, text)


@pytest.fixture(scope="module")
def searcher(yard: Yard) -> FlaskClient:
    """A browser at the market."""
    return yard.browser(Role.MARKET_MANAGER)
