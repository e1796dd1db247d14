"""出错回答 · every refusal and fault as one kind of answer: problem+json, or a page in Chinese.

RFC 9457 for the JSON API and whoever asks for JSON; everybody else gets a page that says what
happened and what to do.
"""

import logging
import sqlite3
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, json, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from marshmallow import ValidationError
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException

from app.auth.refusals import NotSignedIn
from app.schemas.fields import messages_of
from traceability.base.errors import Refusal

PROBLEM = "application/problem+json"
SENTENCES: dict[int, tuple[str, str]] = {
    400: ("request.malformed", "请求格式不对，请检查后重新提交"),
    401: ("login.needed", "请先登录"),
    403: ("permission.denied", "没有这项权限"),
    404: ("request.not_found", "没有找到这个页面，可能网址输错，或内容不在您的管辖范围内"),
    405: ("request.method_not_allowed", "这个网址不支持这种操作"),
    406: ("request.not_acceptable", "不支持所要求的回答格式"),
    409: ("request.conflict", "数据刚被他人更改，请刷新后重试"),
    413: ("request.too_large", "提交的内容太大，请压缩照片或分次提交"),
    415: ("request.unsupported_media_type", "请以 JSON 或表单提交"),
    422: ("request.invalid", "填写的内容有误，请按提示修改"),
    429: ("request.too_often", "操作过于频繁，请稍候再试"),
    500: ("server.fault", "系统出了故障，已记录；您提交的内容没有保存，请稍后重试"),
    503: ("server.busy", "系统正忙，请稍后重试"),
    507: ("storage.full", "存储空间已满，这次没有登记成功；请联系平台管理员腾出空间后再提交"),
}
TITLES: dict[int, str] = {
    400: "请求有误",
    403: "没有权限",
    404: "没有找到",
    409: "发生冲突",
    413: "文件太大",
    429: "操作太快",
    500: "出了问题",
    503: "正在恢复",
    507: "没有存下",
}
TODOS: dict[int, str] = {
    403: "需要办理时，请联系给您开通账号的单位。",
    404: "请核对号码，或从首页重新查找。",
    409: "请刷新后再看；填过的内容还在本机。",
    500: "请再提交一次，不会重复登记；仍不行请联系平台管理员。",
}
DISK_FULL = {sqlite3.SQLITE_FULL, "53100"}  # SQLite's error code, PostgreSQL's state
FAULT = 500
RETRY_AFTER_S = "2"
logger = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Answer every refusal and every fault."""
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(ValidationError, invalid)
    app.register_error_handler(CSRFError, forged)
    app.register_error_handler(IntegrityError, collided)
    app.register_error_handler(OperationalError, busy)
    app.register_error_handler(DataError, too_big)
    app.register_error_handler(OverflowError, too_big)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(Exception, fault)


def wants_json() -> bool:
    """Whether the answer is for a program."""
    if request.path.startswith("/api/") or request.is_json:
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json", PROBLEM])
    return best in {"application/json", PROBLEM}


def answer(status: int, known: Mapping[str, Any]) -> Response:
    """One problem, as JSON or as a page; `known` has `code` and `sentence`, and perhaps more."""
    if wants_json():
        response = _problem(status, known)
    else:
        part = "errors/fragment.html" if "HX-Request" in request.headers else "errors/page.html"
        page = render_template(part, **_page(status, known))
        response = Response(page, status, content_type="text/html; charset=utf-8")
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = RETRY_AFTER_S
    return response


def _page(status: int, known: Mapping[str, Any]) -> dict[str, Any]:
    """What the page shows: one sentence, or every reason with its source."""
    fields = [
        {"sentence": sentence, "source": None}
        for sentences in dict(known.get("errors", {})).values()
        for sentence in (sentences if isinstance(sentences, list) else [str(sentences)])
    ]
    return {
        "status": status,
        "title": TITLES.get(status, "不能办理"),
        "sentence": known["sentence"],
        "source": known.get("source"),
        "outcomes": known.get("outcomes") or fields,
        "todo": TODOS.get(status),
    }


def _problem(status: int, known: Mapping[str, Any]) -> Response:
    body = {
        "type": f"urn:weining:problem:{known['code']}",
        "title": SENTENCES.get(status, SENTENCES[400])[1],
        "status": status,
        "detail": known["sentence"],
        "instance": request.path,
        "code": known["code"],
        "source": known.get("source"),
        "outcomes": known.get("outcomes", []),
        "errors": known.get("errors", {}),
    }
    response = Response(json.dumps(body), status, content_type=PROBLEM)
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def refused(refusal: Refusal) -> ResponseReturnValue:
    """A no of the trade or of the door; who is not signed in is led to the login page."""
    if isinstance(refusal, NotSignedIn) and "HX-Request" in request.headers:
        return Response(status=401, headers={"HX-Redirect": url_for("login.page")})
    if isinstance(refusal, NotSignedIn) and not wants_json():
        target = request.full_path.rstrip("?") if request.method == "GET" else ""
        return redirect(f"{url_for('login.page')}?{urlencode({'next': target})}", 303)
    return answer(refusal.status, refusal.problem())


def standard(status: int, **more: Any) -> Response:
    """The standard sentence of a status."""
    code, sentence = SENTENCES.get(status, SENTENCES[400])
    return answer(status, {"code": code, "sentence": sentence, **more})


def invalid(error: ValidationError) -> Response:
    """Fields that do not fit, from a schema loaded by hand."""
    return standard(422, errors=messages_of(error))


def forged(_error: CSRFError) -> Response:
    """A form without the page's own token: too old, or sent from elsewhere."""
    sentence = "页面已过期，请返回上一页刷新后重新提交"
    return answer(400, {"code": "request.stale_form", "sentence": sentence})


