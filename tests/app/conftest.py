"""What the tests of the service share."""

import pytest

from tests.app.programs import ProgramOf
from tests.logins import LoginAs


@pytest.fixture
def program_of(login_as: LoginAs) -> ProgramOf:
    """`program_of(Role.FARMER)` gives a program with such an account's token."""
    return ProgramOf(login_as)
