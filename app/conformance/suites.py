"""检验套件 · every suite by its name; whoever builds a parser adds its suite here."""

from app.conformance import books, codes, events, frames, herds, imports, payments, proofs
from app.conformance.answers import Suite

SUITES: dict[str, Suite] = {
    "canonical-json": proofs.canonical_json,
    "check-digit": codes.check_digit,
    "checkpoint-verify": proofs.checkpoint_verify,
    "cn-id": codes.cn_id,
    "contact-chain": herds.contact_chain,
    "digital-link": codes.digital_link,
    "epcis-validate": events.epcis_validate,
    "import": imports.rows,
    "inbreeding": herds.inbreeding,
    "ledger": books.ledger,
    "merkle-consistency": proofs.merkle_consistency,
    "merkle-inclusion": proofs.merkle_inclusion,
    "merkle-root": proofs.merkle_root,
    "pay-callback": payments.pay_callback,
    "reader-line": frames.reader_line,
    "scale-frame": frames.scale_frame,
    "scale-stream": frames.scale_stream,
    "tag-frame": codes.tag_frame,
}
