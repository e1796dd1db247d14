"""数字与日期 · how figures are shown to people; the only place that makes text of grams and fen.

Every filter is a pure function of plain values and shows a missing value as a dash.
"""

from collections.abc import Callable
from datetime import date, datetime
from urllib.parse import urlencode

from flask import Flask, request
from werkzeug.datastructures import MultiDict
from werkzeug.urls import iri_to_uri

from traceability.base.clock import CHINA, legal_day, utc
from traceability.base.units import FEN_PER_YUAN, G_PER_JIN, G_PER_KG

MISSING = "—"
EAR_TAG_DIGITS = 15
SECONDS_PER_HOUR = 3600
SECONDS_PER_MINUTE = 60
BYTES_STEP = 1024
PERMILLE_PER_PERCENT = 10


def _fixed(value: int, scale: int, places: int) -> str:
    """An integer over its scale, rounded half up to so many places, with thousands commas."""
    sign, value = ("-", -value) if value < 0 else ("", value)
    steps = (value * 10**places * 2 + scale) // (2 * scale)
    whole, rest = divmod(steps, 10**places)
    return f"{sign}{whole:,}" + (f".{rest:0{places}d}" if places else "")


def number(value: int | None, places: int = 0) -> str:
    """A count with thousands commas; `places` says how many of its digits are decimals.

    >>> number(1234567), number(26_80, 2), number(None)
    ('1,234,567', '26.80', '—')
    """
    return MISSING if value is None else _fixed(value, 10**places, places)


def kg_number(weight_g: int | None) -> str:
    """Grams as kilograms without the unit, for a column whose header names it.

    >>> kg_number(425_500), kg_number(1_250_049)
    ('425.5', '1,250.0')
    """
    return MISSING if weight_g is None else _fixed(weight_g, G_PER_KG, 1)


def kg(weight_g: int | None) -> str:
    """Grams as kilograms.

    >>> kg(425_500), kg(None)
    ('425.5 公斤', '—')
    """
    return MISSING if weight_g is None else f"{kg_number(weight_g)} 公斤"


def jin(weight_g: int | None) -> str:
    """Grams as 斤, the unit farmers think in.

    >>> jin(425_500), jin(250)
    ('851.0 斤', '0.5 斤')
    """
    return MISSING if weight_g is None else f"{_fixed(weight_g, G_PER_JIN, 1)} 斤"


def yuan_number(amount_fen: int | None) -> str:
    """Fen as yuan without the sign, for a column whose header names it.

    >>> yuan_number(1140340)
    '11,403.40'
    """
    return MISSING if amount_fen is None else _fixed(amount_fen, FEN_PER_YUAN, 2)


def yuan(amount_fen: int | None) -> str:
    """Fen as yuan.

    >>> yuan(1140340), yuan(-50), yuan(None)
    ('¥11,403.40', '-¥0.50', '—')
    """
    if amount_fen is None:
        return MISSING
    sign = "-" if amount_fen < 0 else ""
    return f"{sign}¥{yuan_number(abs(amount_fen))}"


def price_per_kg(price_fen: int | None) -> str:
    """A price per kilogram with the price per 斤 beside it.

    >>> price_per_kg(26_80)
    '26.80 元/公斤 (13.40 元/斤)'
    >>> price_per_kg(26_85)
    '26.85 元/公斤 (13.425 元/斤)'
    """
    if price_fen is None:
        return MISSING
    half = _fixed(price_fen, FEN_PER_YUAN * 2, 3)
    return f"{yuan_number(price_fen)} 元/公斤 ({half.removesuffix('0')} 元/斤)"


def cn_date(day: date | datetime | str | None) -> str:
    """A legal day in full; an instant gives its day in China, text is an ISO date.

    >>> cn_date(date(2026, 11, 22)), cn_date("2026-03-01"), cn_date(None)
    ('2026年11月22日', '2026年3月1日', '—')
    """
    if day is None or day == "":
        return MISSING
    if isinstance(day, str):
        day = date.fromisoformat(day)
    elif isinstance(day, datetime):
        day = legal_day(day)
    return f"{day.year}年{day.month}月{day.day}日"


