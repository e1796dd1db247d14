"""What the tests of the service share."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest

from tests.app.programs import ProgramOf
from tests.app.yard import Yard, open_yard
from tests.logins import LoginAs


@pytest.fixture
def program_of(login_as: LoginAs) -> ProgramOf:
    """`program_of(Role.FARMER)` gives a program with such an account's token."""
    return ProgramOf(login_as)


@pytest.fixture(scope="module")
def yard(template_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """A service with one of everything; what one test leaves, the next one finds."""
    folder = tmp_path_factory.mktemp("yard")
    copyfile(template_database, folder / "platform.db")
    with open_yard(folder) as opened:
        yield opened
