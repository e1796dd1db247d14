"""The main job in a real browser, on the platform as `make run` starts it: from calf to audit."""

from __future__ import annotations

import contextlib
import io
import json
import re
import sqlite3
import subprocess
import urllib.request
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests.journeys.county import DESK, MARKS, PHONE, SHOTS, County, enter

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
zxingcpp = pytest.importorskip("zxingcpp", reason="zxing-cpp is not installed")
expect = playwright.expect

TAG, EID, WEIGHT_G = "252052600077777", "156252052077777", 425_500
TYPED = "２ ５２０５２６ ０００７７７７７"
PRIVATE = ("马文学", "演示）", "26.8")
pytestmark = MARKS


def shot(page: Page, name: str) -> None:
    page.screenshot(path=f"{SHOTS}/{name}.png")


def test_from_calf_to_audit(browser: Browser, county: County) -> None:
    farmer = enter(browser, county, "nonghu", PHONE)
    declaration = register_and_declare(farmer, county)
    paper = inspect_and_certify(enter(browser, county, "shouyi", DESK), county, declaration)
    farmer.goto(f"{county.url}{paper}")
    farmer.get_by_role("button", name=re.compile("登记启运")).click()
    expect(farmer.locator("body")).to_contain_text("已登记启运 1 头")
    operator = enter(browser, county, "shichang", DESK)
    arrive(operator, county)
    receipt = sell(operator, county)
    code = printed_code(operator.context, f"{county.url}{receipt}")
    look_without_login(browser, code.replace("http://127.0.0.1:8000", county.url))
    audit(enter(browser, county, "jianguan", DESK), county)
    record_progress(enter(browser, county, "jiqun", DESK), county)
    for context in browser.contexts:
        context.close()


def register_and_declare(page: Page, county: County) -> str:
    """Step 1, on a phone: a calf with its tag, a dose, a declaration."""
    page.goto(f"{county.url}/animals/new")
    page.fill("[name=ear_tag]", TYPED)
    page.check("[name=breed][value=simmental_cross]")
    page.check("[name=sex][value=male]")
    page.fill("[name=born_on]", "2025-06-01")
    page.fill("[name=eid]", EID)
    shot(page, "1-calf")
    page.get_by_role("button", name="登记牛只").click()
    expect(page.locator("body")).to_contain_text(f"已登记 {TAG}")
    page.get_by_role("link", name="记免疫").first.click()
    page.fill("[name=given_on]", "2026-09-20")
    page.get_by_role("button", name="登记免疫").click()
    expect(page.locator("body")).to_contain_text("的免疫已记录")
    page.goto(f"{county.url}/declarations/new")
    page.locator("label.choice:has-text('00077777') input").check()
    page.select_option("[name=destination]", label="小海牲畜交易市场")
    page.get_by_role("button", name="提交申报").click()
    expect(page.locator("body")).to_contain_text("申报已提交")
    return page.url.removeprefix(county.url)


def inspect_and_certify(page: Page, county: County, declaration: str) -> str:
    """Step 2: a failed check is refused with every reason, then all is well."""
    page.goto(f"{county.url}{declaration}")
    page.get_by_role("button", name="受理申报").click()
    for name in ("healthy", "lab"):
        page.locator(f"[name=passed][value={name}]").first.uncheck()
    page.get_by_role("button", name=re.compile("登记.*的检查结果")).click()
    page.get_by_role("button", name="签发动物B证明").click()
    expect(page.locator("body")).to_contain_text("临床检查不健康")
    expect(page.locator("body")).to_contain_text("实验室检测不合格")
    shot(page, "2-refused")
    page.get_by_text("重新检查").click()
    for name in ("healthy", "lab"):
        page.locator(f"[name=passed][value={name}]").first.check()
    page.get_by_role("button", name=re.compile("登记.*的检查结果")).click()
    page.get_by_role("button", name="签发动物B证明").click()
    expect(page.locator("body")).to_contain_text("已签发 DB-520526")
    return page.url.removeprefix(county.url)


def arrive(page: Page, county: County) -> None:
    """Step 3: through the gate."""
    page.goto(f"{county.url}/gate/?q={TAG}")
    page.get_by_role("button", name=re.compile("入场")).last.click()
    expect(page.locator("body")).to_contain_text("00077777")


