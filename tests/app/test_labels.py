"""What is printed can be read: by two decoders, by people, and by us when it comes back."""

import io
import logging
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from app.factory import Platform
from app.labels import codes, keys, paper, printing
from app.labels.certificate import NOT_OFFICIAL, CertificateRecord, certificate_pdf
from app.labels.keys import LabelKeyRefused
from app.labels.links import (
    LINK_CHARS_MAX,
    LinkKind,
    code_of_ref,
    hex_of_code,
    open_seal,
    parse_link,
    plain_link,
    seal_of,
    short_link,
)
from app.labels.receipt import Receipt, ReceiptSize, Weighed, receipt_pdf
from app.labels.sheet import Label, sheet_pdf, single_pdf
from market.sales import agreeing
from market.sales.records import Sale
from tests.world import World
from traceability import instruments
from traceability.base.errors import Conflict
from traceability.base.refs import new_ref
from traceability.base.units import PriceUnit
from traceability.chain import events
from traceability.identifiers.short_codes import ALPHABET, new_public_code

KEY = b"k" * 32
HEAD = bytes(range(32))
CODE = "01ABCDEFGHJKMNPQ"
SITE = "https://suyuan.weining.gov.cn"
LINK = short_link(SITE, LinkKind.ANIMAL, CODE, head=HEAD, key=KEY)
AT = datetime(2026, 11, 21, 22, 12, 3, tzinfo=UTC)

needs_zbar = pytest.mark.skipif(not shutil.which("zbarimg"), reason="zbarimg is not installed")
needs_poppler = pytest.mark.skipif(not shutil.which("pdftoppm"), reason="poppler is not installed")


def receipt(**changes: object) -> Receipt:
    told = Receipt(
        code=CODE,
        market="小海牲畜交易市场",
        sold_at=AT,
        state="待付款",
        cancelled=False,
        seller="王大明",
        buyer="李记屠宰有限公司",
        operator="操作员赵",
        ear_tag="252052600012345",
        tag_check="67QAKRGB",
        breed="西门塔尔杂交牛",
        sex="公",
        weight_g=425_500,
        price_unit=PriceUnit.PER_JIN,
        price_fen=13_40,
        amount_fen=11_403_40,
        weighed=Weighed(
            serial_no="A9-2026-001",
            certificate_no="黔计检 2026-0117",
            valid_until=date(2027, 3, 1),
            at=AT,
            frames_sha256=HEAD,
        ),
        animal_link=LINK,
        receipt_link=LINK.replace("/t/", "/r/"),
    )
    return replace(told, **changes)  # type: ignore[arg-type]  # whatever a test changes


def record(**changes: object) -> CertificateRecord:
    told = CertificateRecord(
        number="DB-520526-2026-000123",
        official_number=None,
        form="动物B",
        purpose="交易",
        owner="王大明",
        origin="王大明家",
        destination="小海牲畜交易市场",
        plate="贵F12345",
        vet="官方兽医陈",
        issued_at=AT,
        valid_until=date(2026, 11, 22),
        revoked=False,
        ear_tags=("252052600012345", "252052600012346"),
        link=LINK.replace("/t/", "/c/"),
    )
    return replace(told, **changes)  # type: ignore[arg-type]  # whatever a test changes


def pages(pdf: bytes, folder: Path, *, dpi: int = 200) -> list[Image.Image]:
    (folder / "out.pdf").write_bytes(pdf)
    command = ["pdftoppm", "-r", str(dpi), "-png", "out.pdf", "page"]
    subprocess.run(command, cwd=folder, check=True)
    return [Image.open(path).convert("L") for path in sorted(folder.glob("page*.png"))]


def text_of(pdf: bytes) -> str:
    command = ["pdftotext", "-layout", "-", "-"]
    return subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()


def with_zxing(picture: Image.Image) -> set[str]:
    return {found.text for found in zxingcpp.read_barcodes(picture)}


def with_zbar(picture: Image.Image) -> set[str]:
    out = io.BytesIO()
    picture.save(out, "PNG")
    command = ["zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", "-"]
    done = subprocess.run(command, input=out.getvalue(), capture_output=True, check=True)
    return set(done.stdout.decode().split())


def cell(sheet: Image.Image, place: int) -> Image.Image:
    row, column = divmod(place, 3)
    width, height = sheet.width / 3, sheet.height / 8
    corner = (column * width, row * height, (column + 1) * width, (row + 1) * height)
    return sheet.crop(corner)


