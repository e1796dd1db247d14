"""The real mosquitto with the configuration we ship, its paths and ports moved into a folder."""

import os
import shutil
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import Engine

from devices import credentials
from tests.devices.yard import AT, SERVER, answers, free_port, wait_until
from traceability.base.db import reading

SHIPPED = Path(__file__).parents[2] / "deploy" / "mosquitto"
PROGRAM = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
needs_mosquitto = pytest.mark.skipif(
    PROGRAM is None, reason="mosquitto 未安装（apt-get install mosquitto）"
)


class Mosquitto:
    """mosquitto as shipped; `port` is the platform's, `tls_port` the devices'."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.folder = folder
        self._engine = engine
        self.port, self.tls_port = free_port(), free_port()
        self.ca_file = certify(folder)
        (folder / "acl").write_text((SHIPPED / "acl").read_text())
        (folder / "data").mkdir()
        text = (SHIPPED / "mosquitto.conf").read_text()
        text = text.replace("/etc/mosquitto/weining", str(folder))
        text = text.replace("/var/lib/mosquitto/", f"{folder}/data/")
        text = text.replace("listener 8883", f"listener {self.tls_port} 127.0.0.1")
        text = text.replace("listener 1883 ", f"listener {self.port} ")
        if os.geteuid() == 0:
            text += "user root\n"  # the folder is this user's alone
        (folder / "mosquitto.conf").write_text(text)

    def write_passwords(self) -> None:
        with reading(self._engine) as session:
            text = credentials.password_file(session, SERVER, at=AT)
        (self.folder / "passwords").write_text(text)

    def reload(self) -> None:
        self.write_passwords()
        self.process.send_signal(signal.SIGHUP)

    def __enter__(self) -> Self:
        self.write_passwords()
        self.start()
        return self

    def start(self) -> None:
        assert PROGRAM is not None
        command = [PROGRAM, "-c", str(self.folder / "mosquitto.conf")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until(lambda: answers(self.port) and answers(self.tls_port))

    def kill(self) -> None:
        """kill -9, and a new one at once."""
        self.process.kill()
        self.process.wait(20)
        self.start()

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(20)


def certify(folder: Path) -> Path:
    """A certificate for localhost, signed by a CA of its own; the CA's file."""
    today = datetime(2020, 1, 1, tzinfo=UTC)

    def signed(name: str, key: ec.EllipticCurvePrivateKey, *, ca: bool) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = x509.CertificateBuilder(
            issuer_name=issuer,
            subject_name=subject,
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=today,
            not_valid_after=today + timedelta(days=36_500),
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), ca)
        names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        builder = builder.add_extension(names, critical=False)
        return builder.sign(ca_key, hashes.SHA256())

    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    pem = serialization.Encoding.PEM
    ca_file = folder / "ca.crt"
    ca_file.write_bytes(signed("test authority", ca_key, ca=True).public_bytes(pem))
    (folder / "server.crt").write_bytes(signed("localhost", key, ca=False).public_bytes(pem))
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.key").write_bytes(private)
    return ca_file
