from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from traceability import regions
from traceability.base.db import Base, make_engine, transaction
from traceability.base.errors import NotFound
from traceability.identifiers import region_codes
from traceability.regions import Region, RegionLevel

AT = datetime(2026, 11, 22, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = make_engine("sqlite://")
    Base.metadata.create_all(engine, tables=[Base.metadata.tables["region"]])
    with transaction(engine, recorded_at=AT) as session:
        regions.load_regions(session)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with transaction(engine, recorded_at=AT) as session:
        yield session


def test_weining_has_its_41_townships_and_623_villages(session: Session) -> None:
    towns = regions.townships(session)

    assert len(towns) == 41
    assert sum(len(regions.villages(session, town.code)) for town in towns) == 623


def test_loading_twice_changes_nothing(session: Session) -> None:
    before = session.scalar(select(func.count()).select_from(Region))

    assert regions.load_regions(session) == 0
    assert session.scalar(select(func.count()).select_from(Region)) == before


def test_a_row_that_drifted_is_set_right_and_keeps_its_number(session: Session) -> None:
    town = regions.region(session, "520526114")
    number, town.pinyin = town.id, "wrong"

    regions.load_regions(session)

    assert (town.id, town.pinyin) == (number, "xiaohaizhen")


@pytest.mark.parametrize(
    ("code", "on", "name"),
    [
        ("522427", date(2011, 10, 21), "威宁彝族回族苗族自治县"),
        ("520526", date(2011, 12, 28), "威宁彝族回族苗族自治县"),
        ("520201", date(1985, 1, 1), "水城特区"),
        ("520201", None, "钟山区"),
        ("522427", None, "威宁彝族回族苗族自治县"),
        ("520581", None, "黔西市"),
    ],
)
def test_a_code_means_what_it_meant_then(
    session: Session, code: str, on: date | None, name: str
) -> None:
    assert regions.region(session, code, on=on).name == name


@pytest.mark.parametrize(
    ("code", "on", "refusal_code"),
    [
        ("520640", None, "region.unknown"),
        ("522427", date(2020, 1, 1), "region.not_then"),
        ("520526", date(2005, 1, 1), "region.not_then"),
    ],
)
def test_a_code_that_meant_nothing_is_not_found(
    session: Session, code: str, on: date | None, refusal_code: str
) -> None:
    with pytest.raises(NotFound) as refusal:
        regions.region(session, code, on=on)

    assert refusal.value.code == refusal_code


def test_the_eight_clusters_counties_are_all_there(session: Session) -> None:
    codes = ["520526", "520622", "520324", "522301", "520204", "522634", "520402", "522726"]

    found = [regions.region(session, code, on=date(2026, 1, 1)).short_name for code in codes]

    assert found == [
        "威宁县",
        "玉屏县",
        "正安县",
        "兴义市",
        "水城区",
        "雷山县",
        "西秀区",
        "独山县",
    ]


def test_a_place_knows_what_it_was_before(session: Session) -> None:
    weining = regions.region(session, "520526")

    assert [old.code for old in regions.predecessors(session, weining)] == ["522427"]


def test_a_village_is_written_with_everything_above_it(session: Session) -> None:
    town = regions.region(session, "520526114")

    assert regions.full_name(session, town) == "贵州省毕节市威宁彝族回族苗族自治县小海镇"


@pytest.mark.parametrize("typed", ["么站", "yaozhan", "yzz"])
def test_a_township_is_found_as_people_call_it(session: Session, typed: str) -> None:
    found = regions.search_regions(session, typed, level=RegionLevel.TOWNSHIP)

    assert [town.name for town in found] == ["么站镇"]


@pytest.mark.parametrize("typed", ["", "  ", "%", "me zhan", "不存在"])
def test_a_search_for_nothing_finds_nothing(session: Session, typed: str) -> None:
    assert regions.search_regions(session, typed) == []


def test_the_table_says_the_same_as_the_code_lists(session: Session) -> None:
    levels = (RegionLevel.PREFECTURE, RegionLevel.COUNTY)

    for row in session.scalars(select(Region).where(Region.level.in_(levels))):
        spans = {
            (span.name, span.valid_from, span.valid_to) for span in region_codes.spans(row.code)
        }
        assert (row.name, row.valid_from, row.valid_to) in spans
