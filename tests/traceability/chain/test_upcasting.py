"""An event of an old version reads as the newest for ever; its bytes and proofs stay."""

import json
from dataclasses import replace
from typing import Any

import pytest

from app import migrate
from tests.vectors.freeze import sample_path
from traceability.base import canon
from traceability.chain import events, folding, upcasting
from traceability.chain.kinds import SPECS, Kind
from traceability.chain.upcasting import UPCASTS, Part, Parts


def test_every_step_from_version_to_version_is_there() -> None:
    steps = {(kind, v) for kind in Kind for v in range(1, SPECS[kind].v)}

    assert UPCASTS.keys() == steps


def named_disease(public: Part, private: Part | None) -> Parts:
    """Suppose version 2 said `against` where version 1 said `disease`."""
    told = {**public, "against": public["disease"]}
    del told["disease"]
    return told, private


def counted_ml(public: Part, private: Part | None) -> Parts:
    """And version 3 kept a dose beside it, privately."""
    return public, None if private is None else {**private, "dose_ml": 2}


@pytest.fixture
def version_three(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = Kind.IMMUNISATION_GIVEN
    monkeypatch.setitem(SPECS, kind, replace(SPECS[kind], v=3))
    monkeypatch.setitem(UPCASTS, (kind, 1), named_disease)
    monkeypatch.setitem(UPCASTS, (kind, 2), counted_ml)


@pytest.fixture
def sample() -> dict[str, Any]:
    path = sample_path(Kind.IMMUNISATION_GIVEN, 1)
    return dict(json.loads(path.read_text("utf-8")))


@pytest.mark.usefixtures("version_three")
def test_a_frozen_event_of_version_one_reads_as_version_three(sample: dict[str, Any]) -> None:
    data = sample["canonical"].encode()

    view = events.view(1, data, private=json.loads(sample["private"]))

    assert view["against"] == json.loads(data)["public"]["disease"]
    assert (view["disease"], view["dose_ml"]) == (None, 2)
    assert view.canonical == data
    assert view.digest.hex() == sample["digest"] == canon.sha256(data).hex()


@pytest.mark.usefixtures("version_three")
def test_an_erased_event_is_led_up_too(sample: dict[str, Any]) -> None:
    view = events.view(1, sample["canonical"].encode(), private=None)

    assert view["against"] == "fmd"
    assert view.private is None


def test_an_event_of_today_is_left_as_it_is(sample: dict[str, Any]) -> None:
    migrate.load_models()
    view = events.view(1, sample["canonical"].encode(), private=json.loads(sample["private"]))

    assert view.public == json.loads(sample["canonical"])["public"]
    assert folding.FOLDS["immunisation"].fold(None, view)


@pytest.mark.parametrize("v", [0, 2, -1])
def test_a_version_nobody_knows_is_not_guessed_at(v: int) -> None:
    with pytest.raises(ValueError, match="versions 1 to 1"):
        upcasting.upcast(Kind.IMMUNISATION_GIVEN, v, {}, None)
