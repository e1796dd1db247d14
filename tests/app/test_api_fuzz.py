"""Promise P8: whatever a program sends, the API answers as its own description says, never 5xx.

Requests are made up from `docs/openapi.json`; in addresses they name things that exist. A longer
run: FUZZ_EXAMPLES=200 SLOW=1.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy.orm import Session

from app import config, database, openapi
from app.auth.privileges import PRIVILEGES
from app.auth.roles import Role
from app.factory import Platform, create_app
from app.limits import limiter
from app.programme import EVIDENCE_FOLDER
from tests import selling
from tests.app.programs import ProgramOf
from tests.logins import LoginAs
from tests.world import World
from traceability import evidence, movements
from traceability.base.db import make_engine

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
DOCUMENT = json.loads(openapi.PATH.read_text("utf-8"))
for path in DOCUMENT["paths"].values():
    for operation in path.values():
        if isinstance(operation, dict):
            operation["responses"].pop("default", None)  # every status must be named
schema = schemathesis.openapi.from_dict(DOCUMENT)
schema.config.phases.coverage.enabled = os.environ.get("SLOW") == "1"
schema.config.phases.examples.enabled = False


@dataclass
class Yard:
    """A service with one of everything, and a program for every role."""

    app: Platform
    headers: dict[Role, dict[str, str]]
    things: dict[str, str]  # first word of the path → reference of one that exists

    def headers_for(self, permission: str | None) -> dict[str, str]:
        """Of a role that has the permission."""
        if permission is None:
            return {}
        return self.headers[min(PRIVILEGES[permission])]


@pytest.fixture(scope="module")
def yard(template_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    folder = tmp_path_factory.mktemp("fuzz")
    copyfile(template_database, folder / "platform.db")
    engine = make_engine(f"sqlite:///{folder / 'platform.db'}")
    with Session(engine, expire_on_commit=False) as session:
        world = World(engine, session)
        settings = config.load({"DATA_DIR": str(folder), "DATABASE_URL": str(engine.url)})
        app = create_app(settings, clock=lambda: world.at, TESTING=True)
        limiter.enabled = False
        program_of = ProgramOf(LoginAs(app, world))
        headers = {role: program_of(role).headers for role in Role}
        things = _things(world, folder / EVIDENCE_FOLDER)
        session.commit()
    yield Yard(app, headers, things)
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


@schema.parametrize()
@settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "6")),
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_api_answers_as_it_is_described(case: Any, yard: Yard) -> None:
    told = case.operation.definition.raw
    known = yard.things.get(case.path.split("/")[2])
    if known is not None and "ref" in case.path_parameters:
        case.path_parameters["ref"] = known
    case.headers.pop("On-Behalf-Of", None)  # almost never a grantor; test_api_animals tries it
    response = case.call(app=yard.app, headers=yard.headers_for(told.get("x-permission")))
    case.validate_response(response, checks=CHECKS)
