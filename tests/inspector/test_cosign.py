"""A regulator signs what grows, and nothing that is shorter or forked."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from tests.inspector import cosign, verify
from tests.traceability.checkpoints.ground import AT, database, grow, signer, stamp
from traceability import merkle
from traceability.base.db import reading
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.base.refs import new_ref
from traceability.chain import log
from traceability.checkpoints import bundles, cosigning, keys, notes, stamps
from traceability.checkpoints.bundles import Keepers
from traceability.checkpoints.cosigning import Book
from traceability.checkpoints.notes import BadNote, Head
from traceability.checkpoints.witness import Witness

SIGNER, CALF, NOW = signer(), new_ref("animal"), int(AT.timestamp())
VKEYS = [SIGNER.verifier.vkey]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = database(tmp_path)
    for minutes in range(3):
        grow(engine, CALF, minutes=minutes)
    stamp(engine, SIGNER, minutes=3)
    yield engine
    engine.dispose()


@pytest.fixture
def keepers(tmp_path: Path) -> Keepers:
    kept = Keepers(Witness(tmp_path / "witness" / "checkpoints.txt"), Book(tmp_path / "cosigning"))
    keys.make_known(kept.witness.keys_path, SIGNER.verifiers)
    return kept


@pytest.fixture
def key(tmp_path: Path, keepers: Keepers) -> tuple[str, bytes]:
    vkey = cosign.make_key("nync.example/witness", tmp_path / "witness.key")
    cosigning.add_cosigner(keepers.book, vkey)
    return cosign.read_key(tmp_path / "witness.key")


def site(engine: Engine) -> cosign.Fetch:
    """The platform's answers, without a web server."""

    def fetch(address: str) -> str:
        with reading(engine) as session:
            newest = stamps.newest(session)
            assert newest is not None
            if address == "/checkpoint":
                return newest.note
            asked = parse_qs(urlsplit(address).query)
            old, new = int(asked["from"][0]), int(asked["to"][0])
            path = merkle.consistency_proof(old, new, log.Tiles(session).range_root)
        return json.dumps({"proof": [each.hex() for each in path]})

    return fetch


def test_its_signatures_are_those_of_the_library(key: tuple[str, bytes]) -> None:
    private = Ed25519PrivateKey.from_private_bytes(key[1])

    assert cosign.public_key(key[1]) == private.public_key().public_bytes_raw()
    assert cosign.ed25519_sign(key[1], b"head") == private.sign(b"head")


def test_a_growing_tree_is_signed_and_kept(
    engine: Engine, keepers: Keepers, key: tuple[str, bytes], tmp_path: Path
) -> None:
    sizes = []
    for minutes in (4, 5):
        size, signed = cosign.sign(site(engine), VKEYS, key, tmp_path / "state", NOW)
        sizes.append(size)
        with reading(engine) as session:
            [made] = cosigning.accept(session, keepers.book, signed, at=AT)
            again = cosigning.accept(session, keepers.book, signed, at=AT)
        assert [made] == again
        assert (made.name, made.head.size, made.signed_at) == (
            key[0],
            size,
            AT.replace(microsecond=0),
        )
        grow(engine, CALF, minutes=minutes)
        stamp(engine, SIGNER, minutes=minutes)

    assert sizes == [3, 4]
    assert [each.head.size for each in cosigning.every(keepers.book)] == [4, 3]
    with reading(engine) as session:
        three = stamps.of_size(session, 3)
        assert three is not None
        whole = cosigning.below(keepers.book, three)
        vkeys = [*VKEYS, cosign.vkey_of(*key)]
        assert (
            len(notes.signers(notes.parse_note(whole), [notes.parse_vkey(v) for v in vkeys])) == 2
        )
        bundle = json.loads(json.dumps(bundles.of_subject(session, CALF, keepers, is_open=False)))
    assert verify.faults(bundle, vkeys) == []
    assert any("共同签名：“nync.example/witness”" in line for line in verify.report(bundle, vkeys))
    bundle["cosigned"]["consistency"][0] = "00" * 32
    assert "cosigned" in verify.faults(bundle, vkeys)[0]


def test_a_shorter_tree_is_refused_and_kept_as_evidence(
    engine: Engine, key: tuple[str, bytes], tmp_path: Path
) -> None:
    state = tmp_path / "state"
    cosign.sign(site(engine), VKEYS, key, state, NOW)
    before = state.read_text()
    shorter = SIGNER.sign(Head(SIGNER.origin, 2, bytes(32)))

    with pytest.raises(cosign.Refused, match="目录变短"):
        cosign.sign(lambda _: shorter, VKEYS, key, state, NOW)

    assert state.read_text() == before
    assert (tmp_path / "state.refused").read_text() == shorter


