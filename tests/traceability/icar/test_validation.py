"""Each fault of a resource has a code and a Chinese sentence of its own."""

from typing import Any

import pytest

from traceability.icar import validation

WEIGHT = "icarWeightEventResource"
GOOD: dict[str, Any] = {
    "resourceType": WEIGHT,
    "meta": {"source": "cn.example", "sourceId": "1", "modified": "2026-11-22T06:12:03Z"},
    "eventDateTime": "2026-11-22T06:12:03+08:00",
    "animal": {"id": "252052600012345", "scheme": "urn:weining:ear-tag"},
    "weight": {"measurement": 385.5, "units": "KGM"},
}


def test_a_good_weight_has_no_fault() -> None:
    assert validation.faults(GOOD, WEIGHT) == []
    assert validation.faults({**GOOD, "remark": None}, WEIGHT) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"weight": {"measurement": 850, "units": "LBR"}}, "icar.unknown_unit"),
        ({"weight": {"measurement": 850, "units": "斤"}}, "icar.unknown_unit"),
        ({"weight": {"measurement": 850, "units": ["KGM"]}}, "icar.unknown_unit"),
        ({"weight": {"measurement": 1e308, "units": "KGM"}}, "icar.out_of_range"),
        ({"weight": {"measurement": 10**400, "units": "KGM"}}, "icar.out_of_range"),
        ({"weight": {"measurement": -1, "units": "KGM"}}, "icar.out_of_range"),
        ({"weight": {"measurement": 2001}}, "icar.out_of_range"),
        ({"weight": {"measurement": "385"}}, "icar.bad_resource"),
        ({"eventDateTime": "2026-11-22T06:12:03"}, "icar.no_zone"),
        ({"eventDateTime": "昨天"}, "icar.bad_resource"),
        ({"eventDateTime": None}, "icar.no_time"),
        ({"colour": "red"}, "icar.unknown_field"),
        ({"animal": {"id": "1", "scheme": "x", "name": "y"}}, "icar.unknown_field"),
        ({"animal": {"id": "1"}}, "icar.bad_resource"),
        ({"meta": {"source": "a", "modified": "2026-11-22T06:12:03Z"}}, "icar.no_source"),
        ({"meta": {**GOOD["meta"], "sourceId": "x" * 201}}, "icar.no_source"),
        ({"resourceType": "icarFeedIntakeEventResource"}, "icar.wrong_resource"),
    ],
)
def test_each_fault_has_its_own_answer(changes: dict[str, Any], code: str) -> None:
    found = validation.faults({**GOOD, **changes}, WEIGHT)

    assert found[0].code == code
    assert found[0].sentence


@pytest.mark.parametrize("told", [3, None, [], "x"])
def test_what_is_no_object_is_no_resource(told: object) -> None:
    assert [fault.code for fault in validation.faults(told, WEIGHT)] == ["icar.bad_resource"]
