"""断网的壳: the service worker lies at the top, is never stale, and keeps only what exists."""

import re
from pathlib import Path

from flask.testing import FlaskClient

import app

STATIC = Path(app.__file__).parent / "static"


def test_the_worker_is_asked_for_anew_each_time(client: FlaskClient) -> None:
    with client.get("/sw.js") as answer:
        assert answer.status_code == 200
        assert answer.content_type.startswith("text/javascript")
        assert answer.headers["Cache-Control"] == "no-cache"
        assert "worker-src 'self'" in answer.headers["Content-Security-Policy"]


def test_all_that_the_worker_keeps_at_first_is_there() -> None:
    worker = (STATIC / "sw.js").read_text("utf-8")
    listed = worker.partition("const BASE = [")[2].partition("]")[0]

    files = re.findall(r'"([^"]+)"', listed)

    assert "js/offline.js" in files
    assert [name for name in files if not (STATIC / name).is_file()] == []