@pytest.mark.parametrize(("size", "word"), [(3, "根与上次签过的不同"), (4, "不是从上次签过的")])
def test_a_forked_tree_is_refused(
    engine: Engine, key: tuple[str, bytes], tmp_path: Path, size: int, word: str
) -> None:
    cosign.sign(site(engine), VKEYS, key, tmp_path / "state", NOW)
    grow(engine, CALF, minutes=4)
    stamp(engine, SIGNER, minutes=4)
    forked = SIGNER.sign(Head(SIGNER.origin, size, bytes(32)))
    honest = site(engine)

    with pytest.raises(cosign.Refused, match=word):
        cosign.sign(
            lambda address: forked if address == "/checkpoint" else honest(address),
            VKEYS,
            key,
            tmp_path / "state",
            NOW,
        )


def test_another_log_or_a_strangers_signature_is_refused(
    engine: Engine, key: tuple[str, bytes], tmp_path: Path
) -> None:
    cosign.sign(site(engine), VKEYS, key, tmp_path / "state", NOW)
    epoch = SIGNER.under("demo-test/chain/epoch-2")
    other = epoch.sign(Head(epoch.origin, 9, bytes(32)))

    with pytest.raises(cosign.Refused, match="来源由"):
        cosign.sign(lambda _: other, [epoch.verifier.vkey], key, tmp_path / "state", NOW)
    with pytest.raises(cosign.Refused, match="已知公钥"):
        cosign.sign(lambda _: other, VKEYS, key, tmp_path / "state", NOW)


def refused(engine: Engine, keepers: Keepers, written: str) -> str:
    with (
        reading(engine) as session,
        pytest.raises((RuleViolation, NotFound, Conflict)) as found,
    ):
        cosigning.accept(session, keepers.book, written, at=AT)
    return found.value.code


def test_the_platform_keeps_only_what_a_known_cosigner_signed(
    engine: Engine, keepers: Keepers, key: tuple[str, bytes], tmp_path: Path
) -> None:
    _, signed = cosign.sign(site(engine), VKEYS, key, tmp_path / "state", NOW)
    note = site(engine)("/checkpoint")
    stranger = cosign.cosigned(note, "stranger", bytes(32), NOW)
    ahead = cosign.cosigned(note, *key, NOW + 3600)
    unknown = SIGNER.sign(Head(SIGNER.origin, 99, bytes(32)))
    fork = SIGNER.sign(Head(SIGNER.origin, 3, bytes(32)))
    head, _, line = signed.rpartition(" ")
    broken = bytearray(verify.decode(line.strip()))
    broken[-1] ^= 1

    assert refused(engine, keepers, "?") == "cosignature.unreadable"
    assert refused(engine, keepers, signed + "x" * 20_000) == "cosignature.unreadable"
    assert refused(engine, keepers, stranger) == "cosignature.unknown_key"
    assert refused(engine, keepers, note) == "cosignature.unknown_key"
    assert refused(engine, keepers, ahead) == "cosignature.ahead"
    assert refused(engine, keepers, unknown) == "checkpoint.not_found"
    assert refused(engine, keepers, fork) == "cosignature.another_text"
    spoilt = f"{head} {notes.encode(bytes(broken))}\n"
    assert refused(engine, keepers, spoilt) == "cosignature.wrong_signature"
    assert list(cosigning.every(keepers.book)) == []


def test_a_changed_line_in_the_book_proves_nothing(
    engine: Engine, keepers: Keepers, key: tuple[str, bytes], tmp_path: Path
) -> None:
    _, signed = cosign.sign(site(engine), VKEYS, key, tmp_path / "state", NOW)
    with reading(engine) as session:
        cosigning.accept(session, keepers.book, signed, at=AT)
    path = keepers.book.signed.path

    path.write_text(path.read_text().replace("\\n3\\n", "\\n4\\n"))

    assert list(cosigning.every(keepers.book)) == []


def test_only_a_cosigners_key_may_be_listed(keepers: Keepers) -> None:
    with pytest.raises(BadNote):
        cosigning.add_cosigner(keepers.book, SIGNER.verifier.vkey)


def test_it_runs_alone_beside_the_verifier(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "office"
    folder.mkdir()
    for program in (cosign, verify):
        source = Path(str(program.__file__))
        (folder / source.name).write_bytes(source.read_bytes())
    (folder / "checkpoint").write_text(site(engine)("/checkpoint"), "utf-8")
    (folder / "vkeys.txt").write_text("\n".join(VKEYS))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "cosign.py", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )

    made = run("make-key", "nync.example/witness", "witness.key")
    given = ("--site", ".", "--keys", "vkeys.txt", "--key", "witness.key", "--state", "state")
    signed = run("sign", *given, "--out", "signed")
    (folder / "checkpoint").write_text(SIGNER.sign(Head(SIGNER.origin, 1, bytes(32))), "utf-8")
    shorter = run("sign", *given)

    assert (made.returncode, signed.returncode, shorter.returncode) == (0, 0, 1), signed
    assert (folder / "witness.key").stat().st_mode & 0o777 == 0o600
    assert "3 条" in signed.stdout
    assert "目录变短" in shorter.stdout
    assert run("make-key", "x", "witness.key").returncode == 1
    vkey = notes.parse_vkey(made.stdout.splitlines()[1])
    assert notes.signers(notes.parse_note((folder / "signed").read_text("utf-8")), [vkey]) == [vkey]
