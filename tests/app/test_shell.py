"""The shell of the pages, in a real browser: nothing typed is lost, nothing is sent twice."""

from __future__ import annotations

import io
import os
import shutil
import threading
from typing import TYPE_CHECKING, Literal

import pytest
from flask import Flask, Response, render_template_string, request
from werkzeug.serving import make_server

from app import filters
from app.web import styleguide

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page, Route

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
expect = playwright.expect

CHROMIUM = (
    os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
)
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FORM = """{% extends 'base.html' %}{% block content %}
{% call ui.form('/form', 'calf', form=form, errors=errors, files=True) %}
{{ ui.tag_field(form=form, errors=errors) }}
{{ ui.field('remark', '说明', form=form, errors=errors) }}
{{ ui.photo_field('picture', '照片') }}
{% call ui.actions() %}{{ ui.submit('登记牛犊') }}{% endcall %}
{% endcall %}{% endblock %}"""
DONE = "{% extends 'base.html' %}{% block title %}已登记{% endblock %}"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none'"
)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed (set CHROMIUM)"),
    # a browser that leaves in the middle of an answer lets the test's server drop an open file
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning"
    ),
]


class Site:
    """A site with the shell, one form and a list of what was sent to it."""

    def __init__(self) -> None:
        self.sent: list[dict[str, str]] = []
        self.refusing = False
        app = Flask("app", root_path=styleguide.__file__.rpartition("/web/")[0])
        app.secret_key = "only for this test"
        filters.register(app)
        app.jinja_env.globals["csrf_token"] = lambda: "token"
        app.register_blueprint(styleguide.blueprint)
        app.add_url_rule("/form", view_func=self.form, methods=["GET", "POST"])
        app.after_request(self.guarded)
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def guarded(self, response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        return response

    def form(self) -> tuple[str, int]:
        errors = {"remark": ["请写清楚是哪头牛"]} if self.refusing else {}
        if request.method == "POST":
            self.sent.append(request.form.to_dict())
            if not errors:
                return render_template_string(DONE), 200
        status = 422 if errors else 200
        return render_template_string(FORM, form=request.form, errors=errors), status


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever)
    thread.start()
    yield site
    site.server.shutdown()
    thread.join()
    site.server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def scan(page: Page, text: str) -> None:
    """A reader that types like a keyboard: key after key at once, then Enter."""
    page.evaluate(
        """text => {
            for (const key of [...text, "Enter"]) {
                const field = document.activeElement;
                const about = {key, bubbles: true, cancelable: true};
                const going = field.dispatchEvent(new KeyboardEvent("keydown", about));
                if (going && key.length === 1 && "value" in field) {
                    field.value += key;
                    field.dispatchEvent(new Event("input", {bubbles: true}));
                }
            }
        }""",
        text,
    )


def test_a_page_runs_under_a_policy_without_inline_code_and_without_an_error(
    site: Site, page: Page
) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))

    for path in ("/styleguide", "/styleguide/public"):
        page.goto(site.url + path)
        page.wait_for_load_state("networkidle")

        assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert said == []


def test_a_tag_typed_full_width_is_grouped_and_counted(site: Site, page: Page) -> None:
    page.goto(site.url + "/form")
    tag = page.get_by_label("耳标号")

    tag.press_sequentially("２５２０５２６ 0001234")
    expect(tag).to_have_value("2 520526 0001234")
    expect(page.get_by_text("已输入 14 位，还差 1 位")).to_be_visible()
    tag.press_sequentially("5")

    expect(tag).to_have_value("2 520526 00012345")
    expect(page.get_by_text("15 位齐了")).to_be_visible()


def test_a_number_broken_by_a_spreadsheet_is_named_while_it_is_typed(
    site: Site, page: Page
) -> None:
    page.goto(site.url + "/form")

    page.get_by_label("耳标号").fill("2.52E+14")

    expect(page.get_by_text("这是表格软件改坏的号码")).to_be_visible()


def test_a_scan_into_the_wrong_field_lands_in_the_tag_and_sends_nothing(
    site: Site, page: Page
) -> None:
    page.goto(site.url + "/form")
    page.get_by_label("说明").fill("左角断")

    scan(page, "252052600012345")

    expect(page.get_by_label("耳标号")).to_have_value("2 520526 00012345")
    expect(page.get_by_label("说明")).to_have_value("左角断")
    assert site.sent == []


def test_an_empty_field_is_named_beside_it_and_nothing_is_sent(site: Site, page: Page) -> None:
    page.goto(site.url + "/form")

    page.get_by_role("button", name="登记牛犊").click()

    expect(page.get_by_text("请填写耳标号")).to_be_visible()
    expect(page.get_by_label("耳标号")).to_be_focused()
    assert site.sent == []


