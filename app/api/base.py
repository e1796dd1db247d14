"""接口基础 · our parser, our error format and our documentation around flask-smorest."""

import json
from http import HTTPStatus
from typing import Any, NoReturn

import flask_smorest
from flask import Flask, Request
from flask_smorest.spec import prepare_response
from marshmallow import RAISE, Schema
from webargs import core
from webargs.flaskparser import FlaskParser, is_json_request
from werkzeug.datastructures import CombinedMultiDict

from app.auth.idempotency import HEADER, KEY_CHARS_MAX
from app.auth.privileges import ATTRIBUTE, PUBLIC
from app.errors import PROBLEM
from app.schemas.errors import Problem
from app.whoami import ON_BEHALF_HEADER
from traceability.base.refs import REF

VERSION = "1"
DESCRIPTION = """\
同一套规则，同一条追溯链：页面能做的，接口也能做。

- 令牌：登录后在“接口令牌”页申请，请求头写 `Authorization: Bearer wn_…`。
- 出错一律为 `application/problem+json`（RFC 9457），`outcomes` 列出全部不合格项及其依据。
- POST 可带 `Idempotency-Key`：同键同内容返回第一次的结果，同键不同内容返回 409。
- 质量为整数克，金额为整数分，时间为带时区的 RFC 3339。
- 代办写请求头 `On-Behalf-Of: party:…`，须有授权人给的代办授权。
- 未列出的字段和参数一律拒绝（422）；不在管辖范围内的，与不存在同样回答（404）。
"""


def read_json(data: bytes) -> Any:
    """A JSON text, strictly: no NaN, no repeated name, no endless nesting or number.

    >>> read_json(b'{"weight_g": 1}')
    {'weight_g': 1}

    Raises:
        JSONDecodeError: for everything that is not what RFC 8259 means by JSON.
    """
    try:
        return json.loads(data.decode(), object_pairs_hook=_once_each, parse_constant=_no_constant)
    except json.JSONDecodeError:
        raise
    except (ValueError, RecursionError) as error:  # bad UTF-8, 4,300 digits, 1,000 levels
        raise json.JSONDecodeError(str(error), "?", 0) from error


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name occurs twice")
    return dict(pairs)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


class Parser(FlaskParser):
    """Reads request bodies and addresses strictly."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012 - the library's own declaration
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": RAISE,
        "form": RAISE,
        "multipart": RAISE,
    }
    __location_map__ = {  # noqa: RUF012 - the library's own declaration
        **FlaskParser.__location_map__,
        "multipart": "load_multipart",
    }

    def load_multipart(self, req: Request, schema: Schema) -> Any:
        """Fields and files of one form, together."""
        return self._makeproxy(CombinedMultiDict([req.files, req.form]), schema)

    def _raw_load_json(self, req: Request) -> Any:
        if not is_json_request(req):
            return core.missing
        data = req.get_data(cache=True)
        return read_json(data) if data.strip() else core.missing


REFUSALS_OF_ALL = (422, 503)
REFUSALS_OF_READS = (404,)
REFUSALS_OF_WRITES = (400, 404, 409, 413, 415, 429)
REFUSALS_OF_THE_DOOR = (401, 403)
READS = {"get", "head"}
KEY_PARAMETER = {
    "in": "header",
    "name": HEADER,
    "description": "幂等键：同键同内容只办一次",
    "schema": {"type": "string", "maxLength": KEY_CHARS_MAX},
}
GRANTOR_PARAMETER = {
    "in": "header",
    "name": ON_BEHALF_HEADER,
    "description": "代办：授权人的主体引用",
    "schema": {"type": "string", "pattern": f"^{REF.pattern}$"},
}


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # flask_smorest has no types
    """One noun's resources; what every view can refuse with is documented here, once."""

    ARGUMENTS_PARSER = Parser()
    DEFAULT_LOCATION_CONTENT_TYPE_MAPPING = {  # noqa: RUF012 - the library's own declaration
        **flask_smorest.Blueprint.DEFAULT_LOCATION_CONTENT_TYPE_MAPPING,
        "multipart": "multipart/form-data",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._prepare_doc_cbks.append(self._prepare_door_doc)

    def _store_endpoint_docs(self, endpoint: str, obj: Any, *args: Any, **kwargs: Any) -> None:
        super()._store_endpoint_docs(endpoint, obj, *args, **kwargs)
        for method, told in self._docs[endpoint].items():
            if isinstance(told, dict):
                told["door"] = (f"{self.name}.{endpoint}.{method}", getattr(obj, ATTRIBUTE, None))

    def _prepare_door_doc(
        self, doc: dict[str, Any], doc_info: dict[str, Any], *, method: str, **_: Any
    ) -> dict[str, Any]:
        """Who may, which headers count, and every refusal a program must expect."""
        doc["operationId"], needed = doc_info["door"]
        writes = method not in READS
        statuses = {*REFUSALS_OF_ALL, *(REFUSALS_OF_WRITES if writes else REFUSALS_OF_READS)}
        if needed == PUBLIC:
            doc["security"] = []
        else:
            statuses |= {*REFUSALS_OF_THE_DOOR}
            doc["x-permission"] = needed
            headers = [KEY_PARAMETER] if method == "post" else []
            doc["parameters"] = [*doc.get("parameters", []), *headers, GRANTOR_PARAMETER]
        for status in sorted(statuses):
            doc["responses"].setdefault(status, HTTPStatus(status).name)
        return doc


class Api(flask_smorest.Api):  # type: ignore[misc]  # flask_smorest has no types
    """The documented API; `app.errors` answers refusals."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        pass

    def _register_responses(self) -> None:
        """Every error response of the documentation is a problem."""
        problem = {"schema": self.ERROR_SCHEMA}
        for status in HTTPStatus:
            response: dict[str, Any] = {"description": status.phrase}
            if status >= HTTPStatus.BAD_REQUEST:
                response |= problem
            prepare_response(response, self.spec, PROBLEM)
            self.spec.components.response(status.name, response, lazy=True)
        default = {"description": "拒绝或出错", **problem}
        prepare_response(default, self.spec, PROBLEM)
        self.spec.components.response(self.DEFAULT_ERROR_RESPONSE_NAME, default, lazy=True)


def make(app: Flask) -> Api:
    """The API of a service, with its documentation at /api/docs."""
    app.config.update(
        API_TITLE="威宁肉牛交易与追溯平台",
        API_VERSION=VERSION,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api",
        OPENAPI_JSON_PATH="openapi.json",
        OPENAPI_SWAGGER_UI_PATH="/docs",
        OPENAPI_SWAGGER_UI_URL="/static/vendor/swagger-ui-5.35.0/",
        API_SPEC_OPTIONS={
            "info": {"description": DESCRIPTION},
            "security": [{"token": []}],
            "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        },
    )
    return Api(app)
