"""Signed notes and checkpoints: the published example verifies, and no bit of one may change."""

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from tests.traceability.checkpoints.ground import AT
from traceability.checkpoints import keys, notes
from traceability.checkpoints.notes import BadNote, Head, Note, Signature, Verifier

# golang.org/x/mod/sumdb/note, the reference implementation: its documented example.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SAID = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
SIGNER = keys.new_signer("weining.example/chain")
HEAD = Head("weining.example/chain", 12, bytes(range(32)), AT)


def test_the_reference_implementations_example_verifies() -> None:
    note = notes.parse_note(PETER_SAID)

    assert [each.name for each in notes.signers(note, [notes.parse_vkey(PETER)])] == [
        "PeterNeumann"
    ]
    assert notes.parse_vkey(PETER).vkey == PETER
    assert note.written == PETER_SAID


def test_a_checkpoint_says_what_was_signed() -> None:
    written = SIGNER.sign(HEAD)

    assert notes.verify(written, [SIGNER.verifier]) == HEAD
    assert written.startswith(
        "weining.example/chain\n12\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
    )


def test_no_bit_of_a_checkpoint_may_change() -> None:
    written = SIGNER.sign(HEAD).encode()

    for position in range(len(written)):
        for bit in range(8):
            changed = bytearray(written)
            changed[position] ^= 1 << bit
            with pytest.raises((BadNote, UnicodeDecodeError)):
                notes.verify(changed.decode(), [SIGNER.verifier])


def test_a_key_of_the_same_name_does_not_count() -> None:
    impostor = keys.new_signer(SIGNER.origin)

    with pytest.raises(BadNote, match="no known key"):
        notes.verify(impostor.sign(HEAD), [SIGNER.verifier])


def test_signatures_of_strangers_stand_beside_the_known_one() -> None:
    note = notes.parse_note(SIGNER.sign(HEAD))
    stranger = Signature("stranger.example", b"\x01\x02\x03\x04", b"?" * 64)

    both = replace(note, signatures=(stranger, *note.signatures)).written

    assert notes.verify(both, [SIGNER.verifier]) == HEAD


def test_a_witness_signs_with_its_time() -> None:
    private = Ed25519PrivateKey.from_private_bytes(b"w" * 32)
    witness = Verifier(
        "witness.example", notes.COSIGNATURE, private.public_key().public_bytes_raw()
    )
    message = b"cosignature/v1\ntime 1700000000\n" + HEAD.text.encode()
    signature = (1_700_000_000).to_bytes(8) + private.sign(message)
    note = Note(HEAD.text, (Signature(witness.name, witness.key_id, signature),))

    assert notes.verify(note.written, [notes.parse_vkey(witness.vkey)]) == HEAD
    late = Signature(witness.name, witness.key_id, (1_700_000_001).to_bytes(8) + signature[8:])
    with pytest.raises(BadNote):
        notes.verify(Note(HEAD.text, (late,)).written, [witness])


ROOT = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n12\n",
        f"\n12\n{ROOT}\n",
        f"origin\n012\n{ROOT}\n",
        f"origin\n-1\n{ROOT}\n",
        f"origin\n+1\n{ROOT}\n",
        f"origin\n1 \n{ROOT}\n",
        f"origin\n9223372036854775808\n{ROOT}\n",
        f"origin\n１２\n{ROOT}\n",
        "origin\n12\nAAAA\n",
        f"origin\n12\n{ROOT[:-1]}\n",
        f"origin\n12\n{ROOT[:-2]}B=\n",
        f"origin\n12\n{ROOT}\n\nmore\n",
        f"origin\n12\n{ROOT}",
        f"origin\n12\n{ROOT}\nsigned 2026-13-45T99:00:00.000Z\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        notes.parse_head(text)


@pytest.mark.parametrize(
    "written",
    [
        "text without signature\n",
        "text\n\n",
        "text\n\n- name AAAAAAAA\n",
        "text\n\n— name\n",
        "text\n\n— na+me AAAAAAAA\n",
        "text\n\n— name AAAAAA==\n",
        "text\n\n— name AAAAAAAA",
        "te\x00xt\n\n— name AAAAAAAA\n",
        "te\rxt\n\n— name AAAAAAAA\n",
        "text\n\n" + "— name AAAAAAAA\n" * 101,
    ],
)
def test_what_is_no_note_is_refused(written: str) -> None:
    with pytest.raises(BadNote):
        notes.parse_note(written)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        "name+c74f20a3",
        PETER.replace("c74f20a3", "c74f20a4"),
        PETER + "A",
        "a b" + PETER,
    ],
)
def test_what_is_no_verifier_key_is_refused(vkey: str) -> None:
    with pytest.raises(BadNote):
        notes.parse_vkey(vkey)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader_of_notes(written: str) -> None:
    try:
        notes.verify(written, [SIGNER.verifier])
    except BadNote:
        return
    raise AssertionError("nothing unsigned is accepted")
