"""Every table and column that the audit may speak of has a name in Chinese, one and the same."""

import re

from app import migrate
from app.audit import words
from traceability.audit.column_names import COLUMNS
from traceability.audit.names import TABLES
from traceability.chain.folding import FOLDS
from traceability.chain.tables import table_of

RULES_ONLY = {"code"}  # in an event it is a rule's; tables of other nouns have codes too
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def watched() -> tuple[set[str], set[str]]:
    """The tables the audit compares with events, and their columns and lists."""
    migrate.load_models()
    tables, columns = set(), set()
    for entry in FOLDS.values():
        table = table_of(entry.model)
        tables.add(table.name)
        columns |= {column.name for column in table.c} - entry.unchained.keys()
        columns |= entry.members.keys()
    return tables, columns


def test_every_table_and_column_under_audit_is_named_and_no_other() -> None:
    tables, columns = watched()

    assert TABLES.keys() == tables
    assert COLUMNS.keys() == columns


def test_the_names_are_chinese() -> None:
    named = TABLES | COLUMNS
    assert [name for name, called in named.items() if not CHINESE.search(called)] == []


def test_a_column_is_called_as_the_field_of_its_events_is() -> None:
    """One noun, one name: what a line shows as 金额 is not called otherwise by the audit."""
    shared = COLUMNS.keys() - RULES_ONLY
    fields = {name: words.name_of(name) for name in shared if words.name_of(name) != name}

    assert {name: COLUMNS[name] for name in fields} == fields
