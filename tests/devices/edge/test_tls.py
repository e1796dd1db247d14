"""Towards a production broker the edge speaks TLS, and to no broker that cannot prove its name."""

import gc
import ipaddress
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from devices.edge.config import ConfigError, EdgeConfig, PortConfig
from devices.edge.program import Edge
from devices.simulator.equipment import Socket, allflex
from tests.devices.mosquitto import Ledger, Mosquitto, free_port, running, wait_until

BORN = datetime(2020, 1, 1, tzinfo=UTC)
EID = "156000000000042"


def certificate(folder: Path, name: str) -> Path:
    """A certificate of this machine that vouches for itself, with its key beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BORN)
        .not_valid_after(BORN + timedelta(days=36_500))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    path.with_suffix(".key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    own, port = certificate(tmp_path, "own"), free_port()
    encrypted = (
        f"user root\nlistener {port} 127.0.0.1\ncertfile {own}\nkeyfile {own.with_suffix('.key')}\n"
    )
    with running(tmp_path, encrypted) as started:
        started.url = f"mqtts://127.0.0.1:{port}"
        yield started


@pytest.fixture
def reader() -> Iterator[Socket]:
    socket = Socket()
    yield socket
    socket.close()


def edge(broker: Mosquitto, reader: Socket, folder: Path, ca: Path) -> Edge:
    port = PortConfig(device="xh-reader-01", source=reader.address, format="allflex")
    return Edge(
        EdgeConfig(
            broker=broker.url, outbox=folder / f"{ca.stem}.db", ports=(port,), ca_file=str(ca)
        )
    )


@pytest.mark.mosquitto
@pytest.mark.filterwarnings(  # paho drops the socket of a failed handshake without closing it
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"
)
def test_only_the_broker_that_the_certificate_names_is_told(
    broker: Mosquitto, ledger: Ledger, reader: Socket, tmp_path: Path
) -> None:
    stranger = edge(broker, reader, tmp_path, certificate(tmp_path, "other"))
    stranger.start()
    assert reader.wait_for_listener(10)
    reader.say(allflex(EID))
    wait_until(lambda: stranger.backlog() == 1)
    stranger.stop()
    reader.unplug()
    gc.collect()  # so that such a socket is found here and not in another test
    assert (ledger.stored, ledger.statuses) == ({}, {})

    known = edge(broker, reader, tmp_path, tmp_path / "own.pem")
    known.start()
    assert reader.wait_for_listener(10)
    reader.say(allflex(EID))
    wait_until(lambda: len(ledger.stored) == 1 and known.backlog() == 0)
    known.stop()


@pytest.mark.mosquitto
def test_a_missing_certificate_is_named_before_anything_starts(
    broker: Mosquitto, reader: Socket, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as refusal:
        edge(broker, reader, tmp_path, tmp_path / "none.pem")

    assert "读不到证书" in refusal.value.sentence
