"""What weighing indicators send, frame by frame."""

import json

import pytest

from devices.drivers.formats import FORMATS, one_frame
from devices.drivers.frames import Profile, in_profile

SHORT = "022b3020303034323535303030303030 0d".replace(" ", "")


def icar(*, units: str | None = "KGM", **told: object) -> str:
    """A weight event of ICAR ADE, in hexadecimal."""
    return json.dumps({"weight": {"units": units, **told}}).encode().hex()


@pytest.mark.parametrize(
    ("name", "frame", "weight_g", "stable"),
    [
        ("yaohua-0", "022b30303432353531314303", 425_500, None),
        ("yaohua-0", "022d30303031323030314503", -120_000, None),
        ("yaohua-0", "022b30303135363030313903", 1_560_000, None),
        ("yaohua-1", b"=05.5240".hex(), 425_500, None),
        ("yaohua-1", b"=5.5240-".hex(), -425_500, None),
        ("yaohua-1", b"=5240000".hex(), 425_000, None),
        ("yaohua-a12e", b"WG004.139kg3D\r\n".hex(), 4_139, None),
        ("yaohua-a12e", b"wn0003.17kg\r\n".hex(), 3_170, None),
        ("yaohua-a12e", b"wn-003.17kg\r\n".hex(), -3_170, None),
        ("toledo", "022b30203030343235353030303030300d26", 425_500, True),
        ("toledo", "022b30203030343235353030303030300d", 425_500, True),
        ("toledo", "022b38203030343235353030303030300d1e", 425_500, False),
        ("toledo", "022b30202020343235352020202020300d16", 425_500, True),
        ("mt-sics", b"S S     425.50 kg\r\n".hex(), 425_500, True),
        ("mt-sics", b"S D     425.50 kg\r\n".hex(), 425_500, False),
        ("and", b"ST,GS,+00679.4kg\r\n".hex(), 679_400, True),
        ("and", b"US,NT,+00679.4kg\r\n".hex(), 679_400, False),
        ("and", b"ST,G ,+  679.4kg\r\n".hex(), 679_400, True),
        ("and", b"ST,NT,+00679,4kg\r\n".hex(), 679_400, True),
        ("and", b"HD,GS,+00679.4kg\r\n".hex(), 679_400, False),
        ("cas", b"ST,GS,1\xc4,000425.5 kg\r\n".hex(), 425_500, True),
        ("cas", b"ST,NT,\x0d\xc4,   425.5 kg\r\n".hex(), 425_500, True),
        ("cas", b"US,GS,1\x84,000425.5 kg\r\n".hex(), 425_500, False),
        ("cas", b"ST,GS,1\x84,000425.5 kg\r\n".hex(), 425_500, False),
        ("cas", b"ST,GS,1\xc4,-00012.5 kg\r\n".hex(), -12_500, True),
        ("yaohua-command", "0241422b30303432353531314603", 425_500, None),
        ("tru-test-rw", b"[425.5]".hex(), 425_500, True),
        ("tru-test-rw", b"[U425.5]".hex(), 425_500, False),
        ("digi-star", b",425.5,KG,$,GR,03/09/04,08:58,j\r\n".hex(), 425_500, None),
        ("icar-json", icar(measurement=425.5, method="LoadCell"), 425_500, None),
        ("icar-json", icar(measurement=425, units=None), 425_000, None),
    ],
)
def test_a_whole_frame_is_a_weight(
    name: str, frame: str, weight_g: int, stable: bool | None
) -> None:
    read = one_frame(name, bytes.fromhex(frame))

    assert (read.weight_g, read.stable, read.error) == (weight_g, stable, None)