@given(
    kind=st.sampled_from(LinkKind),
    head=st.binary(min_size=32, max_size=32),
    key=st.binary(min_size=1, max_size=64),
)
def test_a_printed_link_tells_what_stood_in_the_chain_at_printing(
    kind: LinkKind, head: bytes, key: bytes
) -> None:
    code = new_public_code()

    link = short_link(SITE, kind, code, head=head, key=key)

    parsed = parse_link(link)
    assert len(link) <= LINK_CHARS_MAX
    assert parsed is not None
    assert (parsed.kind, parsed.code) == (kind, code)
    assert open_seal(parsed.seal or "", kind, code, key=key) == head[:8]


@pytest.mark.parametrize("place", range(26))
def test_a_seal_with_one_character_changed_is_recognised_as_invented(place: int) -> None:
    seal = seal_of(LinkKind.ANIMAL, CODE, head=HEAD, key=KEY)
    changed = [seal[:place] + char + seal[place + 1 :] for char in ALPHABET if char != seal[place]]

    opened = [open_seal(each, LinkKind.ANIMAL, CODE, key=KEY) for each in changed]

    assert opened == [None] * 31


def test_a_seal_belongs_to_one_code_one_kind_and_one_key() -> None:
    seal = seal_of(LinkKind.ANIMAL, CODE, head=HEAD, key=KEY)

    assert open_seal(seal, LinkKind.RECEIPT, CODE, key=KEY) is None
    assert open_seal(seal, LinkKind.ANIMAL, "0" * 16, key=KEY) is None
    assert open_seal(seal, LinkKind.ANIMAL, CODE, key=b"other") is None
    assert open_seal(seal[:-1], LinkKind.ANIMAL, CODE, key=KEY) is None
    assert open_seal("牛" * 26, LinkKind.ANIMAL, CODE, key=KEY) is None


def test_a_project_is_found_again_from_its_code() -> None:
    ref = new_ref("project")

    code = code_of_ref(ref)

    assert len(code) == 16
    assert ref.startswith(f"project:{hex_of_code(code)}")


def test_a_link_too_long_for_a_label_is_refused_before_it_is_printed() -> None:
    with pytest.raises(AssertionError, match="PUBLIC_URL"):
        short_link("https://" + "a" * 60, LinkKind.ANIMAL, CODE, head=HEAD, key=KEY)


@needs_zbar
@pytest.mark.parametrize(
    "link",
    [LINK, plain_link(SITE, LinkKind.CERTIFICATE, CODE), "http://192.168.1.7:8000/t/" + CODE],
)
def test_two_independent_readers_read_the_picture_of_a_code(link: str) -> None:
    picture = Image.open(io.BytesIO(codes.png(link, module_px=4))).convert("L")

    assert with_zxing(picture) == with_zbar(picture) == {link}


def test_the_drawing_of_a_code_shows_the_same_modules_as_its_picture() -> None:
    matrix = codes.modules(LINK)

    drawn = [[False] * len(matrix) for _ in matrix]
    for x, y, length in codes.runs(matrix):
        drawn[y][x : x + length] = [True] * length

    assert drawn == matrix
    assert codes.svg(LINK).count("v1h-") == len(list(codes.runs(matrix)))


def test_a_longer_link_gets_a_larger_code_and_a_short_one_the_usual() -> None:
    assert len(codes.modules("https://a.cn/t/" + CODE)) == len(codes.modules(LINK)) == 45
    assert len(codes.modules("x" * 90)) > 45


@needs_zbar
@needs_poppler
@pytest.mark.parametrize("size", ReceiptSize)
def test_both_codes_of_a_receipt_are_read_from_paper(size: ReceiptSize, tmp_path: Path) -> None:
    pdf = receipt_pdf(receipt(), size)

    (page,) = pages(pdf, tmp_path)

    links = {LINK, LINK.replace("/t/", "/r/")}
    assert with_zxing(page) == with_zbar(page) == links


@needs_poppler
def test_a_receipt_says_what_was_agreed_in_the_words_of_the_market() -> None:
    text = text_of(receipt_pdf(receipt()))

    for said in (
        "小海牲畜交易市场",
        "王大明",
        "李记屠宰有限公司",
        "2 520526 00012345",
        "425.5 公斤（851.0 斤）",
        "13.40 元/斤（合 26.80 元/公斤）",
        "¥11,403.40",
        "壹万壹仟肆佰零叁元肆角整",
        "A9-2026-001",
        "0001020304050607",
        "操作员赵",
    ):
        assert said in text
    assert "撤销" not in text


