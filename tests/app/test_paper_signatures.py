"""The signed code on papers: checked without network, and every change is noticed."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import zxingcpp
from flask.testing import FlaskClient
from PIL import Image

from app.factory import Platform
from app.labels import printing, signatures
from app.labels.certificate import certificate_pdf
from app.labels.receipt import ReceiptSize, receipt_pdf
from app.labels.signatures import BadPaper
from tests import selling
from tests.world import World
from traceability.checkpoints.notes import Verifier, parse_vkey

KEY = signatures.paper_key(b"k" * 32)
KNOWN = [signatures.verifier(KEY, name="wn.example/paper")]
TOLD = {"no": "DB-520526-2026-000123", "n": "2"}
TEXT = signatures.signed("https://wn.example/c/01ABC", TOLD, key=KEY, name="wn.example/paper")


def codes_on(pdf: bytes, folder: Path) -> set[str]:
    (folder / "out.pdf").write_bytes(pdf)
    command = ["pdftoppm", "-r", "203", "-gray", "-singlefile", "-png", "out.pdf", "page"]
    subprocess.run(command, cwd=folder, check=True)
    return {found.text for found in zxingcpp.read_barcodes(Image.open(folder / "page.png"))}


def published(client: FlaskClient) -> list[Verifier]:
    return [parse_vkey(client.get("/t/paper-key.txt").text)]


def test_what_was_signed_is_read_back() -> None:
    assert signatures.checked(TEXT, KNOWN) == {"v": "1", **TOLD}


def test_every_changed_character_is_noticed() -> None:
    for place, char in enumerate(TEXT):
        changed = TEXT[:place] + ("A" if char != "A" else "B") + TEXT[place + 1 :]
        with pytest.raises(BadPaper):
            signatures.checked(changed, KNOWN)


@pytest.mark.parametrize(
    "text", ["", "https://wn.example/c/01ABC", TEXT + "=", TEXT + "A", "牛&sig="]
)
def test_what_is_no_signed_code_is_refused(text: str) -> None:
    with pytest.raises(BadPaper):
        signatures.checked(text, KNOWN)


def test_another_sites_signature_does_not_count() -> None:
    other = signatures.verifier(signatures.paper_key(b"o" * 32), name="wn.example/paper")

    with pytest.raises(BadPaper):
        signatures.checked(TEXT, [other])


def test_a_receipts_signed_code_is_scanned_and_checked_with_the_published_key(
    world: World, app: Platform, client: FlaskClient, tmp_path: Path
) -> None:
    weighing = world.weighed(world.at_market(world.animal()), world.scale())
    sale = selling.sold(world, weighing)
    with app.app_context():
        receipt = printing.receipt_of(world.session, sale)

    for size in ReceiptSize:
        found = codes_on(receipt_pdf(receipt, size), tmp_path)
        assert found == {receipt.animal_link, receipt.receipt_link, receipt.signed}

    told = signatures.checked(receipt.signed, published(client))
    assert (told["tag"], told["fen"]) == (sale.animal.ear_tag, str(sale.amount_fen))
    assert told["text"] == signatures.digest_of(receipt.rows)
    assert told["text"] != signatures.digest_of(replace(receipt, seller="别人").rows)
    assert receipt.seller not in receipt.signed


def test_a_certificates_signed_code_is_scanned_and_checked(
    world: World, app: Platform, client: FlaskClient, tmp_path: Path
) -> None:
    certificate = world.certified(world.animal())
    with app.app_context():
        record = printing.certificate_record_of(world.session, certificate)

    assert codes_on(certificate_pdf(record), tmp_path) == {record.link, record.signed}
    told = signatures.checked(record.signed, published(client))
    assert (told["no"], told["n"], told["void"]) == (certificate.number, "1", "0")
