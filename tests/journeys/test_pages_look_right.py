"""Every page of farmer, vet, market and cashier: nothing overlaps, nothing keeps one out.

A role begins at its first page and follows the links to one example of every route it may see,
on a desk and on a phone. The screenshots lie in tests/output/pages.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from app import errors
from tests.journeys.county import DESK, MARKS, PHONE, SHOTS, County, enter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Response

    from app.factory import Platform

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

pytestmark = MARKS
FIRST_PAGES = {
    "nonghu": ["/", "/animals/", "/animals/new", "/declarations/new"],
    "shouyi": ["/declarations/", "/certificates/"],
    "shichang": ["/desk/", "/gate/"],
    "shouyin": ["/counter/", "/sales/"],
    "cunyi": ["/", "/treatments/immunise"],
    "jingli": ["/", "/devices/"],
    "maijia": ["/", "/movements/"],
    "tuzai": ["/slaughter/", "/carcasses/"],
    "jianguan": ["/audit/", "/restrictions/", "/tracing/", "/statistics/"],
    "jiqun": ["/cockpits/", "/projects/", "/clusters/"],
    "guanli": ["/accounts/", "/backups/"],
}
NO_PAGE = re.compile(
    r"\.\w{2,4}(\?|$)|/file$|^/(api|static|healthz|logout|checkpoint|desk/.|audit/progress)|^/styleguide"
)
ENTRAILS = re.compile(
    r"object at 0x\w+|\bUndefined\b|\bNone\b|\bTrue\b|\bFalse\b|\{\{|\{%"
    r"|\b[a-z]+:[0-9a-f]{32}\b|\b[a-z]+_[a-z_]+\b|\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d"
)
HTML = "text/html; charset=utf-8"
GRAVE = ("serious", "critical")
STRUCTURE = """() => [...new Set([...document.querySelectorAll('body *')]
  .map(e => `${e.parentElement.tagName}>${e.tagName}.${e.getAttribute('class') || ''}`))]
  .sort().join(' ')"""
WORDS = """() => [...document.querySelectorAll('code')].reduce(
  (words, code) => words.replace(code.innerText, ''), document.body.innerText)"""
QUIET = """() => document.fonts.ready.then(() => new Promise(
  done => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))))"""


def every_route() -> dict[str, re.Pattern[str]]:
    """Each GET route with what its addresses look like; fixed words before variable ones."""
    with Path("tests/app/privileges.csv").open(encoding="utf-8", newline="") as file:
        rules = {row["rule"] for row in csv.DictReader(file) if row["method"] == "GET"}
    ordered = sorted(rules, key=lambda rule: rule.count("<"))
    return {rule: re.compile(re.sub(r"<[^>]+>", "[^/]+", rule) + "$") for rule in ordered}


ROUTES = every_route()


def route_of(path: str) -> str | None:
    return next((rule for rule, looks in ROUTES.items() if looks.match(path)), None)


@dataclass
class Look:
    """What is wrong on the pages, as sentences; and what was seen already."""

    county: County
    wrong: list[str] = field(default_factory=list)
    known: set[tuple[str, int, str]] = field(default_factory=set)  # route, width, structure

    def walk(self, page: Page, name: str) -> set[str]:
        """Follow every link to one example of each route; the routes that were seen."""
        noises = listen(page)
        waiting, met, seen = [*FIRST_PAGES[name]], {*FIRST_PAGES[name]}, set()
        while waiting:
            path = waiting.pop(0)
            route = route_of(urlsplit(path).path)
            if route is None or route in seen:
                continue
            seen.add(route)
            self.visit(page, path, name, route)
            self.wrong += [f"{name} {path}: {noise}" for noise in noises]
            noises.clear()
            found = [each for each in links(page) if each not in met and not NO_PAGE.search(each)]
            met.update(found)
            waiting += found
        return seen

    def visit(self, page: Page, path: str, name: str, route: str, status: int = 200) -> None:
        """One page on a desk and on a phone."""
        page.set_viewport_size(DESK)
        answer = page.goto(f"{self.county.url}{path}")
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            page.evaluate(QUIET)
            key = (route, size["width"], page.evaluate(STRUCTURE))
            if key not in self.known:
                self.known.add(key)
                self.judge(page, answer, f"{name} {size['width']} {path}", status)
                picture = f"{plain(route)}-{name}-{size['width']}"
                page.screenshot(path=f"{SHOTS}/pages/{picture}.png", full_page=True)

    def judge(self, page: Page, answer: Response | None, where: str, status: int = 200) -> None:
        """One page: it answers, in Chinese, fits, keeps nobody out, shows nothing of its maker."""
        found = []
        if answer is None or answer.status != status:
            found.append(f"answers {answer and answer.status}")
        if page.locator("html").get_attribute("lang") != "zh-Hans-CN":
            found.append("not marked as Chinese")
        words = page.evaluate(WORDS)
        found += [f"shows {each[0]}" for each in ENTRAILS.finditer(words)]
        found += overflowing(page) + kept_out(page)
        self.wrong += [f"{where}: {sentence}" for sentence in found]


def listen(page: Page) -> list[str]:
    """What the browser complains of, as it comes."""
    noises: list[str] = []
    page.on("console", lambda said: noises.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: noises.append(str(error)))
    return noises


def plain(route: str) -> str:
    return re.sub(r"<[^>]+>|\W+", "-", route).strip("-").replace("--", "-") or "home"


def links(page: Page) -> list[str]:
    """Where the page leads, inside the platform."""
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('a[href]')].filter(a => a.origin === location.origin)"
        ".map(a => a.pathname + a.search)"
    )
    return found


def overflowing(page: Page) -> list[str]:
    """The page is no wider than the screen; else what sticks out."""
    sticks_out: str | None = page.evaluate(
        """() => {
          const wide = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= wide) return null;
          const out = [...document.body.querySelectorAll('*')]
            .filter(e => e.getBoundingClientRect().right > wide + 1);
          return out.slice(-3).map(e => e.outerHTML.slice(0, 120)).join(' | ') || 'unknown';
        }"""
    )
    return [f"wider than the screen: {sticks_out}"] if sticks_out else []


def kept_out(page: Page) -> list[str]:
    """Serious findings of axe-core."""
    found = axe.Axe().run(page).response["violations"]
    return [
        f"axe {each['id']}: {each['nodes'][0]['html'][:160]} ({len(each['nodes'])})"
        for each in found
        if each["impact"] in GRAVE
    ]


@pytest.fixture(scope="module")
def look(county: County) -> Look:
    Path(f"{SHOTS}/pages").mkdir(parents=True, exist_ok=True)
    return Look(county)


@pytest.fixture(autouse=True)
def _nothing_wrong(look: Look) -> Iterator[None]:
    look.wrong.clear()
    yield
    assert look.wrong == [], "\n" + "\n".join(look.wrong)


@pytest.mark.parametrize("login", FIRST_PAGES)
def test_each_page_of_a_role_is_right_on_desk_and_phone(
    browser: Browser, county: County, look: Look, login: str
) -> None:
    page = enter(browser, county, login, DESK)

    seen = look.walk(page, login)

    page.context.close()
    assert set(FIRST_PAGES[login]) <= seen


@pytest.mark.parametrize("mode", ["dark", "large"])
@pytest.mark.parametrize("login", FIRST_PAGES)
def test_one_page_of_each_kind_is_right_in_the_dark_and_in_large_type(
    browser: Browser, county: County, look: Look, login: str, mode: str
) -> None:
    page = enter(browser, county, login, PHONE)
    if mode == "dark":
        page.emulate_media(color_scheme="dark")
    else:
        page.locator("[data-elder-toggle]").click()
    for path in FIRST_PAGES[login]:
        answer = page.goto(f"{county.url}{path}")
        page.evaluate(QUIET)
        look.judge(page, answer, f"{login} {mode} {path}")
        page.screenshot(path=f"{SHOTS}/pages/{plain(path)}-{login}-{mode}.png", full_page=True)
    page.context.close()


@pytest.mark.parametrize("status", [403, 404, 409, 422, 500])
def test_what_a_refusal_outside_a_form_says_is_right(
    browser: Browser, county: County, look: Look, app: Platform, status: int
) -> None:
    code, sentence = errors.SENTENCES[status]
    outcomes = [{"sentence": sentence, "source": "《中华人民共和国动物防疫法》第二十五条"}]
    with app.test_request_context("/nowhere", headers={"Accept": "text/html"}):
        told = errors.answer(status, {"code": code, "sentence": sentence, "outcomes": outcomes})
    page = browser.new_page(locale="zh-CN", viewport=PHONE)
    page.route(
        f"{county.url}/nowhere",
        lambda asked: asked.fulfill(status=status, body=told.get_data(), content_type=HTML),
    )

    look.visit(page, "/nowhere", f"error-{status}", f"/error/{status}", status)
    page.set_viewport_size(PHONE)
    page.locator("[data-elder-toggle]").click()
    look.judge(page, page.reload(), f"{status} in large type", status)

    assert page.locator("h1").inner_text() == errors.TITLES.get(status, "不能办理")
    page.close()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/login", 200),
        ("/login/code", 200),
        ("/t", 200),
        ("/t/AAAAAAAAAAAAAAAA", 404),
        ("/nowhere", 404),
    ],
)
def test_what_anybody_may_see_is_right(
    browser: Browser, look: Look, path: str, status: int
) -> None:
    page = browser.new_page(locale="zh-CN")

    look.visit(page, path, "anybody", path, status)

    page.close()
