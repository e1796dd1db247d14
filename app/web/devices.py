"""设备 · readers and scales: registered, let in by a credential, watched; what they sent amiss."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, current_app, flash, json, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.wrappers import Response

from app import database, equipment, forms, mqtt, whoami
from app.auth.privileges import permission
from app.desk.standing import REASONS
from app.factory import settings_of
from app.labels import codes
from app.schemas.devices import RegisterDevice
from devices import credentials, devices, inbox, pairing, receiving
from devices.devices import DEVICE_KIND_LABELS, DEVICE_STATE_LABELS, Device, DeviceState
from devices.drivers.formats import FORMATS
from devices.pairing import REASON_LABELS
from devices.probe import CAPTURE_BYTES_MAX, Findings, probe
from traceability import holdings
from traceability.base.errors import Conflict

blueprint = Blueprint("devices", __name__, url_prefix="/devices")
HEAD_SHOWN_CHARS = 400
HEX_CHARS_MAX = 3 * CAPTURE_BYTES_MAX
ASK_MS = 200  # how often a box asks an indicator that never speaks unasked


@blueprint.get("/")
@permission("device.view")
def index() -> str:
    """设备, each with when it was last heard and what became of its messages."""
    session = database.session()
    found = equipment.devices_listed(session, page=request.args.get("page", 1, type=int))
    return render_template(
        "devices/index.html",
        found=found,
        tallies=inbox.tallies(session, [each.code for each in found.rows]),
        cases=len(equipment.cases(session)),
        aside=equipment.set_aside_listed(session, code="", page=1).total,
        **_labels(),
    )


def _labels() -> dict[str, Any]:
    return {"kinds": DEVICE_KIND_LABELS, "states": DEVICE_STATE_LABELS, "formats": FORMATS}


@blueprint.get("/new")
@permission("device.manage")
def register() -> str:
    """登记设备."""
    return _page(request.args, {})


def _page(form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    found = equipment.places(database.session())
    return render_template(
        "devices/register.html",
        form=form,
        errors=errors,
        places=[(place.ref, place.name) for place in found],
        format_options=[
            (known.name, f"{known.label}（{known.name}）") for known in FORMATS.values()
        ],
        kind_options=list(DEVICE_KIND_LABELS.items()),
    )


@blueprint.post("/new")
@permission("device.manage")
def register_device() -> ResponseReturnValue:
    """登记设备: take the form."""

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        made = equipment.register_device(database.session(), given)
        flash(f"已登记 {made.code}，请发放凭证，写进采集盒", "success")
        return redirect(url_for("devices.show", ref=made.ref), 303)

    return forms.handled(RegisterDevice, act, _page)


@blueprint.get("/probe")
@permission("device.manage")
def capture() -> str:
    """探测数据格式: captured bytes go in, suggestions come out, nothing is set."""
    return _probing({}, None)


@blueprint.post("/probe")
@permission("device.manage")
def suggest() -> ResponseReturnValue:
    """探测数据格式: what a capture speaks for."""
    file = request.files.get("capture")
    data = file.stream.read(CAPTURE_BYTES_MAX) if file is not None else b""
    try:
        data = data or bytes.fromhex(request.form.get("hex", "")[:HEX_CHARS_MAX])
    except ValueError:
        return _probing({"hex": ["应为成对的十六进制数字，例如 02 2B 30"]}, None), 422
    if not data:
        return _probing({"capture": ["请选择抓包文件，或贴入十六进制"]}, None), 422
    return _probing({}, probe(data))


def _probing(errors: Mapping[str, Any], found: Findings | None) -> str:
    return render_template("devices/probe.html", form=request.form, errors=errors, found=found)


@blueprint.get("/<ref:ref>")
@permission("device.view")
def show(ref: str) -> str:
    """一台设备."""
    return _show(equipment.device(database.session(), ref))


def _show(device: Device, *, refused: str = "") -> str:
    session = database.session()
    return render_template(
        "devices/show.html",
        device=device,
        place=holdings.get(session, device.holding),
        tally=inbox.tallies(session, [device.code]).get(device.code),
        credential=credentials.current(session, device, at=whoami.now()),
        in_use=device.state is DeviceState.ACTIVE,
        refused=refused,
        **_labels(),
    )


@blueprint.post("/<ref:ref>/credential")
@permission("device.manage")
def issue(ref: str) -> ResponseReturnValue:
    """发放或更换凭证: the password is on this answer and nowhere else."""
    session, at = database.session(), whoami.now()
    device = equipment.device(session, ref)
    known = credentials.current(session, device, at=at)
    act = credentials.issue if known is None else credentials.rotate
    try:
        password = act(session, device, at=at, by=whoami.actor().ref)
    except Conflict as refusal:
        session.rollback()
        return _show(device, refused=refusal.sentence), refusal.status
    told = _edge_configuration(device, password)
    page = render_template(
        "devices/issued.html",
        device=device,
        password=password,
        configuration=json.dumps(told, ensure_ascii=False, indent=2),
        code=Markup(codes.svg(json.dumps(told), label="采集盒配置")),  # noqa: S704 - our own drawing
    )
    return page, 201


def _edge_configuration(device: Device, password: str) -> dict[str, Any]:
    """What the edge box at the crate is told, as its configuration file (docs/edge.md)."""
    port = {"device": device.code, "source": "serial:///dev/ttyUSB0", "format": device.format}
    scale: dict[str, Any] = {}
    if device.division_g:
        scale = {
            "division_g": device.division_g,
            "max_g": device.max_g,
            "equal_frames": device.stable_frames,
        }
    asked = {"ask_ms": ASK_MS} if FORMATS[device.format].only_asked else {}
    box = {**port, "password": password, **scale, **asked}
    return {"broker": _broker(), "outbox": "/var/lib/weining-edge/outbox.db", "port": [box]}


def _broker() -> str:
    """Where a box reaches the broker: the embedded one listens on the platform's public host."""
    settings = settings_of(current_app)
    if settings.mqtt_url is not None:
        return mqtt.account(settings).url
    return f"mqtt://{urlsplit(settings.public_url).hostname}:{settings.mqtt_port}"


