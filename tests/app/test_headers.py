"""What every answer carries, and how refusals look to people."""

import re

import pytest
from flask.testing import FlaskClient

from app.auth.roles import Role
from tests.logins import LoginAs

INLINE = re.compile(r"<script(?![^>]*\bsrc=)|\son\w+=|javascript:")


@pytest.mark.parametrize("path", ["/login", "/healthz", "/nothing", "/api/me", "/api/docs"])
def test_every_answer_is_kept_in_bounds(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers

    assert "script-src 'self';" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"


def test_public_pages_tell_nobody_where_one_comes_from(client: FlaskClient) -> None:
    assert client.get("/healthz").headers["Referrer-Policy"] == "no-referrer"
    assert client.get("/login").headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/", "/consents/", "/consents/new", "/tokens/", "/nothing"])
def test_no_page_has_a_script_in_it_or_is_kept_by_the_browser(login_as: LoginAs, path: str) -> None:
    answer = login_as(Role.FARMER).get(path)

    assert not INLINE.search(answer.text)
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_page_that_does_not_exist_says_so_in_chinese(client: FlaskClient) -> None:
    answer = client.get("/nothing")

    assert answer.status_code == 404
    assert "没有找到这个页面" in answer.text


def test_a_role_without_the_permission_is_told_what_to_do(login_as: LoginAs) -> None:
    answer = login_as(Role.FARMER).get("/access/")

    assert answer.status_code == 403
    assert "养殖户账号没有这项权限" in answer.text
    assert "开通账号的单位" in answer.text


def test_a_part_of_a_page_gets_the_reasons_alone(login_as: LoginAs) -> None:
    farmer = login_as(Role.FARMER)

    answer = farmer.get("/access/", headers={"HX-Request": "true"})

    assert answer.status_code == 403
    assert "<html" not in answer.text


def test_a_part_of_a_page_leads_whoever_is_no_longer_signed_in_to_the_door(
    client: FlaskClient,
) -> None:
    answer = client.get("/", headers={"HX-Request": "true"})

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login"


def test_more_than_a_page_takes_is_refused(login_as: LoginAs) -> None:
    farmer = login_as(Role.FARMER)

    answer = farmer.post("/consents/new", data={"acts": "x" * 13_000_000})

    assert answer.status_code == 413
    assert "太大" in answer.text
