import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.conformance.__main__ import answer, answers, main
from app.conformance.suites import SUITES
from traceability.identifiers.eids import encode_frame, parse_eid

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
REGISTER = """耳标号,品种,性别,出生日期,户号
252052600012345,西杂,母,2023-03-08,H-1
2.52E+14,西杂,母,2023-03-08,H-1
２ 522427-00012345,黄牛,公,2023年3月8日,H-1

252052600012345,西杂,公,2023-03-08,H-1
252052600012346,西杂,公,2027-03-08,H-1
""".encode("gb18030")
FIELDS = st.sampled_from(
    [
        *("kind", "value", "on", "uri", "text", "hex", "hex64", "bits128", "format", "chunks"),
        *(
            "n",
            "profile",
            "document",
            "leaf_hash",
            "leaf_index",
            "tree_size",
            "proof",
            "root",
            "leaves",
        ),
    ]
)


def ask(suite: str, **line: Any) -> dict[str, Any]:
    return answer(SUITES[suite], json.dumps(line).encode())


@pytest.mark.parametrize(
    ("suite", "line", "expected"),
    [
        (
            "cn-id",
            {"kind": "uscc", "value": "91110000600037341L"},
            {"ok": True, "reason": None},
        ),
        (
            "cn-id",
            {"kind": "region", "value": "522427", "on": "2010-01-01"},
            {"ok": True, "reason": None},
        ),
        ("cn-id", {"kind": "region", "value": "520526114"}, {"ok": True, "reason": None}),
        (
            "cn-id",
            {"kind": "ear_tag", "value": "252242700012345", "on": "2026-01-01"},
            {"ok": True, "reason": None},
        ),
        ("check-digit", {"kind": "gln", "value": "4012345000009"}, {"ok": True}),
        (
            "import",
            {"kind": "animals", "filename": "a.csv", "on": "2026-11-22", "hex": REGISTER.hex()},
            {
                "rows": [
                    {"line": 2, "ok": True, "reason": None},
                    {"line": 3, "ok": False, "reason": "ear_tag.scientific"},
                    {"line": 4, "ok": True, "reason": None},
                    {"line": 6, "ok": False, "reason": "import.twice"},
                    {"line": 7, "ok": False, "reason": "import.in_future"},
                ]
            },
        ),
        (
            "import",
            {"kind": "cows", "filename": "a.csv", "hex": ""},
            {
                "error": "bad_input",
                "detail": "kind 应为 holdings、animals、immunisations、movements、campaign",
            },
        ),
        (
            "epcis-validate",
            {
                "document": {
                    "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
                    "type": "ObjectEvent",
                    "eventTime": "2026-11-22T06:12:03Z",
                    "eventTimeZoneOffset": "+08:00",
                    "epcList": ["urn:epc:id:sgtin:4012345.011111.9876"],
                    "action": "OBSERVE",
                }
            },
            {"valid": True, "errors": []},
        ),
        ("check-digit", {"kind": "gln", "value": 4012345000009}, {"ok": False}),
        (
            "digital-link",
            {"uri": "https://a.cn/01/09506000134352/21/A1"},
            {"ais": {"01": "09506000134352", "21": "A1"}},
        ),
        (
            "tag-frame",
            {"hex64": "8000842098B29BA0"},
            {"country": 528, "national": 140000795552, "animal": True, "crc_ok": None},
        ),
        (
            "tag-frame",
            {"bits128": encode_frame(parse_eid("982000001088420"))},
            {"country": 982, "national": 1088420, "animal": True, "crc_ok": True},
        ),
        (
            "tag-frame",
            {"text": "3E7.1CBE991A14"},
            {"country": 999, "national": 123456789012, "animal": True, "crc_ok": None},
        ),
        ("reader-line", {"text": "LA 982 000001088420\r\n"}, {"eid": "982000001088420"}),
        (
            "scale-frame",
            {"format": "yaohua-0", "hex": "022b30303432353531314303", "profile": "trade"},
            {"weight_g": 425500, "stable": None},
        ),
        (
            "scale-stream",
            {
                "format": "yaohua-0",
                "chunks": ["022b3030343235", "3531314303", "022b30303432353531314303"],
                "profile": "trade",
                "n": 2,
            },
            {"frames": [{"error": "not_stable"}, {"weight_g": 425500, "stable": True}]},
        ),
        (
            "canonical-json",
            {"text": '{"b":1.50,"a":"牛"}'},
            {"hex": '{"a":"牛","b":1.5}'.encode().hex()},
        ),
        (
            "merkle-root",
            {"leaves": []},
            {"root": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        ),
        (
            "merkle-consistency",
            {"size1": 0, "size2": 3, "root1": "00" * 32, "root2": "00" * 32, "proof": []},
            {"ok": False},
        ),
    ],
)
def test_a_good_line_is_answered(
    suite: str, line: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert ask(suite, id=7, **line) == {"id": 7, **expected}


@pytest.mark.parametrize(
    ("suite", "line", "code"),
    [
        ("tag-frame", {"text": "252052600012345"}, "eid.country"),
        ("tag-frame", {"bits128": "0101"}, "tag_frame.length"),
        ("tag-frame", {"hex64": "xyz"}, "bad_input"),
        ("tag-frame", {}, "bad_input"),
        ("reader-line", {"text": "LR 0006 0000000018514243\r\n"}, "not_iso"),
        ("reader-line", {"text": "LA 982 000001088420", "format": "digits"}, "not_a_tag"),
        ("reader-line", {"text": "982000001088420", "format": "toledo"}, "unknown_format"),
        (
            "scale-stream",
            {"format": "and", "chunks": [], "division_g": -1, "profile": "trade"},
            "bad_input",
        ),
        ("scale-frame", {"format": "rinstrum", "hex": ""}, "unknown_format"),
        ("scale-frame", {"format": "toledo", "hex": "zz"}, "bad_input"),
        (
            "scale-frame",
            {
                "format": "toledo",
                "hex": "022b38203030343235353030303030300d1e",
                "profile": "trade",
            },
            "not_stable",
        ),
        ("cn-id", {"kind": "iban", "value": "x"}, "unknown_kind"),
        ("cn-id", {"kind": "region", "value": "520526", "on": "2011-02-30"}, "bad_input"),
        ("check-digit", {"kind": "isbn", "value": "x"}, "unknown_kind"),
        ("canonical-json", {"text": "[NaN]"}, "bad_json"),
        ("canonical-json", {"text": '{"a":1,"a":2}'}, "bad_json"),
        ("canonical-json", {"text": "[" * 100_000}, "bad_json"),
        ("canonical-json", {"text": "9" * 30}, "not_canonical"),
        ("merkle-inclusion", {"leaf_hash": "00", "leaf_index": True}, "bad_input"),
        ("digital-link", {"uri": "weixin://x"}, "digital_link.uri"),
    ],
)
def test_a_bad_line_gets_an_error_for_an_answer(
    suite: str, line: dict[str, Any], code: str
) -> None:
    found = ask(suite, **line)

    assert found["error"] == code
    assert found["detail"]


@pytest.mark.parametrize(
    ("kind", "value", "on", "reason"),
    [
        ("ear_tag", "25205260001234", None, "ear_tag.length"),
        ("ear_tag", "2.52E+14", None, "ear_tag.scientific"),
        ("ear_tag", 252052600012345, None, "not_text"),
        ("region", "520640", None, "region.unknown"),
        ("region", "522427", "2020-01-01", "region.not_then"),
        ("region", "520526999", None, "region.unknown"),
        ("resident_id", "522427199003073781", None, "resident_id.check"),
    ],
)
def test_a_wrong_number_is_told_from_a_wrong_line(
    kind: str, value: object, on: str | None, reason: str
) -> None:
    found = ask("cn-id", kind=kind, value=value, on=on)

    assert (found["ok"], found["reason"]) == (False, reason)


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe", b"[]", b"null", b"{", b"[" * 100_000, b"9" * 5_000, b'{"id":NaN}']
)
def test_what_is_no_line_is_answered_too(raw: bytes) -> None:
    assert answer(SUITES["cn-id"], raw)["error"] in {"bad_json", "bad_utf8", "bad_input"}


def test_an_id_that_cannot_be_printed_comes_back() -> None:
    [line] = answers(SUITES["cn-id"], [b'{"id":"\\ud800"}\n'])

    assert json.loads(line)["id"] == "\ud800"


@pytest.mark.parametrize("suite", sorted(SUITES))
@settings(max_examples=40, deadline=None)
@given(line=st.dictionaries(FIELDS, JSON_VALUES, max_size=6))
def test_no_line_stops_a_suite(suite: str, line: dict[str, Any]) -> None:
    [found] = answers(SUITES[suite], [json.dumps(line).encode()])

    assert json.loads(found).get("error") != "internal"


def test_the_command_answers_line_by_line() -> None:
    lines = b'{"id":1,"kind":"gtin","value":"6901234567892"}\n\n{"id":3}\n'

    run = subprocess.run(
        [sys.executable, "-m", "app.conformance", "check-digit"],
        input=lines,
        capture_output=True,
        check=True,
    )

    found = [json.loads(line) for line in run.stdout.splitlines()]
    assert found[0] == {"id": 1, "ok": True}
    assert [row["error"] for row in found[1:]] == ["bad_json", "bad_input"]
    assert run.stderr == b""


def test_the_formats_are_listed_with_their_documents(capfdbinary: Any) -> None:
    assert main(["formats"]) == 0

    rows = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert {"yaohua-0", "toledo"} <= {row["format"] for row in rows}
    assert all(row["document"] for row in rows)


def test_an_unknown_suite_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nonsense"]) == 2
    assert "cn-id" in capsys.readouterr().err