def cn_month(day: date | None) -> str:
    """Year and month, for a birth on a public page.

    >>> cn_month(date(2025, 5, 3))
    '2025年5月'
    """
    return MISSING if day is None else f"{day.year}年{day.month}月"


def cn_time(at: datetime | None) -> str:
    """The time of day in China.

    >>> from datetime import UTC
    >>> cn_time(datetime(2026, 11, 21, 22, 12, 3, tzinfo=UTC))
    '06:12'
    """
    return MISSING if at is None else f"{utc(at).astimezone(CHINA):%H:%M}"


def cn_datetime(at: datetime | None) -> str:
    """An instant as the clock on the wall in Weining shows it.

    >>> from datetime import UTC
    >>> cn_datetime(datetime(2026, 11, 21, 22, 12, tzinfo=UTC)), cn_datetime(None)
    ('2026年11月22日 06:12', '—')
    """
    return MISSING if at is None else f"{cn_date(at)} {cn_time(at)}"


def iso(at: datetime | date | None) -> str:
    """The machine's form, for the `datetime` attribute of `<time>`.

    >>> iso(date(2026, 11, 22)), iso(None)
    ('2026-11-22', '')
    """
    return "" if at is None else at.isoformat()


def days_left(last_day: date | None, today: date) -> str:
    """How long something still holds; its last day still counts.

    >>> [days_left(date(2026, 11, day), date(2026, 11, 22)) for day in (25, 23, 22, 20)]
    ['3 天后到期', '明天到期', '今天到期', '已过期 2 天']
    """
    if last_day is None:
        return MISSING
    match (last_day - today).days:
        case 0:
            return "今天到期"
        case 1:
            return "明天到期"
        case days if days > 0:
            return f"{days} 天后到期"
        case days:
            return f"已过期 {-days} 天"


def time_left(until: datetime | None, now: datetime) -> str:
    """How long until an instant, in the largest unit that still says enough.

    >>> from datetime import UTC, timedelta
    >>> now = datetime(2026, 11, 22, 6, tzinfo=UTC)
    >>> spans = [timedelta(minutes=20), timedelta(hours=3, minutes=50), timedelta(days=2, hours=1)]
    >>> [time_left(now + span, now) for span in [*spans, timedelta(seconds=-1)]]
    ['20 分钟后到期', '3 小时后到期', '2 天后到期', '已过期']
    """
    if until is None:
        return MISSING
    seconds = int((until - now).total_seconds())
    hours = seconds // SECONDS_PER_HOUR
    if seconds <= 0:
        return "已过期"
    if hours >= 48:  # noqa: PLR2004 - two days: below that, hours still matter at a market
        return f"{hours // 24} 天后到期"
    if hours:
        return f"{hours} 小时后到期"
    return f"{max(1, seconds // SECONDS_PER_MINUTE)} 分钟后到期"


def tag_parts(ear_tag: str | None) -> tuple[str, ...]:
    """The printed groups of an ear tag: species, county, serial; another number stays whole.

    >>> tag_parts("252052600012345"), tag_parts("9001"), tag_parts(None)
    (('2', '520526', '00012345'), ('9001',), ())
    """
    text = "".join(str(ear_tag or "").split())
    if len(text) == EAR_TAG_DIGITS and text.isdigit():
        return text[0], text[1:7], text[7:]
    return (text,) if text else ()


def tag(ear_tag: str | None) -> str:
    """An ear tag as it is printed.

    >>> tag("252052600012345"), tag(None)
    ('2 520526 00012345', '—')
    """
    return " ".join(tag_parts(ear_tag)) or MISSING


