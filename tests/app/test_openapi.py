"""The description of the API: served as written down; its page runs from our own files."""

from flask.testing import FlaskClient

from app import openapi
from app.factory import Platform


def test_the_served_description_is_the_one_in_the_repository(app: Platform) -> None:
    written = openapi.PATH.read_text("utf-8")

    assert openapi.document(app) == written, "run: python -m app.openapi"


def test_the_documentation_needs_nothing_from_elsewhere(client: FlaskClient) -> None:
    page = client.get("/api/docs")

    assert page.status_code == 200
    assert "http" not in page.text.replace("http-equiv", "")
    assert "<script>" not in page.text
    for line in page.text.split('"'):
        if line.startswith("/static/"):
            with client.get(line) as file:
                assert file.status_code == 200, line
