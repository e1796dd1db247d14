"""Clusters are rows loaded from data: no code names one."""

import re

from tests.architecture.sources import PACKAGES, modules, text

# What the founding document's other clusters make; place names are GB/T 2260's business.
NAMES = re.compile(
    "吉他|轴承|航空|电池材料|铝产业|功能材料|经开区|guitar|bearings|alumini?um|aviation"
)


def test_no_code_names_a_cluster() -> None:
    naming = [
        f"{path}:{number}"
        for path in modules(*PACKAGES)
        for number, line in enumerate(text(path).splitlines(), start=1)
        if NAMES.search(line) and "data" not in path.parts
    ]

    assert not naming
