"""A service with one of everything, made once for a module that asks it thousands of things."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import config, database
from app.auth.privileges import PRIVILEGES
from app.auth.roles import Role
from app.factory import Platform, create_app
from app.limits import limiter
from app.programme import EVIDENCE_FOLDER
from tests import selling
from tests.app.programs import ProgramOf
from tests.logins import PASSWORD, LoginAs
from tests.world import World
from traceability import evidence, movements
from traceability.base.db import make_engine


@dataclass
class Yard:
    """A service with one of everything, and a program for every role."""

    app: Platform
    world: World
    login_as: LoginAs
    headers: dict[Role, dict[str, str]]
    things: dict[str, str]  # first word of the path → reference of one that exists

    def headers_for(self, permission: str | None) -> dict[str, str]:
        """Of a role that has the permission."""
        if permission is None:
            return {}
        return self.headers[min(PRIVILEGES[permission])]

    def browser(self, role: Role) -> FlaskClient:
        """A browser in which such a person is signed in."""
        account = self.login_as.account(role, login=f"{role.replace('_', '-')}.browser")
        self.world.session.commit()
        client = self.app.test_client()
        answer = client.post("/login", data={"login": account.login, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        return client


@contextmanager
def open_yard(folder: Path) -> Iterator[Yard]:
    """The yard on the furnished database in a folder."""
    engine = make_engine(f"sqlite:///{folder / 'platform.db'}")
    with Session(engine, expire_on_commit=False) as session:
        world = World(engine, session)
        settings = config.load({"DATA_DIR": str(folder), "DATABASE_URL": str(engine.url)})
        app = create_app(settings, clock=lambda: world.at, TESTING=True, WTF_CSRF_ENABLED=False)
        limiter.enabled = False
        login_as = LoginAs(app, world)
        program_of = ProgramOf(login_as)
        headers = {role: program_of(role).headers for role in Role}
        things = _things(world, folder / EVIDENCE_FOLDER)
        session.commit()
        yield Yard(app, world, login_as, headers, things)
    with app.app_context():
        database.engine().dispose()
    engine.dispose()


def _things(world: World, folder: Path) -> dict[str, str]:
    certificate = world.certified(world.animal())
    travelled = world.at_market(world.animal())
    weighing = world.weighed(world.at_market(world.animal()), world.scale())
    return {
        "animals": world.animal().ref,
        "declarations": world.declared(world.animal()).ref,
        "certificates": certificate.ref,
        "movements": movements.of_animal(world.session, travelled)[0].ref,
        "holdings": world.home.ref,
        "parties": world.farmer.ref,
        "weighings": weighing.ref,
        "evidence": evidence.store(
            world.session, folder, b"%PDF-1.7", title="合同", at=world.at, by=world.farmer
        ).ref,
        "sales": selling.sold(world, weighing).ref,
    }
