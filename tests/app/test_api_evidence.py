"""Evidence as an upload: kept unchanged, given to whoever may see what rests on it."""

from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from app.auth.roles import Role
from tests.app.programs import Program, ProgramOf, code
from tests.app.test_photographs import camera
from traceability.evidence import BYTES_MAX

PAPER = b"%PDF-1.7 contract"


def send(program: Program, data: bytes = PAPER, **form: Any) -> TestResponse:
    told = {"file": FileStorage(BytesIO(data), "合同.pdf"), "title": "合同", **form}
    boundary, body = encode_multipart(told)
    client = program.login_as.app.test_client()
    content_type = f'multipart/form-data; boundary="{boundary}"'
    return client.post(
        "/api/evidence/", data=body, headers=program.headers, content_type=content_type
    )


def test_a_paper_comes_back_byte_by_byte(program_of: ProgramOf) -> None:
    farmer = program_of(Role.FARMER)

    kept = send(farmer).get_json()
    file = farmer.get(f"/api/evidence/{kept['ref']}/file")

    assert kept["sha256"] == sha256(PAPER).hexdigest()
    assert kept["media_type"] == "application/pdf"
    assert file.data == PAPER
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert farmer.get(f"/api/evidence/{kept['ref']}").get_json() == kept


def test_a_photograph_sent_by_a_program_loses_place_and_device_too(program_of: ProgramOf) -> None:
    farmer = program_of(Role.FARMER)

    kept = send(farmer, camera()).get_json()
    file = farmer.get(f"/api/evidence/{kept['ref']}/file").data

    assert kept["media_type"] == "image/jpeg"
    assert kept["sha256"] == sha256(file).hexdigest()
    assert dict(Image.open(BytesIO(file)).getexif()) == {}
    assert code(send(farmer, camera()[:80])) == (422, "evidence.unreadable_picture")


def test_a_strangers_paper_looks_like_none(program_of: ProgramOf) -> None:
    kept = send(program_of(Role.FARMER)).get_json()
    vet = program_of(Role.OFFICIAL_VET)

    assert code(vet.get(f"/api/evidence/{kept['ref']}")) == (404, "evidence.not_found")
    assert code(vet.get(f"/api/evidence/{kept['ref']}/file")) == (404, "evidence.not_found")


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", "evidence.empty"),
        (b"MZ\x90 program", "evidence.unknown_type"),
        (b"%PDF" + b"-" * BYTES_MAX, "evidence.too_large"),
    ],
)
def test_what_is_no_evidence_is_refused(program_of: ProgramOf, data: bytes, refusal: str) -> None:
    answer = send(program_of(Role.FARMER), data)

    assert answer.status_code in {413, 422}
    assert answer.get_json()["code"] in {refusal, "request.too_large"}


def test_a_file_without_a_title_or_with_more_is_refused(program_of: ProgramOf) -> None:
    farmer = program_of(Role.FARMER)

    untitled, more = send(farmer, title=" "), send(farmer, colour="red")

    assert code(untitled) == code(more) == (422, "request.invalid")


def test_a_file_that_was_changed_on_the_disk_is_not_given(program_of: ProgramOf) -> None:
    farmer = program_of(Role.FARMER)
    kept = send(farmer).get_json()
    folder = farmer.login_as.app.extensions["platform.settings"].data_dir / "evidence"
    (path,) = (each for each in folder.rglob("*") if each.is_file())
    path.write_bytes(b"%PDF-1.7 contract!")

    answer = farmer.get(f"/api/evidence/{kept['ref']}/file")

    assert code(answer) == (404, "evidence.lost")
