from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.identifiers.gs1 import check_digit, is_gs1_key, parse_digital_link
from traceability.identifiers.refusals import IdentifierError


@pytest.mark.parametrize(
    ("kind", "value", "ok"),
    [
        ("gtin", "6901234567892", True),
        ("gtin", "06901234567892", True),
        ("gtin", "036000291452", True),
        ("gtin", "96385074", True),
        ("gtin", "6901234567893", False),
        ("gtin", "690123456789", False),
        ("gtin", "69O1234567892", False),
        ("gtin", "", False),
        ("gln", "4012345000009", True),
        ("gln", "4012345000008", False),
        ("gln", "96385074", False),
        ("sscc", "106141412345678908", True),
        ("sscc", "106141412345678909", False),
        ("nonsense", "6901234567892", False),
    ],
)
def test_a_key_has_its_length_and_its_check_digit(kind: str, value: str, ok: bool) -> None:
    assert is_gs1_key(kind, value) is ok


@given(st.from_regex(r"[0-9]{12}", fullmatch=True), st.integers(0, 11))
def test_one_wrong_digit_of_an_article_number_is_noticed(body: str, place: int) -> None:
    code = body + check_digit(body)
    wrong = code[:place] + str((int(code[place]) + 1) % 10) + code[place + 1 :]

    assert is_gs1_key("gtin", code)
    assert not is_gs1_key("gtin", wrong)


@pytest.mark.parametrize(
    ("uri", "ais"),
    [
        ("https://id.gs1.org/01/09506000134352", {"01": "09506000134352"}),
        (
            "https://example.cn/some/path/01/09506000134352/10/ABC/21/12%2F34?17=271200&linkType=x",
            {"01": "09506000134352", "10": "ABC", "21": "12/34", "17": "271200"},
        ),
        ("http://a.cn:8080/01/6901234567892", {"01": "06901234567892"}),
        (
            "https://a.cn/00/106141412345678908?4000=x#top",
            {"00": "106141412345678908", "4000": "x"},
        ),
        ("https://a.cn/414/4012345000009/254/8", {"414": "4012345000009", "254": "8"}),
        ("https://a.cn/01/09506000134352/21/01", {"01": "09506000134352", "21": "01"}),
    ],
)
def test_a_digital_link_is_taken_apart(uri: str, ais: dict[str, str]) -> None:
    assert parse_digital_link(uri) == ais


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("", "digital_link.uri"),
        ("ftp://a.cn/01/09506000134352", "digital_link.uri"),
        ("https:///01/09506000134352", "digital_link.uri"),
        ("https://[::1/01/09506000134352", "digital_link.uri"),
        ("https://a.cn/", "digital_link.no_key"),
        ("https://a.cn/t/ABCD", "digital_link.no_key"),
        ("https://a.cn/01/09506000134353", "digital_link.value"),
        ("https://a.cn/01/09506000134352/21/A1/10/B7", "digital_link.order"),
        ("https://a.cn/01/09506000134352/17/261231", "digital_link.order"),
        ("https://a.cn/01/09506000134352/10/B7?10=B8", "digital_link.twice"),
        ("https://a.cn/01/09506000134352?17=261331", "digital_link.value"),
        ("https://a.cn/01/09506000134352/21/" + "x" * 21, "digital_link.value"),
    ],
)
def test_a_link_that_is_none_is_refused(uri: str, code: str) -> None:
    with pytest.raises(IdentifierError) as refusal:
        parse_digital_link(uri)

    assert refusal.value.code == code


@given(st.text(max_size=60))
def test_any_address_gets_an_answer(text: str) -> None:
    with suppress(IdentifierError):
        assert parse_digital_link("https://a.cn/01/" + text)
