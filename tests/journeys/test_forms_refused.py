"""A refused form loses nothing that was typed, and one stands in the first wrong field."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.journeys.county import DESK, MARKS, County, enter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

pytestmark = MARKS
FORMS = [
    ("nonghu", "/animals/new"),
    ("nonghu", "/treatments/treat"),
    ("cunyi", "/treatments/immunise"),
    ("cunyi", "/parties/new"),
    ("shouyi", "/parties/new"),
    ("shichang", "/parties/new"),
    ("jingli", "/accounts/new"),
    ("jingli", "/devices/new"),
    ("jianguan", "/restrictions/new"),
    ("guanli", "/accounts/new"),
]
NONSENSE = "错错错"
TYPE_NONSENSE = """(nonsense) => {
  const form = document.querySelector("main form[data-guard]");
  const typed = {};
  for (const field of form.elements) {
    if (field.matches("input[type=text], input[type=tel], input[type=search], textarea")
        && field.offsetParent && !field.readOnly) {
      field.value = typed[field.name] = nonsense;
    }
  }
  form.submit();  // past what the page itself would say: the server must refuse
  return typed;
}"""
CHINESE = re.compile(r"[\u4e00-\u9fff]{3,}")
NO_WORDS = re.compile(r"[A-Za-z]{4,}")


@pytest.fixture(scope="module")
def page_of(browser: Browser, county: County) -> Iterator[Callable[[str], Page]]:
    """The page of a person, who signs in once."""
    pages: dict[str, Page] = {}

    def of(login: str) -> Page:
        if login not in pages:
            pages[login] = enter(browser, county, login, DESK)
        return pages[login]

    yield of
    for page in pages.values():
        page.context.close()


@pytest.mark.parametrize(("login", "path"), FORMS)
def test_a_refused_form_keeps_what_was_typed_and_leads_to_the_first_wrong_field(
    county: County, page_of: Callable[[str], Page], login: str, path: str
) -> None:
    page = page_of(login)
    page.goto(f"{county.url}{path}")

    with page.expect_navigation() as arrived:
        typed = page.evaluate(TYPE_NONSENSE, NONSENSE)

    assert arrived.value.status == 422
    kept = {name: page.locator(f"main form [name={name}]").input_value() for name in typed}
    assert kept == typed
    page.locator("main form :focus").wait_for()
    assert page.evaluate(
        """() => {
          const first = document.querySelector("main form [aria-invalid=true]");
          return first === document.activeElement || first.contains(document.activeElement);
        }"""
    ), page.evaluate("document.activeElement.outerHTML")
    said = page.locator("main form .field.bad .error").first.inner_text()
    assert CHINESE.search(said)
    assert not NO_WORDS.search(said)
