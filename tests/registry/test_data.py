"""The reviewed data files against the founding document, record by record."""

import hashlib
import json
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FOUNDING = ROOT / "docs" / "founding" / "000_9629d8c05fbd1237.txt"
LINES = FOUNDING.read_text(encoding="utf-8").split("\n")
FILES = sorted((ROOT / "registry" / "data").glob("*.json"))


def records(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of a data file that quotes the founding document, however deep."""
    if isinstance(value, dict):
        if "quote" in value:
            yield value
        for each in value.values():
            yield from records(each)
    elif isinstance(value, list):
        for each in value:
            yield from records(each)


def content(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def test_the_founding_document_is_kept_byte_for_byte() -> None:
    digest = hashlib.sha256(FOUNDING.read_bytes()).hexdigest()

    assert digest in (FOUNDING.parent / "README.md").read_text(encoding="utf-8")
    assert len(LINES) == 449


def test_there_is_a_file_for_the_programme_and_one_for_each_of_eight_clusters() -> None:
    assert [path.name[0] for path in FILES] == list("012345678")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_quotation_stands_in_the_founding_text_at_its_lines(path: Path) -> None:
    quoted = list(records(content(path)))
    assert quoted

    for record in quoted:
        first, last = record["first_line"], record["last_line"]
        lines = [line.replace("**", "") for line in LINES[first - 1 : last]]
        text = "".join(lines)
        where = f"{record.get('key', record['quote'])} {first}-{last}"
        assert record["quote"] in text, where
        starts = [m.start() for m in re.finditer(re.escape(record["quote"]), text)]
        ends_last = [at + len(record["quote"]) > len(text) - len(lines[-1]) for at in starts]
        begins_first = [at < len(lines[0]) for at in starts]
        assert any(b and e for b, e in zip(begins_first, ends_last, strict=True)), where


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_figure_is_printed_in_its_own_quotation(path: Path) -> None:
    for figure in content(path)["figure"]:
        assert figure["printed"] in figure["quote"], figure["key"]
        if figure["value"] is None:
            assert figure["comparator"] == "higher_than"
            continue
        assert Fraction(figure["value"]) >= 0
        digits = re.search(r"\d+(\.\d+)?", figure["printed"])
        if digits is not None and digits.group() not in ("50", "4"):
            assert figure["value"] == digits.group(), figure["key"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_keys_are_unique_and_references_between_records_hold(path: Path) -> None:
    data = content(path)
    keyed = [each for value in data.values() if isinstance(value, list) for each in value]
    keys = [each["key"] for each in keyed] + [data.get("cluster", {}).get("key")]

    assert len(keys) == len(set(keys))
    for record in keyed:
        for field in ("task", "box", "project", "indicator", "about"):
            assert record.get(field) is None or record[field] in keys, record["key"]


def test_every_number_written_with_a_unit_of_measure_is_held_by_a_figure() -> None:
    """A net under the reader: a printed number with a counting unit that no figure quotes."""
    unit = r"(?:亿元|万元|万吨|万金吨|万亩|亩|万头|头|万把|家|栋|人|万平方米|千伏|座|轮|多种)"
    held: dict[int, str] = {}
    for path in FILES:
        for figure in content(path)["figure"]:
            for line in range(figure["first_line"], figure["last_line"] + 1):
                held[line] = held.get(line, "") + "|" + figure["quote"]

    for number, printed in enumerate(LINES, start=1):
        for found in re.finditer(rf"\d+(?:\.\d+)?\s?{unit}", printed.replace("**", "")):
            assert found.group() in held.get(number, ""), (number, found.group())


@pytest.mark.parametrize(
    ("section", "counts"),
    [
        ("body", {"0": 11}),
        ("measure", {"0": 4}),
        ("safeguard", {"0": 6}),
        ("principle", {"0": 5}),
        ("six_one", {"0": 6}),
        ("task", dict(zip("12345678", [5, 5, 7, 5, 4, 3, 4, 6], strict=True))),
        ("box", dict(zip("12345678", [3, 2, 2, 0, 1, 2, 2, 3], strict=True))),
    ],
)
def test_the_parts_of_the_document_are_complete(section: str, counts: dict[str, int]) -> None:
    for number, count in counts.items():
        path = next(path for path in FILES if path.name.startswith(number))
        assert len(content(path)[section]) == count, path.name


def test_every_numbered_line_below_a_box_is_a_project() -> None:
    below, expected = False, set()
    for number, line in enumerate(LINES, start=1):
        text = re.sub(r"^<(div|p)>", "", line.replace("**", ""))
        if text.startswith("专栏"):
            below = True
        elif re.match(r"[（(]|[一二三四]、", text):
            below = False
        elif below and re.match(r"\d\.", text):
            expected.add(number)

    boxed = {
        project["first_line"]
        for path in FILES[1:]
        for project in content(path)["project"]
        if project["box"] is not None
    }
    assert boxed == expected
    assert len(expected) == 30


def test_doubts_never_change_what_is_printed() -> None:
    for path in FILES:
        for doubt in content(path)["doubt"]:
            assert doubt["reason"], doubt["key"]
            assert doubt["proposed"], doubt["key"]
            assert doubt["kind"] in {
                "misprint", "impossible", "numbering", "pasted", "unclear", "no_base",
            }  # fmt: skip
