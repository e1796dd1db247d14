"""接口基础 · our parser, our error format and our documentation around flask-smorest."""

import json
from http import HTTPStatus
from typing import Any, NoReturn

import flask_smorest
from flask import Flask, Request
from flask_smorest.spec import prepare_response
from webargs import core
from webargs.flaskparser import FlaskParser, is_json_request

from app.errors import PROBLEM
from app.schemas.errors import Problem

VERSION = "1"
DESCRIPTION = """\
同一套规则，同一条追溯链：页面能做的，接口也能做。

- 令牌：登录后在“接口令牌”页申请，请求头写 `Authorization: Bearer wn_…`。
- 出错一律为 `application/problem+json`（RFC 9457），`outcomes` 列出全部不合格项及其依据。
- POST 可带 `Idempotency-Key`：同键同内容返回第一次的结果，同键不同内容返回 409。
- 质量为整数克，金额为整数分，时间为带时区的 RFC 3339。
- 未列出的字段一律拒绝（422）。
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
    """Reads request bodies strictly."""

    def _raw_load_json(self, req: Request) -> Any:
        if not is_json_request(req):
            return core.missing
        data = req.get_data(cache=True)
        return read_json(data) if data.strip() else core.missing


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # flask_smorest has no types
    """One noun's resources."""

    ARGUMENTS_PARSER = Parser()


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
