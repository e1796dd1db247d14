"""Two people at the same moment: real locks, deadlocks and lost races, on both databases."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.engine import Engine

from app import database
from app.auth import tokens
from app.auth.privileges import public
from app.auth.roles import Role
from app.factory import Platform
from market.sales.records import Sale
from tests.logins import LoginAs
from tests.world import World
from traceability.animals import Animal
from traceability.quarantine import declarations
from traceability.quarantine.declarations import Declaration, DeclarationState, Purpose

ON_BOTH = True
OWN_PAGES = True
ROUNDS = 4
Program = Callable[..., Any]


@pytest.fixture
def program(app: Platform, login_as: LoginAs) -> Program:
    """`program(role, permission)` posts JSON as somebody of that role, from any thread."""

    def speak(role: Role, permission: str) -> Program:
        account = login_as.account(role)
        _, token = tokens.issue(
            login_as.world.session,
            account_id=account.id,
            name="试验",
            permissions=[permission],
            days=1,
            at=login_as.world.at,
        )
        with app.app_context():
            plain = FlaskClient(app, app.response_class)

        def post(path: str, body: dict[str, Any], **headers: str) -> Any:
            head = {"Authorization": f"Bearer {token}", **headers}
            return plain.post(path, json=body, headers=head)

        return post

    return speak


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """All acts at the same moment; their answers in order."""
    start = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        start.wait(20)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def codes(answers: Sequence[Any]) -> list[tuple[int, str | None]]:
    told = [(each.status_code, (each.get_json() or {}).get("code")) for each in answers]
    return sorted(told, key=lambda pair: pair[0])


def market_with(world: World, rounds: int) -> Iterator[tuple[Animal, dict[str, Any]]]:
    """Animals that stand weighed at the market, and what is offered for each."""
    scale = world.scale()
    for number in range(rounds):
        animal = world.at_market(world.animal())
        weighing = world.weighed(animal, scale)
        offer = {
            "client_key": f"desk-{number}",
            "weighing": weighing.ref,
            "buyer": world.buyer.ref,
            "price_fen": 2680,
            "price_unit": "per_kg",
        }
        world.session.commit()
        yield animal, offer


def sales_of(world: World, animal: Animal) -> int:
    wanted = select(func.count(Sale.id)).where(Sale.animal_id == animal.id)
    found = world.session.scalar(wanted) or 0
    world.session.commit()
    return found


def test_two_operators_sell_one_animal_once_and_the_other_is_told(
    program: Program, world: World
) -> None:
    one, two = (program(Role.MARKET_OPERATOR, "sale.register") for _ in range(2))
    for animal, offer in market_with(world, ROUNDS):
        other = {**offer, "client_key": f"{offer['client_key']}-b"}

        answers = at_once(
            lambda offer=offer: one("/api/sales/", offer),  # type: ignore[misc]  # bound now
            lambda other=other: two("/api/sales/", other),  # type: ignore[misc]  # bound now
        )

        assert codes(answers) == [(201, None), (409, "sale.already_sold")]
        assert "成交" in next(each for each in answers if each.status_code == 409).text
        assert sales_of(world, animal) == 1


def test_one_key_sent_twice_at_the_same_moment_is_one_sale_and_one_answer(
    program: Program, world: World
) -> None:
    operator = program(Role.MARKET_OPERATOR, "sale.register")
    for animal, offer in market_with(world, ROUNDS):
        key = {"Idempotency-Key": f"k-{offer['client_key']}"}
        send = [lambda offer=offer, key=key: operator("/api/sales/", offer, **key)] * 4  # bound now

        answers = at_once(*send)

        assert {each.status_code for each in answers} == {201}
        assert len({each.get_json()["ref"] for each in answers}) == 1
        assert sales_of(world, animal) == 1


def test_two_vets_decide_one_declaration_once(program: Program, world: World) -> None:
    one, two = (program(Role.OFFICIAL_VET, "declaration.decide") for _ in range(2))
    for _ in range(ROUNDS):
        declaration = filed(world)
        path = f"/api/declarations/{declaration.ref}"

        answers = at_once(
            lambda path=path: one(f"{path}/accept", {}),  # type: ignore[misc]  # bound now
            lambda path=path: two(f"{path}/accept", {}),  # type: ignore[misc]  # bound now
        )

        (done, _), (lost, code) = codes(answers)
        assert done in {200, 201}
        assert (lost, code) == (409, "declaration.not_open")
        world.session.refresh(declaration)
        assert declaration.state is DeclarationState.ACCEPTED
        world.session.commit()


def filed(world: World) -> Declaration:
    animal = world.animal()
    made = declarations.file(
        world.session,
        [animal],
        declarant=world.farmer,
        destination=world.market,
        purpose=Purpose.TRADE,
        leaves_on=world.today,
        at=world.at,
        by=world.farmer,
    )
    world.session.commit()
    return made


@dataclass
class Purses:
    """A view that adds to two purses, one after the other, so that two at once cross."""

    serialize: bool
    meet: Barrier = field(default_factory=lambda: Barrier(2))
    attempts: list[str] = field(default_factory=list)

    def view(self, first: str, second: str) -> str:
        self.attempts.append(first)
        is_real = database.engine().dialect.name == "postgresql"
        is_first_try = is_real and self.attempts.count(first) == 1
        if self.serialize and is_real:
            session = database.session()
            session.connection(execution_options={"isolation_level": "SERIALIZABLE"})
            session.execute(text("SELECT sum(fen) FROM purse")).scalar()
            if is_first_try:
                self.meet.wait(20)
        for name in sorted((first, second)) if self.serialize else (first, second):
            self._add(name)
            if is_first_try and not self.serialize and name == first:
                self.meet.wait(20)
        return "done"

    def _add(self, name: str) -> None:
        put = text("UPDATE purse SET fen = fen + 1 WHERE name = :name")
        database.session().execute(put, {"name": name})


@pytest.mark.parametrize("serialize", [False, True], ids=["deadlock", "serialization"])
def test_who_loses_a_race_is_run_again_and_both_succeed(
    app: Platform, world: World, engine: Engine, serialize: bool
) -> None:
    """PostgreSQL ends one of the two; on SQLite writers wait for each other and none is ended."""
    world.session.commit()
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE purse (name TEXT PRIMARY KEY, fen INTEGER)"))
        connection.execute(text("INSERT INTO purse VALUES ('a', 0), ('b', 0)"))
    purses = Purses(serialize)

    @app.post("/race/<first>/<second>")
    @public
    def race(first: str, second: str) -> str:
        return purses.view(first, second)

    with app.app_context():
        plain = FlaskClient(app, app.response_class)

    answers = at_once(
        lambda: plain.post("/race/a/b").status_code, lambda: plain.post("/race/b/a").status_code
    )

    is_real = engine.dialect.name == "postgresql"
    assert answers == [200, 200]
    assert len(purses.attempts) == (3 if is_real else 2)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT sum(fen) FROM purse")).scalar() == 4
