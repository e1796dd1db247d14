"""Copied files are exactly what was reviewed, licensed, and small enough for a village."""

import gzip
import hashlib
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "app" / "static"
TEMPLATES = STATIC.parent / "templates"
COVERED = ("vendor", "fonts", "icons", "sounds")
CORE_BYTES_MAX, CSS_BYTES_MAX = 12_000, 32_000
PUBLIC_GZIP_MAX = 40_000  # leaves a third of the 60 kB for the page itself


def listed() -> dict[str, str]:
    lines = (STATIC / "vendor" / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}


def test_every_copied_file_has_the_digest_it_was_reviewed_with() -> None:
    digests = listed()

    changed = [
        name
        for name, digest in digests.items()
        if hashlib.sha256((STATIC / name).read_bytes()).hexdigest() != digest
    ]

    assert changed == []


def test_no_copied_file_is_missing_from_the_list() -> None:
    files = {
        path.relative_to(STATIC).as_posix()
        for folder in COVERED
        for path in (STATIC / folder).rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    }

    assert files == set(listed())


def test_every_copied_package_brings_its_licence_and_stands_in_the_sources() -> None:
    sources = (STATIC / "vendor" / "SOURCES.md").read_text(encoding="utf-8")
    folders = [path for path in (STATIC / "vendor").iterdir() if path.is_dir()]

    assert folders
    for folder in folders:
        assert (folder / "LICENSE").stat().st_size > 500, folder.name
        assert f"| {folder.name} |" in sources
    assert "SIL OPEN FONT LICENSE" in (STATIC / "fonts" / "OFL.txt").read_text(encoding="utf-8")


def test_every_icon_a_template_or_a_script_names_is_in_the_sprite() -> None:
    sprite = (STATIC / "icons" / "sprite.svg").read_text(encoding="utf-8")
    there = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    texts = [path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html")]
    named = {name for text in texts for name in re.findall(r'\bicon\("([a-z0-9-]+)"\)', text)}

    assert named
    assert named <= there


def test_style_sheets_stay_within_their_budget() -> None:
    core = (STATIC / "css" / "core.css").stat().st_size
    app = (STATIC / "css" / "app.css").stat().st_size

    assert core <= CORE_BYTES_MAX
    assert core + app <= CSS_BYTES_MAX


def test_the_public_shell_leaves_room_for_the_page() -> None:
    files = ["css/core.css", "js/boot.js", "icons/sprite.svg", "icons/mark.svg"]
    files += ["vendor/noble-hashes-2.4.0/sha2.js", "vendor/noble-ed25519-3.2.0/ed25519.js"]

    assert sum(len(gzip.compress((STATIC / name).read_bytes())) for name in files) < PUBLIC_GZIP_MAX


@pytest.mark.parametrize("pattern", [r"<script(?![^>]*\bsrc=)", r"\bon[a-z]+=\"", r"\bstyle=\""])
def test_no_template_needs_a_policy_that_allows_inline_code(pattern: str) -> None:
    guilty = [
        path.name
        for path in TEMPLATES.rglob("*.html")
        if re.search(pattern, path.read_text(encoding="utf-8"))
    ]

    assert guilty == []


def test_no_page_asset_names_another_host() -> None:
    ours = [*STATIC.glob("css/*.css"), *STATIC.glob("js/*.js"), *TEMPLATES.rglob("*.html")]
    address = re.compile(r"(?:src|href|url|import)\W{1,3}(?:https?:)?//")

    assert [path.name for path in ours if address.search(path.read_text(encoding="utf-8"))] == []
