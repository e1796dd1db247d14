"""表单 · one way to take a form: load it, act, or show it again with what was typed and why not."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError
from marshmallow.fields import List

from app import database
from app.schemas.fields import Schema, messages_of
from traceability.base.errors import Conflict, Refusal, RuleViolation

Page = Callable[[Mapping[str, Any], Mapping[str, Any]], str]
Act = Callable[[Mapping[str, Any]], ResponseReturnValue]


def load(schema: type[Schema]) -> dict[str, Any]:
    """The form of the running request: blanks are missing, lists are lists.

    Raises:
        ValidationError: with sentences by field.
    """
    reader = schema(unknown=EXCLUDE)
    given: dict[str, Any] = {}
    for name, field in reader.fields.items():
        values = [value for value in request.form.getlist(name) if value.strip()]
        if values:
            given[name] = values if isinstance(field, List) else values[0]
    found: dict[str, Any] = reader.load(given)
    return found


def handled(schema: type[Schema], act: Act, page: Page) -> ResponseReturnValue:
    """Do what a form asks; where it is refused, show the page again with every reason."""
    try:
        given = load(schema)
    except ValidationError as error:
        return page(request.form, messages_of(error)), 422
    try:
        return act(given)
    except (RuleViolation, Conflict) as refusal:
        database.session().rollback()
        return page(request.form, {"_schema": sentences(refusal)}), refusal.status


def sentences(refusal: Refusal) -> Sequence[str]:
    """Every reason of a refusal, each with the paper it rests on."""
    outcomes = getattr(refusal, "outcomes", ())
    if not outcomes:
        return [_with_source(refusal.sentence, refusal.source)]
    return [_with_source(each.sentence, each.citation) for each in outcomes]


def _with_source(sentence: str, source: str | None) -> str:
    return f"{sentence}（{source}）" if source else sentence
