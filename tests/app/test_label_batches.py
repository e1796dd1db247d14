"""Orders of labels: who may order which, printed in parts, gone on with after a crash."""

import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app import worker
from app.auth.roles import Role
from app.config import Settings
from app.factory import Platform, settings_of
from app.labels import batches
from app.labels.batches import LabelBatch, LabelSize
from app.labels.links import parse_link
from app.labels.sheet import Label, single_pdf
from tests.app.lines import words
from tests.logins import LoginAs
from tests.world import World
from traceability.base.errors import NotFound, RuleViolation


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """Who was woken to print; nobody really is."""
    called: list[Settings] = []
    monkeypatch.setattr(worker, "wake_labels", called.append)
    return called


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "PART_LABELS", 2)


def printed(world: World, app: Platform) -> list[LabelBatch]:
    """What the worker does in a minute."""
    world.session.commit()

    def now() -> datetime:
        return world.at

    batches.work_on_all(settings_of(app), world.engine, now=now)
    world.session.expire_all()
    return list(world.session.scalars(select(LabelBatch).order_by(LabelBatch.id)))


def ordered(world: World, login_as: LoginAs, count: int) -> LabelBatch:
    herd = [world.animal() for _ in range(count)]
    account = login_as.account(Role.FARMER)
    return batches.order(
        world.session,
        [animal.id for animal in herd],
        size=LabelSize.SINGLE,
        title="王大明家",
        account_id=account.id,
        at=world.at,
    )


def files(app: Platform, batch: LabelBatch) -> list[Path]:
    return [batches.file_of(settings_of(app), batch.id, part) for part in range(1, batch.parts + 1)]


def text_of(pdf: bytes) -> str:
    command = ["pdftotext", "-layout", "-", "-"]
    return subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()


def test_a_farmer_orders_labels_watches_and_downloads_them(
    world: World, app: Platform, login_as: LoginAs, woken: list[Settings]
) -> None:
    herd = [world.animal() for _ in range(3)]
    farmer = login_as(Role.FARMER, party=world.farmer)

    answer = farmer.post("/labels/", data={"holding": world.home.ref, "size": "60x40"})
    before = words(farmer.get(answer.location).text)
    early = farmer.get(f"{answer.location}/labels.pdf", headers={"Accept": "application/json"})
    (batch,) = printed(world, app)
    after = words(farmer.get(f"{answer.location}/progress").text)
    parts = []
    for part in (1, 2):
        with farmer.get(f"{answer.location}/labels.pdf?part={part}") as download:
            parts.append(download.data)

    assert answer.status_code == 303
    assert woken
    assert "正在制作" in before
    assert "0 / 3" in before
    assert early.get_json()["code"] == "label.not_ready"
    assert "全部做好，共 3 枚" in after
    assert (batch.done, batch.parts) == (3, 2)
    text = "".join(text_of(part) for part in parts)
    assert all(animal.ear_tag[-8:] in text for animal in herd)
    assert farmer.get(f"{answer.location}/labels.pdf?part=3").status_code == 409


def test_a_batch_goes_on_where_a_killed_worker_stopped(
    world: World, app: Platform, login_as: LoginAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = ordered(world, login_as, 5)
    world.session.commit()
    drawn: list[int] = []

    def dies_at_the_second(labels: list[Label]) -> bytes:
        drawn.append(len(labels))
        if len(drawn) == 2:
            raise KeyboardInterrupt
        return single_pdf(labels)

    monkeypatch.setattr("app.labels.batches.single_pdf", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        printed(world, app)
    half = [path.exists() for path in files(app, batch)]
    first = files(app, batch)[0].read_bytes()
    (done,) = printed(world, app)

    assert half == [True, False, False]
    assert drawn == [2, 2, 2, 1]  # the first part is not drawn again
    assert files(app, batch)[0].read_bytes() == first
    assert done.finished_at == world.at
    assert [path.exists() for path in files(app, batch)] == [True, True, True]


def test_two_workers_do_not_print_the_same_batch(
    world: World, app: Platform, login_as: LoginAs
) -> None:
    batch = ordered(world, login_as, 1)
    world.session.commit()
    folder = files(app, batch)[0].parent

    with batches._alone(folder) as mine:
        (waiting,) = printed(world, app)

    assert mine
    assert waiting.done == 0


def test_only_animals_within_scope_are_printed(world: World, login_as: LoginAs) -> None:
    own = world.animal()
    stranger = world.party("外人")
    there = world.holding(world.home.kind, "外人家", keeper=stranger)
    foreign = world.animal(holding=there, owner=stranger, by=stranger)
    farmer = login_as(Role.FARMER, party=world.farmer)

    mixed = farmer.post("/labels/", data={"tags": f"{own.ear_tag}\n{foreign.ear_tag}"})
    place = farmer.post("/labels/", data={"holding": "holding:" + "0" * 32})
    single = [farmer.get(f"/labels/animals/{each.ref}.pdf") for each in (own, foreign)]

    assert mixed.status_code == 422
    assert f"没有找到耳标 {foreign.ear_tag}" in mixed.text
    assert place.status_code == 404
    assert [answer.status_code for answer in single] == [200, 404]
    assert single[0].data.startswith(b"%PDF")


def test_an_order_of_nothing_or_of_too_much_is_refused(world: World, login_as: LoginAs) -> None:
    farmer = login_as(Role.FARMER, party=world.farmer)

    nothing = farmer.post("/labels/", data={"size": "a4"})
    told: dict[str, Any] = {
        "size": LabelSize.SHEET,
        "title": "全县",
        "account_id": 1,
        "at": world.at,
    }
    with pytest.raises(RuleViolation) as none:
        batches.order(world.session, [], **told)
    with pytest.raises(RuleViolation) as too_many:
        batches.order(world.session, list(range(batches.LABELS_MAX + 1)), **told)

    assert nothing.status_code == 422
    assert "没有可以打印标签的牛" in nothing.text
    assert (none.value.code, too_many.value.code) == ("label.none", "label.too_many")


def test_a_batch_is_seen_by_whoever_ordered_it_and_by_nobody_else(
    world: World, login_as: LoginAs
) -> None:
    batch = ordered(world, login_as, 1)

    with pytest.raises(NotFound) as foreign:
        batches.get(world.session, batch.id, account_id=batch.account_id + 1)

    assert batches.get(world.session, batch.id, account_id=batch.account_id) is batch
    assert foreign.value.code == "label.not_found"


def test_a_month_later_files_and_order_are_gone(
    world: World, app: Platform, login_as: LoginAs
) -> None:
    ordered(world, login_as, 1)
    (done,) = printed(world, app)
    (path,) = files(app, done)
    existed = path.exists()
    world.at += timedelta(days=31)

    assert existed
    assert printed(world, app) == []
    assert not path.parent.exists()


def test_a_label_carries_the_head_of_its_record_at_printing(world: World, app: Platform) -> None:
    animal = world.animal()
    settings = settings_of(app)

    (before,) = batches.labels_of(world.session, settings, [animal.id])
    world.vaccinate(animal, days_ago=1)
    (after,) = batches.labels_of(world.session, settings, [animal.id])

    seals = [parse_link(label.link) for label in (before, after)]
    assert seals[0] is not None
    assert seals[1] is not None
    assert seals[0].code == seals[1].code == animal.short_code
    assert seals[0].seal != seals[1].seal
