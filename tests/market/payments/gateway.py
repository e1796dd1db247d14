"""WeChat Pay's side of a notification: signs and seals as the provider does, with its own keys."""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

PAID = {
    "out_trade_no": "XH20261122-0147",
    "transaction_id": "4200001234202611221234567890",
    "trade_state": "SUCCESS",
    "amount": {"total": 1_140_340, "payer_total": 1_140_340, "currency": "CNY"},
}
APIV3_KEY = b"0123456789abcdef0123456789abcdef"
SERIAL = "PUB_KEY_ID_0100000000002026112200000001"
NONCE = "fdasflkja484"


@dataclass
class Gateway:
    """A provider with a key of its own."""

    key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )

    @property
    def pem(self) -> str:
        """The public key, as a merchant downloads it."""
        return (
            self.key.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode()
        )

    def body(self, resource: Any = None, *, secret: bytes = APIV3_KEY, **changed: Any) -> bytes:
        """A notification of a payment, its content sealed for the merchant."""
        plain = json.dumps(PAID if resource is None else resource).encode()
        sealed = AESGCM(secret).encrypt(NONCE.encode(), plain, b"transaction")
        told = {
            "id": "EV-2018022511223320873",
            "create_time": "2026-11-22T06:12:03+08:00",
            "resource_type": "encrypt-resource",
            "event_type": "TRANSACTION.SUCCESS",
            "summary": "支付成功",
            "resource": {
                "original_type": "transaction",
                "algorithm": "AEAD_AES_256_GCM",
                "ciphertext": base64.b64encode(sealed).decode(),
                "associated_data": "transaction",
                "nonce": NONCE,
            },
        }
        return json.dumps({**told, **changed}, ensure_ascii=False).encode()

    def headers(self, body: bytes, *, at: int, serial: str = SERIAL) -> dict[str, str]:
        """What the provider writes above it."""
        message = b"%d\nabcdef\n%b\n" % (at, body)
        return {
            "Wechatpay-Timestamp": str(at),
            "Wechatpay-Nonce": "abcdef",
            "Wechatpay-Serial": serial,
            "Wechatpay-Signature": base64.b64encode(
                self.key.sign(message, PKCS1v15(), SHA256())
            ).decode(),
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
        }
