"""商密签名 · SM2 signatures with SM3, GB/T 32918.2 and 32918.5 (GM/T 0003), pure arithmetic.

`cryptography` brings SM3 and no SM2, and the one SM2 library in Python draws its nonces from a
predictable generator (docs/adr/0007), so the arithmetic stands here, held to
the published vectors. Nonces follow from key and message alone: the same text gives the same
signature, and no bad random number can give the key away.
"""

import hmac
from hashlib import sha512

from cryptography.hazmat.primitives.hashes import SM3, Hash

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
IDENTITY = b"1234567812345678"
"""The signer's name where none is agreed upon, GM/T 0009 §10."""
WIDTH = 32
UNCOMPRESSED = b"\x04"

Point = tuple[int, int, int]
"""Jacobian coordinates: x/z², y/z³; z = 0 is the point at infinity."""
INFINITY: Point = (1, 1, 0)


def sm3(data: bytes) -> bytes:
    """SM3, GB/T 32905.

    >>> sm3(b"abc").hex()
    '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0'
    """
    hashed = Hash(SM3())
    hashed.update(data)
    return hashed.finalize()


def public_key(secret: bytes) -> bytes:
    """The public point of a private number, 0x04 ‖ x ‖ y.

    Raises:
        ValueError: the number is none of 1 … n − 2.
    """
    number = _secret(secret)
    x, y = _affine(_times(number, (*G, 1)))
    return UNCOMPRESSED + _bytes(x) + _bytes(y)


def sign(secret: bytes, message: bytes, *, identity: bytes = IDENTITY) -> bytes:
    """The signature r ‖ s over a message; the same for the same key and message."""
    number = _secret(secret)
    hashed = digest(public_key(secret), message, identity=identity)
    attempt = 0
    while True:
        tried = signed(number, hashed, _nonce(secret, hashed, attempt))
        if tried is not None:
            return tried
        attempt += 1


def signed(number: int, hashed: bytes, nonce: int) -> bytes | None:
    """The signature that a nonce gives, §6.1; None in the rare case that it gives none."""
    x, _ = _affine(_times(nonce, (*G, 1)))
    r = (int.from_bytes(hashed) + x) % N
    s = pow(1 + number, -1, N) * (nonce - r * number) % N
    return None if r == 0 or r + nonce == N or s == 0 else _bytes(r) + _bytes(s)


def verify(key: bytes, message: bytes, signature: bytes, *, identity: bytes = IDENTITY) -> bool:
    """Whether the holder of a key signed the message, §7.1."""
    point = _point(key)
    if point is None or len(signature) != 2 * WIDTH:
        return False
    r, s = int.from_bytes(signature[:WIDTH]), int.from_bytes(signature[WIDTH:])
    both = (r + s) % N
    if not (0 < r < N and 0 < s < N) or both == 0:
        return False
    found = _sum(_times(s, (*G, 1)), _times(both, (*point, 1)))
    if found[2] == 0:
        return False
    hashed = int.from_bytes(digest(key, message, identity=identity))
    return (hashed + _affine(found)[0]) % N == r


def digest(key: bytes, message: bytes, *, identity: bytes = IDENTITY) -> bytes:
    """What is signed: SM3(Z ‖ message), where Z says which curve, whose key and which name."""
    curve = b"".join(_bytes(each) for each in (A, B, *G))
    named = (8 * len(identity)).to_bytes(2) + identity
    return sm3(sm3(named + curve + key[1:]) + message)


def _secret(secret: bytes) -> int:
    number = int.from_bytes(secret)
    if len(secret) != WIDTH or not 1 <= number <= N - 2:
        raise ValueError("no private number of SM2")
    return number


def _nonce(secret: bytes, hashed: bytes, attempt: int) -> int:
    material = hmac.new(secret, b"sm2 nonce" + attempt.to_bytes(4) + hashed, sha512).digest()
    return int.from_bytes(material) % (N - 1) + 1


def _bytes(number: int) -> bytes:
    return number.to_bytes(WIDTH)


def _point(key: bytes) -> tuple[int, int] | None:
    """The point of a key, if it lies on the curve."""
    if len(key) != 1 + 2 * WIDTH or key[:1] != UNCOMPRESSED:
        return None
    x, y = int.from_bytes(key[1 : 1 + WIDTH]), int.from_bytes(key[1 + WIDTH :])
    fits = x < P and y < P and (y * y - (x * x * x + A * x + B)) % P == 0
    return (x, y) if fits else None


def _times(number: int, point: Point) -> Point:
    found = INFINITY
    for bit in f"{number:b}":
        found = _double(found)
        if bit == "1":
            found = _sum(found, point)
    return found


def _double(point: Point) -> Point:
    x, y, z = point
    if z == 0 or y == 0:
        return INFINITY
    squared = y * y % P
    lever = 4 * x * squared % P
    slope = 3 * (x - z * z) * (x + z * z) % P  # a = −3
    new_x = (slope * slope - 2 * lever) % P
    return new_x, (slope * (lever - new_x) - 8 * squared * squared) % P, 2 * y * z % P


def _sum(first: Point, second: Point) -> Point:
    if first[2] == 0 or second[2] == 0:
        return second if first[2] == 0 else first
    (x1, y1, z1), (x2, y2, z2) = first, second
    squared1, squared2 = z1 * z1 % P, z2 * z2 % P
    u1, u2 = x1 * squared2 % P, x2 * squared1 % P
    s1, s2 = y1 * squared2 * z2 % P, y2 * squared1 * z1 % P
    if u1 == u2:
        return _double(first) if s1 == s2 else INFINITY
    across, up = (u2 - u1) % P, (s2 - s1) % P
    across2 = across * across % P
    across3, base = across2 * across % P, u1 * across2 % P
    x = (up * up - across3 - 2 * base) % P
    return x, (up * (base - x) - s1 * across3) % P, across * z1 * z2 % P


def _affine(point: Point) -> tuple[int, int]:
    x, y, z = point
    inverse = pow(z, -1, P)
    return x * inverse * inverse % P, y * inverse * inverse * inverse % P