def test_what_was_typed_comes_back_after_the_page_was_lost(site: Site, page: Page) -> None:
    page.goto(site.url + "/form")
    page.get_by_label("说明").press_sequentially("左角断")

    page.reload()

    expect(page.get_by_label("说明")).to_have_value("左角断")
    expect(page.get_by_text("已恢复上次没提交的内容")).to_be_visible()


def test_a_draft_is_forgotten_once_it_was_accepted_and_kept_while_it_is_refused(
    site: Site, page: Page
) -> None:
    page.goto(site.url + "/form")
    page.get_by_label("耳标号").press_sequentially("252052600012345")
    page.get_by_label("说明").press_sequentially("左角断")
    site.refusing = True
    page.get_by_role("button", name="登记牛犊").click()
    expect(page.get_by_text("请写清楚是哪头牛")).to_be_visible()
    expect(page.get_by_label("说明")).to_have_value("左角断")
    assert page.evaluate("Object.keys(localStorage).length") == 1

    site.refusing = False
    with page.expect_navigation():
        page.get_by_role("button", name="登记牛犊").click()
    expect(page.get_by_role("heading", name="已登记")).to_be_visible()

    assert page.evaluate("Object.keys(localStorage).length") == 0
    assert [sent["csrf_token"] for sent in site.sent] == ["token", "token"]


def test_a_repeat_after_a_lost_answer_has_the_same_key_and_a_changed_form_another(
    site: Site, page: Page
) -> None:
    lost: list[str] = []

    def lose(route: Route) -> None:
        lost.append(route.request.post_data or "")
        route.abort()

    page.goto(site.url + "/form")
    page.get_by_label("耳标号").fill("252052600012345")
    page.get_by_label("说明").fill("左角断")
    page.route("**/form", lose, times=1)
    page.get_by_role("button", name="登记牛犊").click()
    page.wait_for_url("chrome-error://**")

    for remark in ("左角断", "右角断"):
        page.goto(site.url + "/form")
        page.get_by_label("耳标号").fill("252052600012345")
        page.get_by_label("说明").fill(remark)
        with page.expect_navigation():
            page.get_by_role("button", name="登记牛犊").click()
        page.get_by_role("heading", name="已登记").wait_for()

    again, other = (sent["idempotency_key"] for sent in site.sent)
    assert len(again) == 32
    assert again in lost[0]
    assert other != again


def test_an_impatient_second_press_sends_nothing_more(site: Site, page: Page) -> None:
    page.goto(site.url + "/form")
    page.get_by_label("耳标号").fill("252052600012345")
    page.get_by_label("说明").fill("左角断")

    page.evaluate("for (let i = 0; i < 3; i++) document.querySelector('.actions button').click()")
    expect(page.get_by_role("heading", name="已登记")).to_be_visible()

    assert len(site.sent) == 1


def test_a_photo_is_made_small_before_it_is_sent(site: Site, page: Page) -> None:
    page.goto(site.url + "/form")
    bmp = (
        b"BM" + (54 + 3 * 2000 * 1500).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little")
    )
    bmp += (40).to_bytes(4, "little") + (2000).to_bytes(4, "little") + (1500).to_bytes(4, "little")
    bmp += b"\1\0\x18\0" + bytes(24) + os.urandom(6_000) * 1500

    page.locator("#picture").set_input_files(
        {"name": "牛.bmp", "mimeType": "image/bmp", "buffer": bmp}
    )
    expect(page.get_by_text("已选好")).to_be_visible(timeout=30_000)

    name, kind, size = page.evaluate(
        "(({files: [f]}) => [f.name, f.type, f.size])(document.querySelector('#picture'))"
    )
    assert (name, kind) == ("photo.jpg", "image/jpeg")
    assert size <= 300 * 1024


def test_a_code_on_a_photo_is_read_into_the_field(site: Site, page: Page) -> None:
    qrcode = pytest.importorskip("qrcode")
    picture = io.BytesIO()
    qrcode.make("https://example.test/e?tag=252052600012345").save(picture)
    page.goto(site.url + "/form")

    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="扫码").click()
    chooser.value.set_files(
        {"name": "1.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    )

    expect(page.get_by_label("耳标号")).to_have_value("2 520526 00012345")


def test_large_type_is_remembered_on_this_device(site: Site, page: Page) -> None:
    page.goto(site.url + "/styleguide")
    page.get_by_role("button", name="大字").click()

    page.goto(site.url + "/styleguide/public")

    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "22px"
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
@pytest.mark.parametrize("path", ["/styleguide", "/styleguide/public"])
def test_no_part_keeps_anybody_out(
    site: Site, browser: Browser, scheme: Literal["light", "dark"], path: str
) -> None:
    with browser.new_page(color_scheme=scheme, bypass_csp=True) as page:
        page.goto(site.url + path)

        found = axe.Axe().run(page).response["violations"]

    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
