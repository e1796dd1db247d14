"""网址里的编号 · what may stand in an address: bounded numbers and references."""

from flask import Flask
from werkzeug.routing import BaseConverter, IntegerConverter

from traceability.base.refs import REF


class BoundedInteger(IntegerConverter):
    """A number that fits every column; a longer one is no page, not a fault."""

    regex = r"\d{1,15}"


class Ref(BaseConverter):
    """A reference, `animal:…`."""

    regex = REF.pattern
    part_isolating = True


def init_app(app: Flask) -> None:
    """`<int:…>` and `<ref:…>` in routes."""
    app.url_map.converters["int"] = BoundedInteger
    app.url_map.converters["ref"] = Ref
