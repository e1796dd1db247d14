"""One request, one transaction: pages cannot write, refusals leave nothing, losers retry."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from app import database, installation
from app.auth.privileges import public
from app.auth.roles import Role
from app.factory import Platform
from tests.logins import LoginAs
from traceability.base.db import reading
from traceability.base.errors import Conflict

OWN_PAGES = True


def view(app: Flask, act: Any, *, method: str = "POST") -> int:
    """Answer one request with `act`; its status."""
    app.add_url_rule("/act", "act", public(act), methods=[method])
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app.test_client().open("/act", method=method).status_code


def write(value: str = "1") -> None:
    installation.set_fact(database.session(), "tried", value)
    database.session().flush()


def tried(app: Flask) -> str | None:
    with app.app_context(), reading(database.engine()) as session:
        return installation.fact(session, "tried")


def test_what_a_view_did_is_kept_when_it_succeeds(app: Platform) -> None:
    def act() -> str:
        write()
        return "done"

    assert view(app, act) == 200
    assert tried(app) == "1"


@pytest.mark.parametrize("how", ["answers 422", "refuses", "fails"])
def test_what_a_view_did_is_gone_when_it_is_refused(app: Platform, how: str) -> None:
    def act() -> tuple[str, int]:
        write()
        if how == "refuses":
            raise Conflict("test.refused", "不行")
        if how == "fails":
            raise ZeroDivisionError
        return "no", 422

    assert view(app, act) == {"answers 422": 422, "refuses": 409, "fails": 500}[how]
    assert tried(app) is None


def test_a_page_that_only_looks_cannot_write(app: Platform) -> None:
    def act() -> str:
        with pytest.raises(OperationalError, match="readonly"):
            write()
        return "looked"

    assert view(app, act, method="GET") == 200
    assert tried(app) is None


@pytest.mark.parametrize(("losses", "status"), [(1, 200), (2, 200), (3, 409)])
def test_a_request_that_lost_is_run_again_a_few_times(
    app: Platform, losses: int, status: int
) -> None:
    attempts = []

    def act() -> str:
        attempts.append(1)
        write(str(len(attempts)))
        if len(attempts) <= losses:
            raise IntegrityError("insert", {}, Exception("unique"))
        return "done"

    assert view(app, act) == status
    assert len(attempts) == min(losses + 1, database.ATTEMPTS_MAX)
    assert tried(app) == (str(losses + 1) if status == 200 else None)


@pytest.mark.parametrize(("state", "again"), [("40001", True), ("40P01", True), ("22003", False)])
def test_only_a_lost_race_is_tried_again(state: str, again: bool) -> None:
    cause = Exception()
    cause.sqlstate = state  # type: ignore[attr-defined] # as psycopg's errors have it

    assert database._lost(DBAPIError("select", {}, cause)) is again


def test_a_database_that_does_not_answer_is_said_so(app: Platform) -> None:
    def act() -> str:
        database.session().execute(text("SELECT * FROM nowhere"))
        return "never"

    app.add_url_rule("/act", "act", public(act))
    answer = app.test_client().get("/act")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "系统正忙" in answer.text


def test_a_full_disk_acknowledges_nothing(app: Platform) -> None:
    def act() -> str:
        pages = database.session().scalar(text("PRAGMA page_count"))
        database.session().execute(text(f"PRAGMA max_page_count={pages}"))
        write("x" * 1_000_000)
        return "stored"

    app.add_url_rule("/act", "act", public(act), methods=["POST"])
    answer = app.test_client().post("/act", headers={"Accept": "application/json"})

    assert (answer.status_code, answer.get_json()["code"]) == (507, "storage.full")
    assert "存储空间已满" in answer.get_json()["detail"]
    assert tried(app) is None


def test_a_number_too_big_for_a_column_is_no_fault(app: Platform) -> None:
    def act() -> str:
        database.session().execute(text("SELECT :n"), {"n": 10**30})
        return "never"

    assert view(app, act, method="GET") == 422


def test_a_late_entry_carries_its_reason_to_the_transaction(
    app: Platform, login_as: LoginAs
) -> None:
    told = []

    def act() -> str:
        told.append(database.session().info["recording"].late_reason)
        database.amend_recording(confirmed_by="party:" + "0" * 32)
        told.append(database.session().info["recording"].confirmed_by)
        return "done"

    app.add_url_rule("/act", "act", public(act), methods=["POST"])
    login_as(Role.FARMER).post("/act", data={"late_reason": "下村没有信号"})

    assert told == ["下村没有信号", "party:" + "0" * 32]
