"""表单 · one way to take a form: load it, act, or show it again with what was typed and why not."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError
from webargs.multidictproxy import MultiDictProxy

from app import database
from app.schemas.fields import Schema, messages_of
from traceability.base.errors import Conflict, Refusal, RuleViolation

Page = Callable[[Mapping[str, Any], Mapping[str, Any]], str]
Act = Callable[[Mapping[str, Any]], ResponseReturnValue]


def handled(schema: type[Schema], act: Act, page: Page) -> ResponseReturnValue:
    """Do what a form asks; where it is refused, show the page again with every reason."""
    loader = schema(unknown=EXCLUDE)
    try:
        given = loader.load(MultiDictProxy(request.form, loader))
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
