"""Programs that speak for somebody by an API token with all that person's permissions."""

from dataclasses import dataclass
from typing import Any

from werkzeug.test import TestResponse

from app.auth import privileges, tokens
from app.auth.accounts import Grant
from app.auth.privileges import PRIVILEGES
from app.auth.roles import Role
from tests.logins import LoginAs
from traceability.parties import Party


@dataclass
class Program:
    """One program, by its token."""

    login_as: LoginAs
    headers: dict[str, str]

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        client = self.login_as.app.test_client()
        return client.open(path, method=method, json=body, headers={**self.headers, **headers})

    def get(self, path: str, **query: Any) -> TestResponse:
        client = self.login_as.app.test_client()
        return client.get(path, query_string=query, headers=self.headers)

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.ask("POST", path, body, **headers)


@dataclass
class ProgramOf:
    """`program_of(Role.FARMER)` gives a program that speaks for such an account."""

    login_as: LoginAs

    def __call__(
        self, role: Role, *, party: Party | None = None, grants: tuple[Grant, ...] | None = None
    ) -> Program:
        world = self.login_as.world
        account = self.login_as.account(role, party=party, grants=grants)
        world.session.flush()
        _, text = tokens.issue(
            world.session,
            account_id=account.id,
            name="测试",
            permissions=[name for name in PRIVILEGES if privileges.allowed(role, name)],
            days=30,
            at=world.at,
        )
        return Program(self.login_as, {"Authorization": f"Bearer {text}"})


def code(answer: TestResponse) -> tuple[int, str]:
    """Status and code of a refusal."""
    problem = answer.get_json()
    assert answer.content_type == "application/problem+json", answer.text
    return answer.status_code, problem["code"]
