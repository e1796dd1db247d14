"""What the tests of the service share."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest
from flask.testing import FlaskClient

from app.auth.accounts import Grant
from app.auth.roles import Role, ScopeKind
from app.factory import Platform, settings_of
from registry.clusters import Cluster
from tests.app.programs import ProgramOf
from tests.app.yard import Yard, open_yard
from tests.logins import LoginAs
from traceability.checkpoints import keys
from traceability.checkpoints.keys import Signer
from traceability.checkpoints.witness import Witness


@pytest.fixture
def signer(app: Platform) -> Signer:
    """The sequencer's key, known to the site."""
    made = keys.new_signer("demo-test/chain")
    keys.make_known(Witness(settings_of(app).witness_file).keys_path, [made.verifier])
    return made


@pytest.fixture
def program_of(login_as: LoginAs) -> ProgramOf:
    """`program_of(Role.FARMER)` gives a program with such an account's token."""
    return ProgramOf(login_as)


@pytest.fixture(scope="module")
def yard(template_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """A service with one of everything; what one test leaves, the next one finds."""
    folder = tmp_path_factory.mktemp("yard")
    copyfile(template_database, folder / "platform.db")
    with open_yard(folder) as opened:
        yield opened


@pytest.fixture
def cluster(registry: list[Cluster]) -> Cluster:
    """The cattle cluster; the module brings the registry."""
    return registry[7]


@pytest.fixture
def officer(login_as: LoginAs, cluster: Cluster) -> FlaskClient:
    """An officer of the cattle cluster."""
    grants = (Grant(ScopeKind.CLUSTER, cluster.key),)
    party = login_as.world.party("专员韦")
    return login_as(Role.CLUSTER_OFFICER, party=party, grants=grants)


@pytest.fixture
def regulator(login_as: LoginAs) -> FlaskClient:
    """Another person who may confirm what the officer recorded."""
    return login_as(Role.REGULATOR, party=login_as.world.party("监管孙"))
