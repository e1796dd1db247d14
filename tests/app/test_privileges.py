"""Promise P7: each role sees and does only its own, on every route there is.

`privileges.csv` is the agreed table, one row a route; a new route without a row fails.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.auth import privileges
from app.auth.privileges import PRIVILEGES, PUBLIC, UNDECORATED
from app.auth.roles import Role
from app.factory import Platform
from tests.app.objects import AWAITING, OBJECTS, WITHOUT_OWNER, Case, body_of
from tests.logins import PASSWORD, LoginAs

OWN_PAGES = True
TABLE = Path(__file__).with_name("privileges.csv")
EVERYBODY = "*"
ROLES = [  # one of the many here; SLOW=1 tries them all
    pytest.param(role, marks=[] if role is Role.MARKET_OPERATOR else pytest.mark.slow)
    for role in Role
]
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ENDS_THE_SESSION = {"/logout"}
CHANGING = re.compile(r"[\w.-]{40,}|[0-9a-f]{32}")  # page tokens and references
SAID_BEFORE = re.compile(
    r'<div class="note \w+" role="status">.*?</div></div>\s*'
)  # of an act before
PLACES = {"filename": "css/core.css", "scheme": "urn:weining:holding", "collection": "weights"}


@dataclass(frozen=True)
class Row:
    """One route and one method: which permission it needs, and which roles have it."""

    method: str
    rule: str
    permission: str
    roles: str

    def admits(self, role: Role) -> bool:
        return self.permission == PUBLIC or role in self.roles.split() or self.roles == EVERYBODY


def agreed() -> list[Row]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [Row(**row) for row in csv.DictReader(file)]


def routes(app: Flask) -> Iterator[tuple[str, Rule]]:
    for rule in app.url_map.iter_rules():
        for method in METHODS:
            if method in (rule.methods or ()):
                yield method, rule


def actual(app: Flask) -> set[Row]:
    found = set()
    for method, rule in routes(app):
        name = privileges.declared(app, rule.endpoint, method) or "undeclared"
        having = PRIVILEGES.get(name, frozenset())
        listed = EVERYBODY if having == frozenset(Role) else " ".join(sorted(having))
        found.add(Row(method, rule.rule, name, listed))
    return found


def as_lines(rows: set[Row]) -> str:
    lines = [f"{row.method},{row.rule},{row.permission},{row.roles}" for row in rows]
    return "\n".join(sorted(lines, key=lambda line: line.split(",")[1::-1]))


def test_every_permission_can_be_said_in_words() -> None:
    assert all(privileges.label_of(name) for name in PRIVILEGES)


def test_every_route_stands_in_the_table_as_it_is(app: Platform) -> None:
    table = {*agreed()}

    missing, gone = actual(app) - table, table - actual(app)

    assert not missing, f"add to privileges.csv, if this is meant:\n{as_lines(missing)}"
    assert not gone, f"remove from privileges.csv:\n{as_lines(gone)}"


def test_every_route_declares_its_permission(app: Platform) -> None:
    assert "undeclared" not in {row.permission for row in actual(app)}


def test_a_view_that_declares_nothing_is_refused_to_everybody(
    app: Platform, login_as: LoginAs
) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")

    answer = login_as(Role.ADMINISTRATOR).get("/forgotten", headers={"Accept": "application/json"})

    assert answer.status_code == 403
    assert answer.get_json()["code"] == "permission.undeclared"


def test_a_permission_outside_the_table_cannot_be_declared() -> None:
    with pytest.raises(LookupError):
        privileges.permission("cattle.rustle")


def test_what_libraries_bring_is_still_there(app: Platform) -> None:
    assert {*UNDECORATED} <= app.view_functions.keys()


def ask(
    client: FlaskClient, method: str, path: str, body: dict[str, object] | None = None
) -> TestResponse:
    return client.open(path, method=method, headers={"Accept": "application/json"}, json=body)


def with_missing(row: Row) -> str:
    """The route's address for things that do not exist."""

    def put(found: re.Match[str]) -> str:
        converter, name = found[1] or "", found[2]
        if name in PLACES:
            return PLACES[name]
        return "999999" if converter.startswith("int") else f"{name}:{'0' * 32}"

    return re.sub(r"<(?:([^:>]+):)?(\w+)>", put, row.rule)


