"""The inspector's own arithmetic of signatures, against the libraries and the standards."""

import secrets

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.inspector import verify
from traceability.checkpoints import sm2

# RFC 8032 §7.1, tests 1 and 2; the lengths of SM3's two paddings.
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
            "f9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0"
            "f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032, ids=["1", "2"])
def test_the_published_signatures_fit(key: str, message: str, signature: str) -> None:
    public, text, signed = (bytes.fromhex(each) for each in (key, message, signature))

    assert verify.ed25519_fits(public, text, signed)
    assert not verify.ed25519_fits(public, text + b"\0", signed)
    raised = int.from_bytes(signed[32:], "little") + verify.L
    assert not verify.ed25519_fits(public, text, signed[:32] + raised.to_bytes(32, "little"))
    for place in range(0, 512, 61):
        changed = bytearray(signed)
        changed[place // 8] ^= 1 << place % 8
        assert not verify.ed25519_fits(public, text, bytes(changed))


def test_it_agrees_with_the_library_on_new_keys() -> None:
    private, message = Ed25519PrivateKey.generate(), secrets.token_bytes(50)

    assert verify.ed25519_fits(
        private.public_key().public_bytes_raw(), message, private.sign(message)
    )


@pytest.mark.parametrize(
    ("key", "signature"),
    [
        (b"", bytes(64)),
        (bytes(32), b""),
        (b"\xff" * 32, bytes(64)),
        (b"\x02" + bytes(31), bytes(64)),
    ],
    ids=range(4),
)
def test_what_is_no_key_fits_nothing(key: bytes, signature: bytes) -> None:
    assert not verify.ed25519_fits(key, b"", signature)


@pytest.mark.parametrize("length", [0, 3, 55, 56, 63, 64, 119, 120, 300])
def test_its_sm3_is_that_of_the_library(length: int) -> None:
    data = bytes(range(256))[:length] * 1 + bytes(max(0, length - 256))

    assert verify.sm3(data) == sm2.sm3(data)


def test_its_sm2_agrees_with_the_platforms() -> None:
    secret = (secrets.randbelow(sm2.N - 2) + 1).to_bytes(32)
    key, signature = sm2.public_key(secret), sm2.sign(secret, "检查点".encode())

    assert verify.sm2_fits(key, "检查点".encode(), signature)
    assert not verify.sm2_fits(key, "检查站".encode(), signature)
    assert not verify.sm2_fits(key, "检查点".encode(), signature[::-1])
    assert not verify.sm2_fits(key[:-1] + bytes([key[-1] ^ 1]), "检查点".encode(), signature)