def permille(value: int | None) -> str:
    """A share in permille as a percentage.

    >>> permille(540), permille(1000), permille(123)
    ('54%', '100%', '12.3%')
    """
    if value is None:
        return MISSING
    return f"{_fixed(value, PERMILLE_PER_PERCENT, 1).removesuffix('.0')}%"


def size(length: int | None) -> str:
    """A file's length.

    >>> size(900), size(300_000), size(5 * 1024 * 1024)
    ('900 B', '293 KB', '5.0 MB')
    """
    if length is None:
        return MISSING
    if length < BYTES_STEP:
        return f"{length} B"
    if length < BYTES_STEP**2:
        return f"{_fixed(length, BYTES_STEP, 0)} KB"
    return f"{_fixed(length, BYTES_STEP**2, 1)} MB"


def mask_phone(phone: str | None) -> str | None:
    """A telephone number of which only its owner is told the middle.

    >>> mask_phone("13800138000"), mask_phone(None)
    ('138****8000', None)
    """
    return f"{phone[:3]}****{phone[-4:]}" if phone else None


def shown_phone(phone: str | None) -> str:
    """A telephone number on a page that anybody of the trade may see.

    >>> shown_phone("13800138000"), shown_phone(None)
    ('138****8000', '—')
    """
    return mask_phone(phone) or MISSING


def mask_name(name: str | None) -> str:
    """A person's name with only the surname, where the whole is not everybody's business.

    >>> mask_name("王小明"), mask_name("张三"), mask_name(None)
    ('王××', '张×', '—')
    """
    return name[0] + "×" * (len(name) - 1) if name else MISSING


def short_digest(digest: bytes | str | None) -> str:
    """The first eight hex digits of a digest: enough to compare by eye.

    >>> short_digest(bytes.fromhex("ab12cd34ef"))
    'ab12cd34'
    """
    if digest is None:
        return MISSING
    return (digest.hex() if isinstance(digest, bytes) else digest)[:8]


def with_query(path: str, query: MultiDict[str, str], **changes: str | int | None) -> str:
    """The same address with some of its query changed; None takes a name out.

    >>> with_query("/animals", MultiDict([("q", "威宁"), ("page", "2")]), page=3)
    '/animals?q=%E5%A8%81%E5%AE%81&page=3'
    >>> with_query("/animals", MultiDict([("page", "2")]), page=None)
    '/animals'
    """
    kept = [(name, value) for name, value in query.items(multi=True) if name not in changes]
    added = [(name, str(value)) for name, value in changes.items() if value is not None]
    pairs = kept + added
    return iri_to_uri(path) + (f"?{urlencode(pairs)}" if pairs else "")


def here(**changes: str | int | None) -> str:
    """The address of this page with some of its query changed; keeps filters across pages."""
    return with_query(request.path, request.args, **changes)


def narrowed(action: str, words: str) -> list[tuple[str, str]]:
    """The filters a search on this very page keeps: all but its words and the page turned to."""
    if action != request.path:
        return []
    given = request.args.items(multi=True)
    return [(key, value) for key, value in given if key not in {words, "page"}]


FILTERS: dict[str, Callable[..., object]] = {
    "number": number,
    "kg": kg,
    "kg_number": kg_number,
    "jin": jin,
    "yuan": yuan,
    "yuan_number": yuan_number,
    "price_per_kg": price_per_kg,
    "cn_date": cn_date,
    "cn_month": cn_month,
    "cn_time": cn_time,
    "cn_datetime": cn_datetime,
    "iso": iso,
    "days_left": days_left,
    "time_left": time_left,
    "tag_parts": tag_parts,
    "tag": tag,
    "permille": permille,
    "bytes": size,
    "mask_name": mask_name,
    "mask_phone": shown_phone,
    "short_digest": short_digest,
}


def register(app: Flask) -> None:
    """Give the templates of the service the filters, the `here` address and what it keeps."""
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals.update(here=here, narrowed=narrowed)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
