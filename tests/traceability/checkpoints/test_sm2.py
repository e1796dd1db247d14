"""SM2 and SM3 against what the standards print, and against everything next to it."""

import hmac

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traceability.checkpoints import sm2

# GB/T 32918.5-2017, annex A.2 (GM/T 0003.5-2012): signature with the recommended curve.
SECRET = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
KEY = bytes.fromhex(
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
MESSAGE = b"message digest"
HASHED = "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"
NONCE = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
SIGNATURE = bytes.fromhex(
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)


def test_the_key_of_the_standard() -> None:
    assert sm2.public_key(SECRET) == KEY


def test_what_the_standard_signs() -> None:
    assert sm2.digest(KEY, MESSAGE).hex() == HASHED
    assert sm2.signed(int.from_bytes(SECRET), bytes.fromhex(HASHED), NONCE) == SIGNATURE
    assert sm2.verify(KEY, MESSAGE, SIGNATURE)


def test_the_two_examples_of_the_hash() -> None:
    # GB/T 32905-2016, annex A.
    assert sm2.sm3(b"abc").hex() == (
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    )
    assert sm2.sm3(b"abcd" * 16).hex() == (
        "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    )


def test_a_text_signed_twice_has_one_signature_and_another_text_another() -> None:
    first, again = sm2.sign(SECRET, MESSAGE), sm2.sign(SECRET, MESSAGE)

    assert first == again != sm2.sign(SECRET, MESSAGE + b"s")
    assert sm2.verify(KEY, MESSAGE, first)
    assert not hmac.compare_digest(first[:32], sm2.sign(SECRET, MESSAGE + b"s")[:32])


@settings(max_examples=8, deadline=None)
@given(secret=st.integers(1, sm2.N - 2), message=st.binary(max_size=80))
def test_what_is_signed_verifies_and_nothing_beside_it(secret: int, message: bytes) -> None:
    key = sm2.public_key(secret.to_bytes(32))
    signature = sm2.sign(secret.to_bytes(32), message)

    assert sm2.verify(key, message, signature)
    assert not sm2.verify(key, message + b"\0", signature)
    assert not sm2.verify(key, message, signature, identity=b"ALICE123@YAHOO.COM")
    assert not sm2.verify(KEY, message, signature)


@pytest.mark.parametrize("place", range(0, 512, 37))
def test_one_changed_bit_spoils_a_signature(place: int) -> None:
    changed = bytearray(SIGNATURE)
    changed[place // 8] ^= 1 << place % 8

    assert not sm2.verify(KEY, MESSAGE, bytes(changed))


ZERO, TOP = bytes(32), sm2.N.to_bytes(32)


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        SIGNATURE[:-1],
        SIGNATURE + b"\0",
        ZERO + SIGNATURE[32:],
        SIGNATURE[:32] + ZERO,
        TOP + SIGNATURE[32:],
        SIGNATURE[:32] + TOP,
        (1).to_bytes(32) + (sm2.N - 1).to_bytes(32),
    ],
)
def test_numbers_out_of_range_are_no_signature(signature: bytes) -> None:
    assert not sm2.verify(KEY, MESSAGE, signature)


@pytest.mark.parametrize(
    "key",
    [
        b"",
        KEY[1:],
        b"\x02" + KEY[1:],
        KEY[:-1] + bytes([KEY[-1] ^ 1]),
        b"\x04" + sm2.P.to_bytes(32) * 2,
        b"\x04" + bytes(64),
    ],
)
def test_a_point_off_the_curve_is_no_key(key: bytes) -> None:
    assert not sm2.verify(key, MESSAGE, SIGNATURE)


@pytest.mark.parametrize("secret", [bytes(32), (sm2.N - 1).to_bytes(32), b"\x01"])
def test_no_private_number_out_of_range(secret: bytes) -> None:
    with pytest.raises(ValueError, match="private number"):
        sm2.public_key(secret)
