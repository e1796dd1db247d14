"""封存 · what must be read again but never lie open in the database: sealed with a derived key.

The key comes from the installation's session secret, which lies outside the database and its
backups. Sealed text is Fernet (AES-128-CBC with HMAC-SHA-256); the first secret seals, an earlier
one still opens.

>>> seal = Seal((b"n" * 32, b"o" * 32))
>>> seal.open(Seal((b"o" * 32,)).close("JBSWY3DP"))
'JBSWY3DP'
>>> seal.open(Seal((b"x" * 32,)).close("JBSWY3DP")) is None
True
"""

from base64 import urlsafe_b64encode
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
PURPOSE = b"weining second factor v1"  # another use of the same secret derives another key


class Seal:
    """The keys of one installation, the newest first."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        keys = [_key(secret) for secret in secrets]
        self._newest, self._all = keys[0], MultiFernet(keys)

    def close(self, text: str) -> str:
        """Seal a text with the newest key."""
        return self._newest.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str | None:
        """What was sealed; None where no key of the installation opens it."""
        try:
            return self._all.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None

    def is_newest(self, sealed: str) -> bool:
        """Whether the newest key sealed it."""
        try:
            self._newest.decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True


def _key(secret: bytes) -> Fernet:
    derived = HKDF(SHA256(), KEY_BYTES, salt=None, info=PURPOSE).derive(secret)
    return Fernet(urlsafe_b64encode(derived))
