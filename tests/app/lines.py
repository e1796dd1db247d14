"""What the tests of the public history page share: a stamp, a reader, a project."""

import re

from flask.testing import FlaskClient

from registry import clusters, projects
from registry.clusters import ClusterCard
from registry.projects import ProjectCard
from tests.world import World
from traceability.checkpoints import stamps
from traceability.checkpoints.keys import Signer

UNKNOWN = "0123456789ABCDEF"


def stamp(world: World, signer: Signer) -> None:
    world.later(minutes=1)
    stamps.sequence(world.session, signer, at=world.at)
    world.session.commit()


def page(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.text


def words(html: str) -> str:
    """What a reader sees, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def a_project(world: World) -> projects.Project:
    card = ClusterCard(
        key="sample",
        order_no=1,
        name="示范产业集群",
        heading="示范",
        host_place="示范县",
        prefecture="示范州",
        county="示范县",
        region_code="520000",
        partner="广州市",
        data_sha256=bytes(32),
    )
    cluster = clusters.load(world.session, card, at=world.at, by=world.office)
    project = projects.register(
        world.session, cluster, ProjectCard(name="示范产业园二期"), at=world.at, by=world.office
    )
    projects.record_progress(
        world.session, project, percent=40, text="主体封顶", at=world.at, by=world.operator
    )
    return project
