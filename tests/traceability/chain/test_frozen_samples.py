"""One frozen sample of every kind and version: it must verify and fold for ever.

A new kind has no sample yet: `python -m tests.vectors.freeze path/of/a/test/that/appends/it`.
"""

import json
from typing import Any

import pytest

from app import migrate
from tests.inspector import verify
from tests.vectors.freeze import SAMPLES, sample_path
from traceability.audit.links import parsed
from traceability.base import canon
from traceability.chain import events, folding
from traceability.chain.kinds import SPECS, Kind

VERSIONS = [(kind, v) for kind in Kind for v in range(1, SPECS[kind].v + 1)]
FILES = sorted(SAMPLES.glob("*.json"))


@pytest.mark.parametrize(("kind", "v"), VERSIONS)
def test_every_kind_and_version_has_a_sample(kind: Kind, v: int) -> None:
    assert sample_path(kind, v).exists(), "python -m tests.vectors.freeze"


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def sample(request: pytest.FixtureRequest) -> dict[str, Any]:
    migrate.load_models()  # every noun says how to fold its events
    return dict(json.loads(request.param.read_text("utf-8")))


def test_a_sample_verifies(sample: dict[str, Any]) -> None:
    data = sample["canonical"].encode()

    body = parsed(data)
    assert body is not None
    assert canon.sha256(data).hex() == sample["digest"]
    assert (
        body["private"]
        == canon.sha256(bytes.fromhex(sample["salt"]) + sample["private"].encode()).hex()
    )
    assert verify.read_event(sample["canonical"]) == body
    assert (body["kind"], body["v"]) == (sample["kind"], sample["v"])


def test_a_sample_folds(sample: dict[str, Any]) -> None:
    private = json.loads(sample["private"])
    view = events.view(1, sample["canonical"].encode(), private=private)
    if view.corrects is not None:
        return  # a correction stands in its original's place; it is not folded after it

    for ref, state in sample["states"].items():
        after = folding.FOLDS[ref.partition(":")[0]].fold(state["before"], view) or {}
        told = {name: after.get(name) for name in state["after"] or {}}
        assert told == (state["after"] or {})


def test_a_sample_shows_only_what_its_kind_says_is_public(sample: dict[str, Any]) -> None:
    body = json.loads(sample["canonical"])

    assert body["public"].keys() <= SPECS[Kind(body["kind"])].public | {"late"}
