"""Nothing of the founding document was passed over: its numbers, documents, names and bodies."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FOUNDING = ROOT / "docs" / "founding" / "000_9629d8c05fbd1237.txt"
LINES = [line.replace("**", "") for line in FOUNDING.read_text("utf-8").split("\n")]
DATA = [json.loads(path.read_text("utf-8")) for path in sorted((ROOT / "registry/data").glob("*"))]
Spans = Mapping[int, list[tuple[int, int]]]

DIGITS = re.compile(r"[0-9０-９]+(?:\.[0-9]+)?\s?%?")
MEASURE = (
    "个|大|条|项|类|家|次|批|种|份|级|名|轮|期|省|地|区|头|方面|字|元|位一体|产|体|季度|年|进|化|新|转|"
    "单|企|策|事|议|五|亿|层|栋|座|吨|亩|人|把|对一"
)
HANZI = re.compile(rf"(?!数)[一二三四五六七八九十百千万亿两双首几]+多?(?:{MEASURE})")
HEADING = re.compile(r"^(?:<\w+>)?\s*(?:[（(]?\d[）)]|\d\.|[（(]?[一二三四五六七八]+[）)、])")
ORGANISATION = re.compile(
    r"公司|集团|大学|学院|研究院|研究所|院所|实验室|局|厅|委|政府|工作组|工作队|政协|协会|职校"
)
NOT_ORGANISATIONS = {
    "布局": "规划用语", "格局": "名词，不是机构", "全局": "名词，不是机构", "大局": "成语",
    "局限": "名词", "局面": "名词", "委托": "动词", "餐厅": "店铺类别",
    "政府引导": "泛指政府", "更好发挥政府": "泛指政府", "有为政府": "泛指政府",
    "在联合工作组统一": "指上句的共建产业集群联合工作组",
}  # fmt: skip
NAMED = (
    "institution", "brand", "policy", "mechanism", "event", "training", "body", "fund",
    "goal", "six_one", "term", "place", "route", "fund_rule",
)  # fmt: skip


def not_figures() -> dict[str, str]:
    """The reviewed list of printed words that hold a numeral and are no figure, with reasons."""
    rows = (HERE / "not_figures.tsv").read_text("utf-8").splitlines()
    return dict(row.split("\t") for row in rows if not row.startswith("#"))


def rows(*sections: str) -> Iterator[dict[str, Any]]:
    """The records of some sections of every data file, duties of bodies among them."""
    for data in DATA:
        for section in sections:
            for row in data.get(section, []):
                yield row
                yield from row.get("duties", ())


def spans(quoted: Iterator[dict[str, Any]]) -> Spans:
    """Line → the stretches of it that some quotation holds."""
    held: dict[int, list[tuple[int, int]]] = {}
    for row in quoted:
        numbers = range(row["first_line"], row["last_line"] + 1)
        text = "".join(LINES[number - 1] for number in numbers)
        for found in re.finditer(re.escape(row["quote"]), text):
            before = 0
            for number in numbers:
                length = len(LINES[number - 1])
                start, end = max(found.start() - before, 0), min(found.end() - before, length)
                if start < end:
                    held.setdefault(number, []).append((start, end))
                before += length
    return held


def within(held: Spans, number: int, found: re.Match[str]) -> bool:
    return any(a <= found.start() and found.end() <= b for a, b in held.get(number, ()))


def test_every_numeral_is_in_a_figure_or_reviewed_as_none() -> None:
    dated = (goal for goal in rows("goal") if goal.get("year"))
    held, goals = spans(rows("figure")), spans(dated)
    reviewed = not_figures()
    passed_over = []

    for number, line in enumerate(LINES, start=1):
        heading = HEADING.match(line)
        known = [m.span() for words in reviewed for m in re.finditer(re.escape(words), line)]
        for found in [*DIGITS.finditer(line), *HANZI.finditer(line)]:
            if heading is not None and found.start() < heading.end():
                continue
            if not (
                within(held, number, found)
                or within(goals, number, found)
                or any(a <= found.start() and found.end() <= b for a, b in known)
            ):
                passed_over.append((number, found.group(), line[found.start() : found.end() + 12]))

    assert passed_over == []


def test_every_reviewed_entry_stands_in_the_document_and_has_a_reason() -> None:
    text = "\n".join(LINES)

    assert [words for words, reason in not_figures().items() if words not in text] == []
    assert all(not_figures().values())


def test_every_document_in_book_marks_is_a_policy_record() -> None:
    policies = {row["name"] for row in rows("policy")}
    printed = {found for line in LINES for found in re.findall(r"《[^》]+》", line)}

    assert len(printed) == 11
    assert printed <= policies


def test_every_quoted_word_is_recorded_under_its_name() -> None:
    names = "/".join(row.get("name") or "" for row in rows(*NAMED))
    text = "".join(LINES)
    printed = set(re.findall(r"“([^“”]+)”", text))

    assert len(printed) > 80
    assert {words for words in printed if words not in names} == set()


def test_every_organisation_is_inside_a_quotation_of_a_named_one() -> None:
    held = spans(rows("institution", "body", "place", "policy", "fund_rule", "brand"))
    passed_over = []

    for number, line in enumerate(LINES, start=1):
        for found in ORGANISATION.finditer(line):
            around = line[max(0, found.start() - 5) : found.end() + 4]
            if any(words in around for words in NOT_ORGANISATIONS):
                continue
            if not within(held, number, found):
                passed_over.append((number, line[max(0, found.start() - 8) : found.end() + 6]))

    assert passed_over == []


@pytest.mark.parametrize(
    "name",
    [
        "中伟新材料", "贵州能矿锰业集团有限公司", "贵州百思特新能源材料有限公司", "新能锰业",
        "松山湖材料实验室", "大横琴发展公司", "贵州振华义龙新材料有限公司", "双元铝业", "中科院",
        "中航贵飞", "安吉精铸", "元诚轴承", "贵州省农科院草科所", "广东海大研究院饲料研究中心",
        "黔惠共建州级工业产业园工作组",
    ],
)  # fmt: skip
def test_a_named_enterprise_or_institution_has_its_role(name: str) -> None:
    found = [row for row in rows("institution") if row["name"] == name]

    assert len(found) == 1
    assert found[0]["role"]


def test_every_year_printed_inside_a_target_is_the_year_of_that_target() -> None:
    for figure in rows("figure"):
        years = re.findall(r"20[23]\d(?=\s?年)", figure["quote"])
        if figure["role"] == "target" and years:
            assert figure["year"] == int(years[-1]), figure["key"]
