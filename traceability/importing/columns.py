"""导入表 · the sheets a register may be brought in, their columns, and the headers people write.

Headers are Chinese; each column has the spellings found in real workbooks. The template holds the
first spelling of each, with one sample row.
"""

from dataclasses import dataclass
from enum import StrEnum

from traceability.identifiers.keystrokes import tidy
from traceability.identifiers.refusals import IdentifierError


class ImportKind(StrEnum):
    """导入内容."""

    HOLDINGS = "holdings"
    ANIMALS = "animals"
    IMMUNISATIONS = "immunisations"
    MOVEMENTS = "movements"
    CAMPAIGN = "campaign"


IMPORT_KIND_LABELS = {
    ImportKind.HOLDINGS: "养殖户和场所",
    ImportKind.ANIMALS: "牛只",
    ImportKind.IMMUNISATIONS: "免疫记录",
    ImportKind.MOVEMENTS: "调运记录",
    ImportKind.CAMPAIGN: "集中免疫登记表",
}
REGISTER_KINDS = tuple(kind for kind in ImportKind if kind is not ImportKind.CAMPAIGN)
"""The sheets of an existing register; a campaign's sheet is sent on the campaign's own page."""


@dataclass(frozen=True, slots=True)
class Column:
    """列 · its name in code, the headers it goes by, a sample, whether it must be there."""

    name: str
    headers: tuple[str, ...]
    sample: str
    required: bool = True

    @property
    def header(self) -> str:
        """As the template writes it."""
        return self.headers[0]


def _column(name: str, headers: str, sample: str, *, required: bool = True) -> Column:
    return Column(name, tuple(headers.split()), sample, required)


TAG = _column("ear_tag", "耳标号 耳标 畜禽标识编码 标识编码 耳标号码", "252052600012345")
KEEPER = _column("holding", "户号 养殖代码 养殖场户编号 畜主编号", "5205260001")

COLUMNS: dict[ImportKind, tuple[Column, ...]] = {
    ImportKind.HOLDINGS: (
        KEEPER,
        _column("name", "户主姓名 名称 畜主 畜主姓名 单位名称 养殖户", "王大明"),
        _column("region", "行政区划代码 区划代码 村代码", "520526104"),
        _column("party_kind", "主体类别 类别 主体类型", "农户", required=False),
        _column("number", "证件号码 身份证号 统一社会信用代码", "", required=False),
        _column("phone", "联系电话 电话 手机号", "13885700001", required=False),
        _column("place_name", "场所名称 场名", "王大明家", required=False),
        _column("place_kind", "场所类别 场所类型", "农户", required=False),
        _column("registered_on", "登记日期 建档日期", "2019-04-01", required=False),
    ),
    ImportKind.ANIMALS: (
        TAG,
        _column("breed", "品种", "西门塔尔杂交牛"),
        _column("sex", "性别", "母"),
        _column("born_on", "出生日期 出生年月日", "2023-03-08"),
        KEEPER,
        _column(
            "registered_on", "登记日期 佩戴日期 戴标日期 建档日期", "2023-03-20", required=False
        ),
        _column("origin", "来源", "本场出生", required=False),
        _column("eid", "电子耳标 电子耳标号 芯片号", "", required=False),
    ),
    ImportKind.IMMUNISATIONS: (
        TAG,
        _column("disease", "疫病 病种 免疫病种 疫苗种类", "口蹄疫"),
        _column("given_on", "免疫日期 接种日期 注射日期", "2024-03-15"),
        _column("vaccine", "疫苗名称 疫苗", "口蹄疫O型、A型二价灭活疫苗"),
        _column("batch_no", "疫苗批号 批号", "20240201", required=False),
    ),
    ImportKind.MOVEMENTS: (
        TAG,
        _column("origin", "调出户号 调出方编号 起运户号", "5205260001"),
        _column("destination", "调入户号 调入方编号 到达户号", "5205260002"),
        _column("departed_on", "调出日期 起运日期 调运日期", "2024-05-02"),
        _column("arrived_on", "调入日期 到达日期", "2024-05-02", required=False),
        _column("certificate_number", "检疫证明编号 检疫证号 检疫证明", "", required=False),
        _column("plate", "车牌号 车牌", "", required=False),
    ),
    ImportKind.CAMPAIGN: (
        TAG,
        _column("given_on", "免疫日期 接种日期 注射日期", "2026-10-12"),
        _column("batch_no", "疫苗批号 批号", "20260901", required=False),
        _column("reason", "未免原因 没打的原因 备注", "", required=False),
    ),
}
assert COLUMNS.keys() == set(ImportKind)


@dataclass(frozen=True, slots=True)
class Mapping:
    """列对照 · which cell of a row holds which column."""

    kind: ImportKind
    places: dict[str, int]

    def row(self, cells: list[str]) -> dict[str, str]:
        """A row by column; a cell that is not there is empty."""
        return {
            name: cells[place] if place < len(cells) else "" for name, place in self.places.items()
        }


def mapping_of(kind: ImportKind, headers: list[str]) -> Mapping:
    """Find the columns of a sheet by its header row; columns nobody knows are left alone.

    >>> mapping_of(ImportKind.IMMUNISATIONS, ["耳标", "备注", "病种", "免疫日期", "疫苗"]).places
    {'ear_tag': 0, 'disease': 2, 'given_on': 3, 'vaccine': 4}

    Raises:
        IdentifierError: `import.columns_missing`, `import.column_twice`.
    """
    given = [tidy(header).strip("*：:（）()") for header in headers]
    places: dict[str, int] = {}
    for column in COLUMNS[kind]:
        found = [place for place, header in enumerate(given) if header in column.headers]
        if len(found) > 1:
            raise IdentifierError("import.column_twice", f"表头里有两列“{column.header}”，请留一列")
        if found:
            places[column.name] = found[0]
    missing = [c.header for c in COLUMNS[kind] if c.required and c.name not in places]
    if missing:
        raise IdentifierError(
            "import.columns_missing",
            f"表头缺少：{'、'.join(missing)}。请用模板，或把列名改成模板里的写法",
        )
    return Mapping(kind, places)


def template_rows(kind: ImportKind) -> list[list[str]]:
    """The header row and one sample row of a template."""
    return [[c.header for c in COLUMNS[kind]], [c.sample for c in COLUMNS[kind]]]