def collided(error: IntegrityError) -> Response:
    """Two requests at once wanted the same unique thing, and trying again did not help."""
    logger.warning("integrity error: %s", error.orig)
    return standard(409)


def busy(error: OperationalError) -> Response:
    """The database does not answer, is locked for too long, or has no room left."""
    logger.error("database not available: %s", error.orig)
    told = {getattr(error.orig, name, None) for name in ("sqlite_errorcode", "sqlstate")}
    return standard(507 if told & DISK_FULL else 503)


def too_big(_error: Exception) -> Response:
    """A number beyond what a column holds, which no field has caught."""
    sentence = "数值超出范围，请核对"
    return answer(422, {"code": "request.out_of_range", "sentence": sentence})


def http(error: HTTPException) -> ResponseReturnValue:
    """What Flask, webargs or the limiter answers with, in our form."""
    status = error.code or FAULT
    if error.response is not None or status < HTTPStatus.BAD_REQUEST:
        return error
    data = getattr(error, "data", None) or {}
    messages = data.get("messages") or data.get("errors") or {}
    response = standard(status, errors=_by_field(messages))
    for name in ("Allow", "Retry-After"):
        if (value := dict(error.get_headers()).get(name)) is not None:
            response.headers[name] = value
    return response


def _by_field(messages: Mapping[str, Any]) -> Mapping[str, Any]:
    """Messages by field; webargs puts the location (json, query, form) around them.

    >>> _by_field({"json": {"ear_tag": ["必填"]}})
    {'ear_tag': ['必填']}
    """
    merged: dict[str, Any] = {}
    for location, fields in messages.items():
        merged |= fields if isinstance(fields, dict) else {location: fields}
    return merged


def fault(error: Exception) -> ResponseReturnValue:
    """Our own mistake: logged with its trace, told without it."""
    if isinstance(error, HTTPException):
        return http(error)
    logger.error("fault while answering %s %s", request.method, request.path, exc_info=error)
    return standard(FAULT)