def sell(page: Page, county: County) -> str:
    """Steps 3 and 4: the crate speaks through MQTT; the sale is made with the keyboard alone."""
    page.goto(f"{county.url}/desk/", wait_until="domcontentloaded")
    county.put_on_the_crate(EID, WEIGHT_G)
    expect(page.locator(".verdict")).to_be_visible(timeout=20_000)
    expect(page.locator("body")).to_contain_text("00077777")
    expect(page.locator("body")).to_contain_text("425.5", timeout=10_000)
    page.keyboard.press("F2")
    page.keyboard.type("26.8")
    shot(page, "4-desk")
    expect(page.locator("body")).to_contain_text("¥11,403.40")
    register(page)
    link = page.locator("a", has_text="回执").first
    expect(link).to_have_attribute("href", re.compile("sale:"))
    return str(link.get_attribute("href"))


def register(page: Page) -> None:
    """Enter; a desk whose animal has only just changed asks for it once more."""
    for _ in range(3):
        page.keyboard.press("Enter")
        with contextlib.suppress(AssertionError):
            expect(page.locator("body")).to_contain_text("已成交 1 头", timeout=3_000)
            return
    raise AssertionError(page.locator("body").inner_text())


def printed_code(context: BrowserContext, receipt: str) -> str:
    """Step 4's paper: the receipt as PDF, its QR code read by another program."""
    answer = context.request.get(f"{receipt}.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    picture = subprocess.run(
        ["pdftoppm", "-r", "200", "-png", "-f", "1", "-l", "1", "-"],
        input=answer.body(),
        capture_output=True,
        check=True,
    ).stdout
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    return next(str(each.text) for each in found if "/t/" in each.text)


def look_without_login(browser: Browser, address: str) -> None:
    """Step 5: anybody, on a phone; small, proved, and nobody's name in it."""
    page = browser.new_context(viewport=PHONE, locale="zh-CN").new_page()
    page.goto(address)
    expect(page.locator("body")).to_contain_text("西门塔尔杂交牛")
    expect(page.locator("body")).to_contain_text("成交")
    expect(page.locator("body")).to_contain_text(re.compile("已核对，前"), timeout=20_000)
    shot(page, "5-trace")
    text = page.content()
    assert not [word for word in PRIVATE if word in text]


def audit(page: Page, county: County) -> None:
    """Step 6: search, the whole line, all well; then a row is changed behind our back."""
    page.goto(f"{county.url}/audit/?q={TAG}")
    page.locator(".todo-list a", has_text="牛只").first.click()
    expect(page.locator("body")).to_contain_text("第 1 条 · 登记")
    page.goto(f"{county.url}/audit/")
    page.get_by_role("button", name="开始核查").click()
    expect(page.locator("body")).to_contain_text("逐条相符，连续无缺", timeout=60_000)
    shot(page, "6-audit")
    with contextlib.closing(sqlite3.connect(county.data_dir / "platform.db", timeout=20)) as file:
        file.execute("UPDATE sale SET amount_fen = amount_fen + 100000")
        file.commit()
    page.get_by_role("button", name="开始核查").click()
    expect(page.locator("body")).to_contain_text(
        "成交的金额（sale.amount_fen）被改动", timeout=60_000
    )
    with contextlib.closing(sqlite3.connect(county.data_dir / "platform.db", timeout=20)) as file:
        file.execute("UPDATE sale SET amount_fen = amount_fen - 100000")
        file.commit()
    page.get_by_role("button", name="开始核查").click()
    expect(page.locator("body")).to_contain_text("逐条相符，连续无缺", timeout=60_000)


def record_progress(page: Page, county: County) -> None:
    """Steps 7 and 8: the guitar cluster's project moves on, with a photograph; then the API."""
    page.goto(f"{county.url}/projects/")
    page.locator("a[href^='/projects/project:']", has_text="吉他").first.click()
    page.get_by_role("link", name="登记进展").click()
    page.fill("[name=percent]", "35")
    page.fill("[name=text]", "标准厂房主体完工")
    picture = io.BytesIO()
    Image.new("RGB", (640, 480), (31, 111, 74)).save(picture, "JPEG")
    page.set_input_files(
        "[name=photo]",
        {"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()},
    )
    page.get_by_role("button", name="登记进展").click()
    expect(page.locator("body")).to_contain_text("标准厂房主体完工")
    expect(page.locator("body")).to_contain_text("佐证指纹")
    shot(page, "7-project")
    page.get_by_role("link", name="看溯源页").click()
    expect(page.locator("body")).to_contain_text("35%")
    page.goto(f"{county.url}/tokens/")
    with urllib.request.urlopen(f"{county.url}/api/openapi.json") as answer:
        described = json.load(answer)
    assert "/api/sales/" in described["paths"]