@needs_poppler
def test_the_receipt_of_a_cancelled_sale_says_so_on_top() -> None:
    text = text_of(receipt_pdf(receipt(cancelled=True, state="已撤销")))

    assert "本笔成交已撤销，凭证无效" in text


@needs_poppler
def test_a_price_a_head_is_given_per_kilogram_as_well() -> None:
    told = receipt(price_unit=PriceUnit.PER_HEAD, price_fen=11_000_00, amount_fen=11_000_00)

    assert told.price_words == "11,000.00 元/头（约合 25.85 元/公斤）"


@needs_zbar
@needs_poppler
def test_a_certificate_record_never_poses_as_the_official_form(tmp_path: Path) -> None:
    pdf = certificate_pdf(record())

    (page,) = pages(pdf, tmp_path)
    text = text_of(pdf)
    assert NOT_OFFICIAL == "平台检疫记录，非官方证明"
    assert text.count(NOT_OFFICIAL) == 2
    assert "动物检疫合格证明" not in text
    assert "贰头（2）" in text
    assert with_zxing(page) == with_zbar(page) == {LINK.replace("/t/", "/c/")}


@needs_poppler
def test_a_certificate_of_five_hundred_animals_names_each_of_them() -> None:
    tags = tuple(f"2520526{serial:08d}" for serial in range(500))

    text = text_of(certificate_pdf(record(ear_tags=tags, revoked=True)))

    assert all(f"2 520526 {tag[7:]}" in text for tag in tags)
    assert "这份证明已经作废" in text


