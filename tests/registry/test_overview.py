"""What pages and the export read: whole, and in few questions."""

import json

import pytest
from sqlalchemy import event as orm_events
from sqlalchemy import select

from registry import actuals, export, founding, overview, projects
from registry.clusters import Cluster
from registry.founding import PassageSort
from registry.indicators import Indicator
from tests.world import World


def questions(world: World, ask: object) -> int:
    asked: list[str] = []

    def note(*args: object) -> None:
        asked.append(str(args[2]))

    world.session.expire_all()
    orm_events.listen(world.engine, "before_cursor_execute", note)
    assert callable(ask)
    ask()
    orm_events.remove(world.engine, "before_cursor_execute", note)
    return len(asked)


def test_the_list_of_clusters_counts_what_each_holds(world: World) -> None:
    rows = overview.clusters_listed(world.session)

    assert [row.tasks for row in rows] == [5, 5, 7, 5, 4, 3, 4, 6]
    assert all(row.projects and row.figures and row.doubts for row in rows)
    assert questions(world, lambda: overview.clusters_listed(world.session)) == 1


@pytest.mark.parametrize("number", range(8))
def test_a_clusters_page_holds_everything_printed_of_it(
    world: World, registry: list[Cluster], number: int
) -> None:
    cluster = registry[number]
    data = founding.files()[number + 1][1]

    page = overview.cluster_page(world.session, cluster)

    assert len(page.tasks) == len(data["task"])
    assert len(page.projects) == len(data["project"])
    assert len(page.figures) == len(data["figure"])
    assert len(page.passages[PassageSort.INSTITUTION]) == len(data["institution"])
    assert len(page.passages[PassageSort.APPROACH]) == len(data["approach"])
    assert sum(map(len, page.doubts.values())) == len(data["doubt"])
    assert {project.box_key for project in page.projects if project.box_key} <= set(page.boxes)


def test_a_clusters_page_asks_few_questions(world: World, registry: list[Cluster]) -> None:
    cluster = registry[0]
    world.session.refresh(cluster)

    assert questions(world, lambda: overview.cluster_page(world.session, cluster)) <= 8


def test_a_projects_page_shows_its_figures_and_the_doubt_beside_them(
    world: World, registry: list[Cluster]
) -> None:
    project = projects.of_cluster(world.session, registry[7])[0]
    projects.record_progress(
        world.session, project, percent=10, text="选址", at=world.at, by=world.operator
    )

    page = overview.project_page(world.session, project)

    assert [figure.printed for figure in page.figures] == ["2.25 头"]
    assert page.doubts[page.figures[0].key]
    assert page.box is not None
    assert [row.percent for row in page.progress] == [10]


def test_an_indicator_shows_its_target_and_its_newest_confirmed_actual(
    world: World, registry: list[Cluster]
) -> None:
    herd = world.session.scalars(
        select(Indicator).where(Indicator.key == "weining.indicator.herd")
    ).one()
    for period, value in (("2024", "45"), ("2025", "50")):
        actual = actuals.report(
            world.session,
            herd,
            period=period,
            value=value,
            unit="万头",
            at=world.at,
            by=world.operator,
        )
        actuals.submit(world.session, actual, at=world.at, by=world.operator)
        actuals.confirm(world.session, actual, at=world.at, by=world.vet)

    rows = {row.indicator.key: row for row in overview.indicator_rows(world.session, registry[7])}
    row = rows["weining.indicator.herd"]

    assert row.actual is not None
    assert row.actual.period == "2025"
    assert row.reached(row.targets[0]) is True
    other = rows["weining.indicator.grass-area"]
    assert other.reached(other.targets[0]) is None


def test_the_programmes_own_page_names_eleven_bodies(world: World) -> None:
    page = overview.programme(world.session)

    assert len(page[PassageSort.BODY]) == 11
    assert len(page[PassageSort.SIX_ONE]) == 6
    assert len(overview.indicator_rows(world.session, None)) == 3


def test_the_export_is_one_json_document_with_everything(world: World) -> None:
    document = json.loads(
        json.dumps(export.document(world.session, at=world.at), ensure_ascii=False)
    )
    data = [content for _, content in founding.files()]

    assert len(document["clusters"]) == 8
    assert len(document["bodies"]) == 11
    assert len(document["tasks"]) == 39
    for name, section in (("figures", "figure"), ("doubts", "doubt"), ("boxes", "box")):
        assert len(document[name]) == sum(len(each.get(section, ())) for each in data)
    printed = {row["key"]: row for row in document["figures"]}
    figure = printed["weining.figure.breeding-herd-2025"]
    assert figure["value"] == "2.25"
    assert figure["cluster"] == "weining"
    assert figure["project"].startswith("project:")
    assert "id" not in figure
    assert all(row["name"] for row in document["figures"])
    for section in (
        "duties",
        "mechanisms",
        "funding",
        "fund_rules",
        "fund_uses",
        "places",
        "terms",
    ):
        assert document[section]
        assert all(row["quote"] and row["first_line"] for row in document[section])
