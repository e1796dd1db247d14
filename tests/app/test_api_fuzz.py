"""Promise P8: whatever a program sends, the API answers as its own description says, never 5xx.

Requests are made up from `docs/openapi.json`; in addresses they name things that exist. A longer
run: FUZZ_EXAMPLES=200 SLOW=1.
"""

import json
import os
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app import openapi
from tests.app.yard import Yard

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
DOCUMENT = json.loads(openapi.PATH.read_text("utf-8"))
for path in DOCUMENT["paths"].values():
    for operation in path.values():
        if isinstance(operation, dict):
            operation["responses"].pop("default", None)  # every status must be named
schema = schemathesis.openapi.from_dict(DOCUMENT)
schema.config.phases.coverage.enabled = os.environ.get("SLOW") == "1"
schema.config.phases.examples.enabled = False


@schema.parametrize()
@settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "6")),
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_api_answers_as_it_is_described(case: Any, yard: Yard) -> None:
    told = case.operation.definition.raw
    known = yard.things.get(case.path.split("/")[2])
    if known is not None and "ref" in case.path_parameters:
        case.path_parameters["ref"] = known
    case.headers.pop("On-Behalf-Of", None)  # almost never a grantor; test_api_animals tries it
    response = case.call(app=yard.app, headers=yard.headers_for(told.get("x-permission")))
    case.validate_response(response, checks=CHECKS)