@needs_zbar
@needs_poppler
def test_every_label_of_two_sheets_is_read_by_two_readers(tmp_path: Path) -> None:
    links = [
        short_link(SITE, LinkKind.ANIMAL, new_public_code(), head=HEAD, key=KEY) for _ in range(30)
    ]
    labels = [Label("252052600012345", "67QAKRGB", link, "西门塔尔杂交牛 · 公") for link in links]

    sheets = pages(sheet_pdf(labels), tmp_path, dpi=150)

    assert len(sheets) == 2
    for place, link in enumerate(links):  # people scan one label at a time
        one = cell(sheets[place // 24], place % 24)
        assert with_zxing(one) == with_zbar(one) == {link}


@needs_zbar
@needs_poppler
def test_a_single_label_is_sixty_by_forty_millimetres(tmp_path: Path) -> None:
    pdf = single_pdf([Label("252052600012345", "67QAKRGB", LINK, "威宁黄牛 · 母")])

    (page,) = pages(pdf, tmp_path, dpi=254)
    text = text_of(pdf)
    assert page.size == (600, 400)
    assert with_zxing(page) == with_zbar(page) == {LINK}
    assert "67QA-KRGB" in text
    assert "00012345" in text


@needs_zbar
@needs_poppler
@pytest.mark.parametrize("harm", ["none", "torn", "dirty", "faint"])
def test_a_label_printed_at_203_dpi_is_read_even_torn_dirty_or_faint(
    harm: str, tmp_path: Path
) -> None:
    links = [short_link(SITE, kind, new_public_code(), head=HEAD, key=KEY) for kind in LinkKind]
    labels = [Label("252052600012345", "67QAKRGB", link, "威宁黄牛 · 母") for link in links]

    printed = pages(single_pdf(labels), tmp_path, dpi=203)

    for page, link in zip(printed, links, strict=True):
        harmed = HARMS[harm](page.point(lambda grey: 255 if grey > 127 else 0))
        assert with_zxing(harmed) == with_zbar(harmed) == {link}


def torn(label: Image.Image) -> Image.Image:
    """The lower right corner, where no finder pattern stands, is gone."""
    width, height = label.size
    left, top = int(width * 0.86), int(height * 0.78)
    label.paste(200, (left, top, width, height))
    return label


def dirty(label: Image.Image) -> Image.Image:
    """Splashes of mud across the whole label, each over a module or two."""
    random = Random(7)
    pen = ImageDraw.Draw(label)
    for _ in range(20):
        x, y = random.randrange(label.width), random.randrange(label.height)
        pen.ellipse((x, y, x + 7, y + 7), fill=60)
    return label


def faint(label: Image.Image) -> Image.Image:
    """A worn-out ribbon and a shaking hand."""
    grey = label.point(lambda tone: 120 + tone // 3)
    return grey.filter(ImageFilter.GaussianBlur(1.2))


HARMS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "none": lambda label: label,
    "torn": torn,
    "dirty": dirty,
    "faint": faint,
}


@needs_poppler
def test_a_character_the_font_lacks_is_marked_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "app.labels.paper"):
        text = text_of(receipt_pdf(receipt(seller="王大明𪚥")))

    assert "王大明〓" in text
    assert "U+2A6A5" in caplog.text
    assert "王大明" not in caplog.text


def test_markup_in_a_name_is_printed_as_it_was_typed() -> None:
    assert paper.words("<b>李&</b>", 9).getPlainText() == "<b>李&</b>"


def test_a_label_key_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "label.key"
    with pytest.raises(LabelKeyRefused, match="不存在"):
        keys.load(path)
    path.write_bytes(b"short")
    path.chmod(0o600)
    with pytest.raises(LabelKeyRefused, match="太短"):
        keys.load(path)
    path.write_bytes(b"k" * 32)
    path.chmod(0o644)
    with pytest.raises(LabelKeyRefused, match="chmod 600"):
        keys.load(path)
    path.chmod(0o600)
    assert keys.load(path) == b"k" * 32


def sold(world: World) -> Sale:
    animal = world.at_market(world.animal())
    scale = world.scale()
    return agreeing.agree(
        world.session,
        animal,
        market=world.market,
        buyer=world.buyer,
        price_unit=PriceUnit.PER_JIN,
        price_fen=13_40,
        scale=scale,
        client_key="desk-1-0001",
        at=world.at,
        by=world.operator,
    )


def test_what_is_printed_of_a_sale_is_what_the_records_say(world: World, app: Platform) -> None:
    sale = sold(world)
    scale = instruments.by_device(world.session, "xh-scale-01")
    weighing = world.weighed(sale.animal, scale)
    agreeing.weigh(world.session, sale, weighing, at=world.at, by=world.operator)

    with app.app_context():
        told = printing.receipt_of(world.session, sale)

    assert (told.seller, told.buyer, told.operator) == ("王大明", "李记屠宰有限公司", "操作员赵")
    assert told.amount_fen == sale.amount_fen
    assert told.weighed is not None
    assert told.weighed.frames_sha256 == weighing.frames_sha256
    _seq, head = events.head(world.session, sale.animal.ref)
    parsed = parse_link(told.animal_link)
    assert parsed is not None
    with app.app_context():
        printed = open_seal(parsed.seal or "", parsed.kind, parsed.code, key=printing.label_key())
    assert printed == (head or b"")[:8]


def test_a_sale_that_was_not_weighed_has_no_receipt(world: World, app: Platform) -> None:
    sale = sold(world)

    with app.app_context(), pytest.raises(Conflict) as refusal:
        printing.receipt_of(world.session, sale)

    assert refusal.value.code == "receipt.not_weighed"


def test_the_receipt_of_a_cancelled_sale_shows_no_scale(world: World, app: Platform) -> None:
    sale = sold(world)
    weighing = world.weighed(sale.animal, instruments.by_device(world.session, "xh-scale-01"))
    agreeing.weigh(world.session, sale, weighing, at=world.at, by=world.operator)
    agreeing.cancel(world.session, sale, reason="按错", at=world.at, by=world.operator)

    with app.app_context():
        told = printing.receipt_of(world.session, sale)

    assert told.cancelled
    assert told.weighed is None
    assert "秤编号" not in dict(told.rows)


def test_certificate_and_labels_are_printed_from_their_records(world: World, app: Platform) -> None:
    herd = [world.animal(), world.animal()]
    certificate = world.certified(*herd)

    with app.app_context():
        told = printing.certificate_record_of(world.session, certificate)
        labels = printing.labels_of(world.session, herd)
        drawn = printing.qr_svg(printing.project_link(world.session, herd[0].ref))
        page = printing.page_link(LinkKind.ANIMAL, herd[0].short_code)

    assert told.ear_tags == tuple(animal.ear_tag for animal in herd)
    assert (told.form, told.purpose, told.revoked) == ("动物B", "交易", False)
    assert [label.ear_tag for label in labels] == [animal.ear_tag for animal in herd]
    assert labels[0].tag_check != labels[1].tag_check
    assert drawn.startswith("<svg")
    assert page.endswith(f"/t/{herd[0].short_code}")
