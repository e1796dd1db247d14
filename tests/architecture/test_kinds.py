"""Every kind of event is produced somewhere, and has a label that people can read."""

import re

import pytest

from tests.architecture.sources import PACKAGES, modules, text
from traceability.chain.kinds import SPECS, Kind

CHINESE = re.compile(r"[\u4e00-\u9fff]")
NOT_YET: set[str] = set()  # may only grow shorter


def producers() -> str:
    """All code that may append an event: everything but the list of kinds itself."""
    return "\n".join(text(path) for path in modules(*PACKAGES) if path.name != "kinds.py")


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_is_produced_and_labelled(kind: Kind) -> None:
    assert CHINESE.search(SPECS[kind].label)
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", kind.value), "noun.past_participle"
    assert kind.name in NOT_YET or re.search(rf"\bKind\.{kind.name}\b", producers())
