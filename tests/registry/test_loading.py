"""Eight clusters come from data files, through operations, once."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from sqlalchemy import func, select

from registry import founding, loading
from registry.clusters import Cluster, Task
from registry.founding import Doubt, Passage, PassageSort
from registry.indicators import Figure, Indicator
from registry.projects import Project, Stage
from tests.world import World
from traceability.chain import events
from traceability.chain.kinds import Kind


def test_the_eight_clusters_come_in_printed_order(registry: list[Cluster]) -> None:
    assert [each.order_no for each in registry] == list(range(1, 9))
    assert registry[7].host_place == "威宁县"
    assert registry[1].partner == "横琴粤澳深度合作区"
    assert registry[7].partner is None


def test_everything_of_the_document_is_in_the_registry(world: World) -> None:
    def how_many(model: type) -> int:
        return world.session.scalar(select(func.count()).select_from(model)) or 0

    boxed = select(func.count()).select_from(Project).where(Project.box_key.is_not(None))

    assert how_many(Task) == 39
    assert world.session.scalar(boxed) == 30
    data = [content for _, content in founding.files()]
    assert how_many(Figure) == sum(len(each["figure"]) for each in data)
    assert how_many(Indicator) == sum(len(each["indicator"]) for each in data)
    assert how_many(Doubt) == sum(len(each["doubt"]) for each in data)
    bodies = founding.passages(world.session, PassageSort.BODY)
    duties = founding.passages(world.session, PassageSort.DUTY)
    assert len(bodies) == 11
    assert {duty.parent_key for duty in duties} == {body.key for body in bodies}


def test_a_printed_project_begins_as_planned(world: World) -> None:
    stages = set(world.session.scalars(select(Project.stage)))

    assert stages == {Stage.PLANNED}


def test_an_impossible_figure_stays_as_printed_with_its_doubt(world: World) -> None:
    figure = world.session.scalars(
        select(Figure).where(Figure.key == "weining.figure.breeding-herd-2025")
    ).one()
    doubt = world.session.scalars(select(Doubt).where(Doubt.about_key == figure.key)).one()

    assert (figure.value, figure.unit, figure.printed) == ("2.25", "头", "2.25 头")
    assert "2.25 万头" in doubt.proposed


def test_all_eight_clusters_load_within_five_seconds(empty_world: World) -> None:
    begun = perf_counter()

    loaded = loading.load(empty_world.session, at=empty_world.at, by=empty_world.office)

    assert len(loaded) == 8
    assert perf_counter() - begun < 5


def test_loading_again_changes_nothing(world: World, registry: list[Cluster]) -> None:
    before = events.count(world.session)
    passages = world.session.scalar(select(func.count()).select_from(Passage))

    again = loading.load(world.session, at=world.later(days=1), by=world.office)

    assert events.count(world.session) == before
    assert [each.id for each in again] == [each.id for each in registry]
    assert world.session.scalar(select(func.count()).select_from(Passage)) == passages


def test_a_changed_data_file_makes_events_only_for_what_changed(
    world: World, registry: list[Cluster], tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(founding.DATA, folder)
    path = next(folder.glob("8-*.json"))
    data = json.loads(path.read_text("utf-8"))
    data["project"][0]["name"] = "威宁黄牛良种繁育场"
    data["figure"][0]["scope"] = "全县"
    data["task"][0]["name"] = "良种繁育提升工程"
    data["indicator"][0]["scope"] = "全县育种场"
    data["doubt"][0]["proposed"] = "225 头"
    removed = data["brand"].pop()
    path.write_text(json.dumps(data, ensure_ascii=False), "utf-8")
    before = events.count(world.session)

    loading.load(world.session, at=world.later(days=1), by=world.office, folder=folder)

    assert events.count(world.session) == before + 5  # and the cluster's own, for the digest
    cluster = registry[7]
    assert events.history(world.session, cluster.ref)[-1].kind is Kind.CLUSTER_REVISED
    project = world.session.scalars(
        select(Project).where(Project.key == data["project"][0]["key"])
    ).one()
    assert project.name == "威宁黄牛良种繁育场"
    keys = set(world.session.scalars(select(Passage.key)))
    assert removed["key"] not in keys
    doubt = world.session.scalars(select(Doubt).where(Doubt.key == data["doubt"][0]["key"])).one()
    assert doubt.proposed == "225 头"


def test_every_loaded_row_follows_from_its_events(
    rows_follow_from_their_events: Callable[[], int],
) -> None:
    assert rows_follow_from_their_events() > 250
