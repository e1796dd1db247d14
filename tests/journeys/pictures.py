"""The README's pictures, from a running demonstration: `python -m tests.journeys.pictures URL`.

The logins come on standard input, as `make run` printed them.
"""

import io
import re
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

FOLDER = Path("docs/pictures")
PHONE: ViewportSize = {"width": 390, "height": 780}
DESK: ViewportSize = {"width": 1366, "height": 768}
COLOURS = 96
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]


def main() -> None:
    """Take one picture of each role's first page."""
    url = sys.argv[1].rstrip("/")
    passwords = dict(re.findall(r"^  (\w+) +([a-z]+-[a-z]+) ", sys.stdin.read(), re.MULTILINE))
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)

        def page(login: str, size: ViewportSize) -> Page:
            return entered(chromium, url, (login, passwords[login]), size)

        keep(page("nonghu", PHONE), f"{url}/", "farmer")
        keep(page("shouyi", DESK), f"{url}/declarations/", "vet")
        desk = page("shichang", DESK)
        desk.goto(f"{url}/desk/", wait_until="domcontentloaded")
        desk.get_by_text("牵下一头上秤").click()
        desk.locator(".verdict").wait_for(timeout=30_000)
        desk.wait_for_timeout(4_000)
        save(desk, "desk")
        keep(page("jianguan", DESK), f"{url}/audit/", "audit")
        keep(page("jiqun", DESK), f"{url}/clusters/", "clusters")
        farmer = page("nonghu", PHONE)
        farmer.goto(f"{url}/animals/")
        farmer.locator(".animal-cards a").first.click()
        address = farmer.get_by_role("link", name="看溯源页").get_attribute("href")
        keep(page("nonghu", PHONE), f"{url}{address}", "trace")
        chromium.close()


def entered(browser: Browser, url: str, who: tuple[str, str], size: ViewportSize) -> Page:
    """A browser with that person signed in."""
    page = browser.new_context(viewport=size, locale="zh-CN").new_page()
    page.goto(f"{url}/login")
    page.fill("[name=login]", who[0])
    page.fill("[name=password]", who[1])
    page.locator("main button").last.click()
    page.locator("h1").wait_for()
    return page


def keep(page: Page, address: str, name: str) -> None:
    """Take the picture of an address."""
    page.goto(address, wait_until="domcontentloaded")
    page.wait_for_timeout(2_500)
    save(page, name)


def save(page: Page, name: str) -> None:
    """Write a small picture."""
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=COLOURS).save(
        FOLDER / f"{name}.png", optimize=True
    )


if __name__ == "__main__":
    main()
