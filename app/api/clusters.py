"""集群接口 · the clusters within scope, with everything printed of them."""

from collections.abc import Sequence

from app import database, programme, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.schemas.clusters import ClusterOut, ClusterPageOut, ProgrammeOut
from app.schemas.projects import ProjectOut, RegisterProject
from registry import clusters, overview, projects
from registry.clusters import Cluster
from registry.overview import ClusterPage, ProgrammePage
from registry.projects import Project, ProjectCard, Stage

blueprint = Blueprint("api_clusters", __name__, url_prefix="/api/clusters", description="集群")


@blueprint.get("/")
@permission("cluster.view")
@blueprint.response(200, ClusterOut(many=True))
def index() -> Sequence[Cluster]:
    """集群列表."""
    return [row.cluster for row in programme.clusters_seen(database.session())]


@blueprint.get("/programme")
@permission("cluster.view")
@blueprint.response(200, ProgrammeOut)
def rules() -> ProgrammePage:
    """方案通则: bodies and duties, mechanisms, funding rules, figures and doubts."""
    return overview.programme_page(database.session())


@blueprint.get("/<ref:ref>")
@permission("cluster.view")
@blueprint.response(200, ClusterPageOut)
def show(ref: str) -> ClusterPage:
    """一个集群: its tasks, projects and figures."""
    session = database.session()
    return overview.cluster_page(session, programme.cluster(session, ref))


@blueprint.post("/<ref:ref>/projects")
@permission("project.register")
@blueprint.arguments(RegisterProject, as_kwargs=True)
@blueprint.response(201, ProjectOut)
def register_project(ref: str, name: str, task: str | None, stage: Stage) -> Project:
    """登记项目."""
    session = database.session()
    return projects.register(
        session,
        programme.cluster(session, ref),
        ProjectCard(name=name),
        task=None if task is None else clusters.task(session, task),
        stage=stage,
        **whoami.acted(),
    )
