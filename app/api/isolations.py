"""隔离处理接口 · hold, notify, isolate, release or condemn, dispose, close."""

from typing import Any

from app import database, files, isolating, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.lists import Listed
from app.schemas.isolations import (
    Conclude,
    Dispose,
    Isolate,
    IsolationOut,
    IsolationsOut,
    IsolationsQuery,
    NotifyKeeper,
    OpenIsolation,
)
from traceability.quarantine import isolations
from traceability.quarantine.isolations import Isolation

blueprint = Blueprint(
    "api_isolations", __name__, url_prefix="/api/isolations", description="隔离处理"
)


@blueprint.get("/")
@permission("isolation.view")
@blueprint.arguments(IsolationsQuery, location="query", as_kwargs=True)
@blueprint.response(200, IsolationsOut)
def index(under_way: bool, page: int) -> Listed[Isolation]:  # noqa: FBT001 - a query's name
    """隔离处理列表.

    自己的牛、自己管辖范围内的，新的在前。
    """
    return isolating.listed(database.session(), under_way=under_way, page=page)


@blueprint.get("/<ref:ref>")
@permission("isolation.view")
@blueprint.response(200, IsolationOut)
def show(ref: str) -> Isolation:
    """一项隔离处理."""
    return isolating.get(database.session(), ref)


@blueprint.post("/")
@permission("isolation.record")
@blueprint.arguments(OpenIsolation, as_kwargs=True)
@blueprint.response(201, IsolationOut)
def hold(animal: str, reason: str) -> Isolation:
    """留置一头牛.

    留置期间不得出售、出证、调运和屠宰。
    """
    return isolating.open_case(database.session(), animal, reason=reason)


@blueprint.post("/<ref:ref>/notify")
@permission("isolation.record")
@blueprint.arguments(NotifyKeeper)
@blueprint.response(200, IsolationOut)
def notify(form: dict[str, Any], ref: str) -> Isolation:
    """出具检疫处理通知单."""
    session = database.session()
    found = isolating.get(session, ref)
    isolations.notify(session, found, **form, **whoami.acted())
    return found


@blueprint.post("/<ref:ref>/isolate")
@permission("isolation.record")
@blueprint.arguments(Isolate)
@blueprint.response(200, IsolationOut)
def isolate(form: dict[str, Any], ref: str) -> Isolation:
    """登记隔离."""
    session = database.session()
    found = isolating.get(session, ref)
    isolations.isolate(session, found, **form, **whoami.acted())
    return found


@blueprint.post("/<ref:ref>/release")
@permission("isolation.record")
@blueprint.arguments(Conclude)
@blueprint.response(200, IsolationOut)
def release(form: dict[str, Any], ref: str) -> Isolation:
    """解除留置."""
    session = database.session()
    found = isolating.get(session, ref)
    isolations.release(session, found, **form, **whoami.acted())
    return found


@blueprint.post("/<ref:ref>/condemn")
@permission("isolation.record")
@blueprint.arguments(Conclude)
@blueprint.response(200, IsolationOut)
def condemn(form: dict[str, Any], ref: str) -> Isolation:
    """判定无害化处理."""
    session = database.session()
    found = isolating.get(session, ref)
    isolations.condemn(session, found, **form, **whoami.acted())
    return found


@blueprint.post("/<ref:ref>/dispose")
@permission("isolation.record")
@blueprint.arguments(Dispose)
@blueprint.response(200, IsolationOut)
def dispose(form: dict[str, Any], ref: str) -> Isolation:
    """登记无害化处理.

    照片先上传为证据，再在这里列出。
    """
    session = database.session()
    found = isolating.get(session, ref)
    told = {**form, "photographs": [files.named(session, each) for each in form["photographs"]]}
    isolations.dispose(session, found, **told, **whoami.acted())
    return found


@blueprint.post("/<ref:ref>/close")
@permission("isolation.record")
@blueprint.response(200, IsolationOut)
def close(ref: str) -> Isolation:
    """结案."""
    session = database.session()
    found = isolating.get(session, ref)
    isolations.close(session, found, **whoami.acted())
    return found