def in_order(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row.rule in ENDS_THE_SESSION, row.rule, row.method))


@pytest.mark.parametrize("role", ROLES)
def test_a_role_gets_no_further_than_the_table_says(login_as: LoginAs, role: Role) -> None:
    client = login_as(role)

    wrong = []
    for row in in_order(agreed()):
        with ask(client, row.method, with_missing(row)) as answer:
            refused = answer.status_code in {401, 403}
            if refused == row.admits(role) or answer.status_code == 500:
                wrong.append(f"{row.method} {row.rule}: {answer.status_code}")

    assert not wrong


def test_nobody_gets_no_further_than_the_public_pages(client: FlaskClient) -> None:
    wrong = []
    for row in agreed():
        with ask(client, row.method, with_missing(row)) as answer:
            if (answer.status_code == 401) == (row.permission == PUBLIC):
                wrong.append(f"{row.method} {row.rule}: {answer.status_code}")

    assert not wrong


def names_in(rule: str) -> list[str]:
    """`/api/tokens/<int:token_id>` speaks of `tokens.token_id`."""
    first = rule.removeprefix("/api").split("/")[1]
    return [f"{first}.{name}" for name in re.findall(r"<(?:[^:>]+:)?(\w+)>", rule)]


def owned(role: Role) -> list[Row]:
    """The routes that name a thing which belongs to somebody."""
    skip = {*WITHOUT_OWNER, *AWAITING}
    return [
        row
        for row in agreed()
        if row.permission != PUBLIC and row.admits(role) and {*names_in(row.rule)} - skip
    ]


def test_every_name_in_an_address_has_an_own_a_foreign_and_a_missing_thing() -> None:
    names = {name for row in agreed() if row.permission != PUBLIC for name in names_in(row.rule)}

    assert names - WITHOUT_OWNER.keys() <= OBJECTS.keys() | AWAITING, "say so in objects.py"


@pytest.mark.slow
@pytest.mark.parametrize("role", Role)
def test_what_belongs_to_somebody_else_looks_like_nothing_at_all(
    app: Platform, login_as: LoginAs, role: Role
) -> None:
    me = login_as.account(role, login="myself")
    client = app.test_client()
    client.post("/login", data={"login": "myself", "password": PASSWORD})

    wrong = []
    shown: dict[str, Case] = {}  # what is only looked at is made once
    for row in owned(role):
        (name,) = {*names_in(row.rule)} - {*WITHOUT_OWNER, *AWAITING}
        made = shown.get(name) if row.method == "GET" else None
        case = made or OBJECTS[name](login_as, me)
        if row.method == "GET":
            shown[name] = case
        body = body_of(f"{row.method} {row.rule}", case)
        told = [ask(client, row.method, put(row, name, each), body) for each in told_apart(case)]
        if len({plain(answer, case) for answer in told}) > 1 or told[0].status_code != 404:
            wrong.append(f"{row.method} {row.rule}: {[each.status_code for each in told]}")
        if case.own is not None:
            mine = ask(client, row.method, put(row, name, case.own), body)
            if mine.status_code in {401, 403, 404, 500}:
                wrong.append(f"{row.method} {row.rule}: own {mine.status_code}")

    assert not wrong


def put(row: Row, name: str, thing: str) -> str:
    path = re.sub(rf"<(?:[^:>]+:)?{name.partition('.')[2]}>", thing, row.rule)
    return re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda found: PLACES[found[1]], path)


def told_apart(case: Case) -> list[str]:
    return [thing for thing in (case.missing, case.foreign) if thing is not None]


def plain(answer: TestResponse, case: Case) -> tuple[int, str]:
    """An answer without what names the thing asked for."""
    text = SAID_BEFORE.sub("", CHANGING.sub("", answer.text))
    for thing in told_apart(case):
        spaced = f"{thing[0]} {thing[1:7]} {thing[7:]}"  # a tag as people read it
        for written in (thing, CHANGING.sub("", thing), spaced):
            text = text.replace(written, "")
    return answer.status_code, " ".join(text.split())