@blueprint.post("/<ref:ref>/revoke")
@permission("device.manage")
def revoke(ref: str) -> Response:
    """吊销凭证: the device is cut off within seconds."""
    session = database.session()
    device = equipment.device(session, ref)
    credentials.revoke(session, device, at=whoami.now(), by=whoami.actor().ref)
    flash(f"{device.code} 的凭证已吊销", "success")
    return redirect(url_for("devices.show", ref=ref), 303)


@blueprint.post("/<ref:ref>/retire")
@permission("device.manage")
def retire(ref: str) -> Response:
    """停用设备: what it sends from now on is set aside."""
    session, at = database.session(), whoami.now()
    device = equipment.device(session, ref)
    if credentials.current(session, device, at=at) is not None:
        credentials.revoke(session, device, at=at, by=whoami.actor().ref)
    devices.retire(session, device)
    flash(f"{device.code} 已停用", "success")
    return redirect(url_for("devices.show", ref=ref), 303)


@blueprint.get("/set-aside")
@permission("device.view")
def set_aside() -> str:
    """搁置的消息: each with its reason; replayed once what was wrong is put right."""
    return _aside()


def _aside(*, refused: str = "") -> str:
    code = request.args.get("device", "")[:32]
    page = request.args.get("page", 1, type=int)
    found = equipment.set_aside_listed(database.session(), code=code, page=page)
    rows = [
        {
            "message": row,
            "reason": receiving.reason_label(row.reason),
            "text": row.head.decode("utf-8", "replace")[:HEAD_SHOWN_CHARS],
            "whole": row.length <= len(row.head),
        }
        for row in found.rows
    ]
    return render_template(
        "devices/set_aside.html", found=found, rows=rows, code=code, refused=refused
    )


@blueprint.post("/set-aside/<int:message>/replay")
@permission("device.manage")
def replay(message: int) -> ResponseReturnValue:
    """重放一条搁置的消息."""
    session = database.session()
    found = equipment.set_aside(session, message)
    try:
        inbox.replay(session, found, at=whoami.now())
    except Conflict as refusal:
        session.rollback()
        return _aside(refused=_still(refusal.sentence)), refusal.status
    flash(f"{found.code} 的这条消息已重放，成为一条读数", "success")
    return redirect(url_for("devices.set_aside"), 303)


def _still(sentence: str) -> str:
    """The refusal with its reason in Chinese."""
    begin, mark, reason = sentence.partition("：")
    return f"{begin}{mark}{receiving.reason_label(reason)}"


@blueprint.get("/cases")
@permission("device.view")
def cases() -> str:
    """待人工确认的称重: weights that nobody but a person may give to an animal."""
    found = equipment.cases(database.session())
    return render_template("devices/cases.html", cases=found, reasons=_reasons())


def _reasons() -> dict[str, str]:
    return {**REASON_LABELS, **{code: words for code, (words, _todo) in REASONS.items()}}


@blueprint.post("/cases/<int:case>/settle")
@permission("device.manage")
def settle(case: int) -> Response:
    """关闭一次称重: no weighing is made of it; the reading stays."""
    session = database.session()
    found = equipment.case(session, case)
    pairing.settle(session, found, at=whoami.now(), by=whoami.actor().ref)
    flash("已关闭这次称重，读数仍保存", "success")
    return redirect(url_for("devices.cases"), 303)
