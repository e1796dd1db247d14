"""接口说明 · `python -m app.openapi` writes docs/openapi.json anew; changes show in the diff."""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask

from app import config
from app.factory import create_app

PATH = Path(__file__).parents[1] / "docs" / "openapi.json"


def document(app: Flask) -> str:
    """The description of the API as the service serves it, in one stable order."""
    served = app.test_client().get("/api/openapi.json").get_json()
    return json.dumps(served, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Write the file."""
    with TemporaryDirectory() as folder:
        settings = config.load({"DATA_DIR": folder})
        PATH.write_text(document(create_app(settings, TESTING=True)), "utf-8")
    sys.stdout.write(f"{PATH}\n")


if __name__ == "__main__":
    main()
