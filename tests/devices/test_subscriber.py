"""Readings off the wire: whole however they are cut, nothing from what is not MQTT."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import subscriber as subscriber_module
from devices.credentials import Account
from devices.subscriber import Line, LineError, Publish, Subscriber, packet
from tests.devices.shipped_mosquitto import Mosquitto, certify, needs_mosquitto
from tests.devices.yard import SCALE, SERVER, Edge, empty_database, install, wait_until

LINE = Line(
    url="mqtt://127.0.0.1:1", client_id="c", name="n", password="p", topic_filter="wn/+/up/reading"
)
TOPIC = b"wn/crate-1/up/reading"
CONNECTED, GRANTED, DENIED = b"\x20\x02\x00\x00", b"\x90\x03\x00\x01\x01", b"\x90\x03\x00\x01\x80"


def published(number: int, payload: bytes, *, retain: bool = False) -> bytes:
    head = (0x32 if number else 0x30) | retain
    told = struct.pack(">H", number) if number else b""
    return packet(head, struct.pack(">H", len(TOPIC)) + TOPIC + told + payload)


def cut(*chunks: bytes) -> list[Publish]:
    """What a subscriber finds in these reads of its socket."""
    subscriber = Subscriber(LINE, lambda _found: None)
    rest, found = subscriber._cut(CONNECTED)
    for chunk in chunks:
        rest, more = subscriber._cut(rest + chunk)
        found += more
    assert rest == b""
    return found


@given(
    payloads=st.lists(st.binary(max_size=300), min_size=1, max_size=6),
    where=st.lists(st.integers(0, 1_500), max_size=6),
)
def test_messages_are_the_same_however_the_stream_is_cut(
    payloads: list[bytes], where: list[int]
) -> None:
    stream = b"".join(published(number, each) for number, each in enumerate(payloads, start=1))
    cuts = sorted({0, len(stream), *(each for each in where if each < len(stream))})
    chunks = [stream[begin:end] for begin, end in pairwise(cuts)]

    found = cut(*chunks)

    assert [(each.number, each.payload) for each in found] == [*enumerate(payloads, start=1)]
    assert {each.topic for each in found} == {TOPIC}


def test_a_retained_message_and_one_that_wants_no_answer_say_so() -> None:
    kept, quiet = cut(published(5, b"x", retain=True), published(0, b"y"))

    assert (kept.retain, kept.number, kept.payload) == (True, 5, b"x")
    assert (quiet.retain, quiet.number, quiet.payload) == (False, 0, b"y")


@pytest.mark.parametrize(
    "stream", [b"\x32\xff\xff\xff\xff\xff", b"\x32\xff\xff\xff\x7f", b"\x32\x04\x00\xff\x00\x01"]
)
def test_what_is_no_packet_ends_the_line(stream: bytes) -> None:
    with pytest.raises(LineError):
        cut(stream)


@contextmanager
def answering(*answers: bytes, reads_on: bool = True) -> Iterator[tuple[int, list[bytes]]]:
    """A server that gives each connection these bytes, one after each it hears."""
    server, heard = socket.create_server(("127.0.0.1", 0)), []
    kept: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                line, _ = server.accept()
            except OSError:
                return
            for answer in answers:
                heard.append(line.recv(65_536))
                line.sendall(answer)
            if reads_on:
                heard.append(line.recv(65_536))
                line.close()
            else:
                kept.append(line)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1], heard
    finally:
        server.close()
        for line in kept:
            line.close()


def test_many_messages_are_acknowledged_at_once_and_old_connections_not_at_all() -> None:
    found: list[Publish] = []
    sent = published(1, b"a") + published(2, b"b") + published(3, b"c")
    with answering(CONNECTED, GRANTED + sent) as (port, heard):
        subscriber = Subscriber(replace(LINE, url=f"mqtt://127.0.0.1:{port}"), found.extend)
        subscriber.start()
        wait_until(lambda: len(found) == 3)
        assert subscriber.subscribed.is_set()

        subscriber.acknowledge([(1, 1), (2, 1), (3, 0), (0, 1)])

        wait_until(lambda: len(heard) >= 3)
        subscriber.stop()
    assert heard[2] == b"\x40\x02\x00\x01\x40\x02\x00\x02"


@pytest.mark.parametrize(
    "answers", [(b"\x20\x02\x00\x05",), (CONNECTED, DENIED), (b"HTTP/1.1 400",)]
)
def test_a_broker_that_refuses_is_asked_again_and_nothing_counts_as_subscribed(
    answers: tuple[bytes, ...],
) -> None:
    with answering(*answers) as (port, heard):
        subscriber = Subscriber(replace(LINE, url=f"mqtt://127.0.0.1:{port}"), lambda _found: None)
        subscriber.start()

        wait_until(lambda: sum(each[:1] == b"\x10" for each in heard) >= 2)
        assert not subscriber.subscribed.is_set()
        subscriber.stop()


def test_a_broker_that_falls_silent_is_left_and_sought_again() -> None:
    with answering(CONNECTED, GRANTED) as (port, heard):
        line = replace(LINE, url=f"mqtt://127.0.0.1:{port}", keep_alive_seconds=1)
        subscriber = Subscriber(line, lambda _found: None)
        subscriber.start()

        wait_until(lambda: sum(each[:1] == b"\x10" for each in heard) >= 2)
        subscriber.stop()
    assert b"\xc0\x00" in heard


def test_a_line_that_took_half_an_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriber_module, "WRITE_SECONDS", 0.2)
    with answering(CONNECTED, GRANTED, reads_on=False) as (port, heard):
        subscriber = Subscriber(replace(LINE, url=f"mqtt://127.0.0.1:{port}"), lambda _found: None)
        subscriber.start()
        wait_until(subscriber.subscribed.is_set)

        subscriber.acknowledge([(1, 1)] * 5_000_000)  # more than any buffer takes

        wait_until(lambda: sum(each[:1] == b"\x10" for each in heard) >= 2)
        subscriber.stop()


@needs_mosquitto
@pytest.mark.mosquitto
def test_it_reads_over_tls_from_the_right_broker_only(tmp_path: Path) -> None:
    engine = empty_database(f"sqlite:///{tmp_path}/yard.sqlite")
    (word,) = install(engine, SCALE)
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    found: list[Publish] = []
    with Mosquitto(engine, tmp_path) as mosquitto:
        line = replace(
            LINE,
            url=f"mqtts://localhost:{mosquitto.tls_port}",
            name=SERVER.name,
            password=SERVER.password,
            ca_file=str(mosquitto.ca_file),
        )
        right = Subscriber(line, found.extend)
        wrong = Subscriber(replace(line, ca_file=str(certify(stranger))), found.extend)
        right.start()
        wrong.start()
        wait_until(right.subscribed.is_set)
        account = Account(SCALE.code, word)
        with Edge(mosquitto.tls_port, account, ca_file=mosquitto.ca_file) as edge:
            edge.publish(TOPIC.decode(), b"own")
            wait_until(lambda: bool(found))
        assert not wrong.subscribed.is_set()
        right.stop()
        wrong.stop()
    assert [(each.topic, each.payload) for each in found] == [(TOPIC, b"own")]