@pytest.mark.parametrize(
    ("name", "frame", "error"),
    [
        ("yaohua-0", "022b30303432353531314203", "checksum"),
        ("yaohua-0", "022b30303432353531314204", "cut"),
        ("yaohua-0", "022b303034323535", "cut"),
        ("yaohua-0", "022b3030343235351131430303", "malformed"),
        ("yaohua-1", b"=05.52".hex(), "cut"),
        ("yaohua-1", b"=0x.5240".hex(), "malformed"),
        ("yaohua-a12e", b"WG004.139kg3C\r\n".hex(), "checksum"),
        ("yaohua-a12e", b"wn     OLkg\r\n".hex(), "over_range"),
        ("yaohua-a12e", b"wn     LOkg\r\n".hex(), "under_range"),
        ("yaohua-a12e", b"wn0003.17lb\r\n".hex(), "not_kg"),
        ("yaohua-a12e", b"wt0003.17kg\r\n".hex(), "malformed"),
        ("toledo", "022b30203030343235353030303030300d27", "checksum"),
        ("toledo", "022b20203030343235353030303030300d36", "not_kg"),
        ("toledo", "022b34203030343235353030303030300d22", "over_range"),
        ("toledo", "022b70203030343235353030303030300d66", "power_up"),
        ("toledo", "022e30203030343235353030303030300d", "sub_gram"),
        ("toledo", "022b302030302d3235353030303030300d", "malformed"),
        ("toledo", "022f30203030343235353030303030300d", "malformed"),
        ("mt-sics", b"S I\r\n".hex(), "no_weight"),
        ("mt-sics", b"S +\r\n".hex(), "over_range"),
        ("mt-sics", b"S -\r\n".hex(), "under_range"),
        ("mt-sics", b"S S     425.50 lb\r\n".hex(), "not_kg"),
        ("mt-sics", b"ES\r\n".hex(), "malformed"),
        ("and", b"OL,GS,+9999999kg\r\n".hex(), "over_range"),
        ("and", b"ST,GS,+00679.4lb\r\n".hex(), "not_kg"),
        ("and", b"T,GS,+00679.4kg\r\n".hex(), "malformed"),
        ("and", b"ST,GS,+0679.4kg\r\n".hex(), "malformed"),
        ("and", b"LO,GS,        kg\r\n".hex(), "under_range"),
        ("and", b"ST,TR,+00012.0kg\r\n".hex(), "tare"),
        ("and", b"ST,GS,+000.6794t\r\n".hex(), "not_kg"),
        ("mt-sics", b"S S    425.50 kg\r\n".hex(), "malformed"),
        ("cas", b"OL,GS,1\x84,         kg\r\n".hex(), "over_range"),
        ("cas", b"ST,GS,1\xc4,000425.5 lb\r\n".hex(), "not_kg"),
        ("cas", b"ST,GS,1\xc4,000425.5  t\r\n".hex(), "not_kg"),
        ("cas", b"ST,GS,1\xc4,0004x5.5 kg\r\n".hex(), "malformed"),
        ("cas", b"ST,GS,1\xc4,00425.5 kg\r\n".hex(), "cut"),
        ("yaohua-command", "0241433b30303432353531304503", "malformed"),
        ("yaohua-command", "0241432b30303030303030313903", "tare"),
        ("yaohua-command", "0241422b30303432353531313803", "checksum"),
        ("yaohua-command", "024142303303", "cut"),
        ("tru-test-rw", b"25.5]".hex(), "cut"),
        ("tru-test-rw", b"[X]".hex(), "malformed"),
        ("digi-star", b",860,LB,$,GR,03/09/04,08:58,j\r\n".hex(), "not_kg"),
        ("digi-star", b"60,KG,$,GR,03/09/04,08:58,j\r\n".hex(), "malformed"),
        ("icar-json", icar(measurement=425.5, units="LBR"), "not_kg"),
        ("icar-json", icar(measurement=425.5, method="Girth"), "not_weighed"),
        ("icar-json", icar(measurement=1e308), "malformed"),
        ("icar-json", icar(measurement="425.5"), "malformed"),
        ("icar-json", icar(measurement=425.5, method=["LoadCell"]), "not_weighed"),
        ("icar-json", icar(measurement=0.0001), "sub_gram"),
        ("icar-json", icar(), "malformed"),
        ("icar-json", icar(measurement=425.5)[:-2], "cut"),
        ("icar-json", b'{"weight":425}'.hex(), "malformed"),
        ("icar-json", b'{"weight":{"measurement":4,\n{"weight":1}'.hex(), "malformed"),
    ],
)
def test_what_is_no_weight_says_why(name: str, frame: str, error: str) -> None:
    read = one_frame(name, bytes.fromhex(frame))

    assert (read.weight_g, read.error) == (None, error)


def test_dummy_zeros_of_toledo_are_counted() -> None:
    tens = one_frame("toledo", bytes.fromhex(SHORT.replace("022b", "0229")))

    assert tens.weight_g == 42_550_000


@pytest.mark.parametrize(
    ("name", "frame", "error"),
    [
        ("toledo", "022b38203030343235353030303030300d1e", "not_stable"),
        ("tru-test-rw", b"[U425.5]".hex(), "not_stable"),
        ("yaohua-0", "022d30303031323030314503", "negative"),
    ],
)
def test_a_moving_or_negative_frame_is_shown_but_not_traded_on(
    name: str, frame: str, error: str
) -> None:
    read = one_frame(name, bytes.fromhex(frame))

    assert in_profile(read, Profile.DISPLAY).weight_g is not None
    assert in_profile(read, Profile.TRADE).weight_g is None
    assert in_profile(read, Profile.TRADE).error == error


def test_a_stream_with_checksums_never_yields_a_frame_without_one() -> None:
    checked = bytes.fromhex(SHORT + "26")
    toledo = FORMATS["toledo"].decoder()

    frames = toledo.feed(checked + checked[:-1]) + toledo.close()

    assert [frame.weight_g for frame in frames] == [425_500]


def test_a_stream_without_checksums_yields_each_frame_at_its_last_byte() -> None:
    plain = bytes.fromhex(SHORT)
    toledo = FORMATS["toledo"].decoder()

    assert toledo.feed(plain) == []
    assert len(toledo.feed(plain)) == 2
    assert len(toledo.feed(plain)) == 1


def test_a_lost_checksum_at_the_start_does_not_switch_checking_off() -> None:
    checked = bytes.fromhex(SHORT + "26")
    toledo = FORMATS["toledo"].decoder()

    frames = toledo.feed(checked[:-1] + checked + checked + checked[:-1] + b"\x27")

    assert frames[-1].error == "checksum"


def test_every_format_names_the_document_it_rests_on() -> None:
    assert all(known.document and known.label for known in FORMATS.values())
    assert {known.kind for known in FORMATS.values()} == {"tag", "weight"}
