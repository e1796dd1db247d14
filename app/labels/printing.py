"""打印 · from a record to what is printed: its link with the newest digest, its paper.

These read private fields; who may print is the view's permission.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from flask import current_app
from sqlalchemy.orm import Session

from app import config
from app.factory import settings_of
from app.labels import codes, keys, signatures
from app.labels.certificate import CertificateRecord
from app.labels.links import LinkKind, code_of_ref, plain_link, short_link
from app.labels.receipt import Receipt, Weighed
from app.labels.sheet import Label
from market.sales.records import SALE_STATE_LABELS, Sale, SaleState
from traceability.animals import BREED_LABELS, SEX_LABELS, Animal
from traceability.base.clock import stamp
from traceability.base.errors import Conflict
from traceability.chain import events
from traceability.identifiers.certificates import CERTIFICATE_FORM_LABELS
from traceability.identifiers.short_codes import tag_check
from traceability.quarantine import certificates
from traceability.quarantine.certificates import Certificate, CertificateState
from traceability.quarantine.declarations import PURPOSE_LABELS
from traceability.weighings import Weighing


def label_key() -> bytes:
    """The key of this installation's labels; demo mode makes its own."""
    settings = settings_of(current_app)
    if not settings.is_production:
        config.make_demo_key(settings.label_key_file)
    return _loaded(settings.label_key_file)


_loaded = cache(keys.load)


def link_of(session: Session, kind: LinkKind, code: str, *, ref: str) -> str:
    """The sealed link to print for a subject, as its record stands now."""
    _seq, digest = events.head(session, ref)
    assert digest is not None, "what is printed has been registered"
    base = settings_of(current_app).public_url
    return short_link(base, kind, code, head=digest, key=label_key())


def animal_link(session: Session, animal: Animal) -> str:
    """The link of an animal's label."""
    return link_of(session, LinkKind.ANIMAL, animal.short_code, ref=animal.ref)


def receipt_link(session: Session, sale: Sale) -> str:
    """The link of a sale's receipt."""
    return link_of(session, LinkKind.RECEIPT, sale.receipt_code, ref=sale.ref)


def certificate_link(session: Session, certificate: Certificate) -> str:
    """The link of a certificate's record."""
    return link_of(session, LinkKind.CERTIFICATE, certificate.short_code, ref=certificate.ref)


def project_link(session: Session, ref: str) -> str:
    """The link of a project or a cluster, by its reference."""
    return link_of(session, LinkKind.PROJECT, code_of_ref(ref), ref=ref)


def page_link(kind: LinkKind, code: str) -> str:
    """The public address without a seal, for a screen."""
    return plain_link(settings_of(current_app).public_url, kind, code)


def qr_svg(link: str, *, label: str = "二维码：扫码查看经历") -> str:
    """The code of a link, for the `qr` macro (mark it safe)."""
    return codes.svg(link, label=label)


def check_of(animal: Animal) -> str:
    """The eight characters printed beside an animal's tag."""
    return tag_check(animal.ear_tag, key=label_key())


def label_of(session: Session, animal: Animal) -> Label:
    """The label of one animal."""
    kind = f"{BREED_LABELS[animal.breed]} · {SEX_LABELS[animal.sex]}"
    return Label(animal.ear_tag, check_of(animal), animal_link(session, animal), kind)


def labels_of(session: Session, animals: Sequence[Animal]) -> list[Label]:
    """The labels of many animals, in the order given."""
    return [label_of(session, animal) for animal in animals]


def paper_vkey() -> str:
    """The public key that papers are checked with."""
    name = signatures.name_of(settings_of(current_app).public_url)
    return signatures.verifier(signatures.paper_key(label_key()), name=name).vkey


def _signed(kind: LinkKind, code: str, told: dict[str, str]) -> str:
    name = signatures.name_of(settings_of(current_app).public_url)
    key = signatures.paper_key(label_key())
    return signatures.signed(page_link(kind, code), told, key=key, name=name)


def receipt_of(session: Session, sale: Sale) -> Receipt:
    """What the receipt of a sale says.

    Raises:
        Conflict: `receipt.not_weighed`.
    """
    if sale.weight_g is None or sale.amount_fen is None:
        raise Conflict("receipt.not_weighed", "这笔成交还没有过磅，不能打印凭证")
    animal = sale.animal
    made = Receipt(
        code=sale.receipt_code,
        market=sale.market.name,
        sold_at=sale.agreed_at,
        state=SALE_STATE_LABELS[sale.state],
        cancelled=sale.state is SaleState.CANCELLED,
        seller=sale.seller.name,
        buyer=sale.buyer.name,
        operator=sale.operator.name,
        ear_tag=animal.ear_tag,
        tag_check=check_of(animal),
        breed=BREED_LABELS[animal.breed],
        sex=SEX_LABELS[animal.sex],
        weight_g=sale.weight_g,
        price_unit=sale.price_unit,
        price_fen=sale.price_fen,
        amount_fen=sale.amount_fen,
        weighed=_weighed(sale.weighing),
        animal_link=animal_link(session, animal),
        receipt_link=receipt_link(session, sale),
    )
    return replace(made, signed=_signed(LinkKind.RECEIPT, made.code, _receipt_told(made)))


def _receipt_told(made: Receipt) -> dict[str, str]:
    return {
        "tag": made.ear_tag,
        "g": str(made.weight_g),
        "fen": str(made.amount_fen),
        "at": stamp(made.sold_at),
        "void": str(int(made.cancelled)),
        "text": signatures.digest_of(made.rows),
    }


def _weighed(weighing: Weighing | None) -> Weighed | None:
    if weighing is None:
        return None
    scale = weighing.instrument
    return Weighed(
        serial_no=scale.serial_no,
        certificate_no=scale.certificate_no,
        valid_until=scale.valid_until,
        at=weighing.weighed_at,
        frames_sha256=weighing.frames_sha256,
    )


def certificate_record_of(session: Session, certificate: Certificate) -> CertificateRecord:
    """What the record sheet of a certificate says."""
    named = certificates.animals_of(session, certificate)
    made = CertificateRecord(
        number=certificate.number,
        official_number=certificate.official_number,
        form=CERTIFICATE_FORM_LABELS[certificate.form],
        purpose=PURPOSE_LABELS[certificate.purpose],
        owner=certificate.owner.name,
        origin=certificate.origin.name,
        destination=certificate.destination.name,
        plate=certificate.plate,
        vet=certificate.vet.name,
        issued_at=certificate.issued_at,
        valid_until=certificate.valid_until,
        revoked=certificate.state is CertificateState.REVOKED,
        ear_tags=tuple(animal.ear_tag for animal in named),
        link=certificate_link(session, certificate),
    )
    told = {
        "no": made.number,
        "form": certificate.form.value,
        "n": str(len(made.ear_tags)),
        "at": stamp(made.issued_at),
        "until": made.valid_until.isoformat(),
        "void": str(int(made.revoked)),
        "text": signatures.digest_of([*made.rows, *(("耳标", tag) for tag in made.ear_tags)]),
    }
    return replace(made, signed=_signed(LinkKind.CERTIFICATE, certificate.short_code, told))
