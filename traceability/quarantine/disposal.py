"""无害化处理方法 · the five ways in which a carcass may be made harmless."""

from enum import StrEnum


class DisposalMethod(StrEnum):
    """无害化处理方法 · 农医发〔2017〕25 号 第 5 章."""

    INCINERATION = "incineration"
    RENDERING = "rendering"
    HIGH_TEMPERATURE = "high_temperature"
    DEEP_BURIAL = "deep_burial"
    CHEMICAL = "chemical"


DISPOSAL_METHOD_LABELS = {
    DisposalMethod.INCINERATION: "焚烧",
    DisposalMethod.RENDERING: "化制",
    DisposalMethod.HIGH_TEMPERATURE: "高温",
    DisposalMethod.DEEP_BURIAL: "深埋",
    DisposalMethod.CHEMICAL: "化学处理",
}
