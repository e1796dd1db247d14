"""Capital characters (大写): amounts of money and counts as written on Chinese forms.

Source: 《支付结算办法》(银发〔1997〕393号) 附件一《正确填写票据和结算凭证的基本规定》: 到“元”或
“角”为止写“整”; zeros in the middle are written 零 once. The official vet writes the count of
animals the same way.

>>> amount_in_capitals(10_010_05), amount_in_capitals(35), amount_in_capitals(50)
('壹万零壹拾元零伍分', '叁角伍分', '伍角整')
>>> amount_in_capitals(1_680_32), amount_in_capitals(100_000_001_00)
('壹仟陆佰捌拾元叁角贰分', '壹亿零壹元整')
"""

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ((1000, "仟"), (100, "佰"), (10, "拾"), (1, ""))
YI, WAN = 100_000_000, 10_000
COUNT_MAX = 10**16 - 1


def count_in_capitals(count: int) -> str:
    """A count in capital characters.

    >>> [count_in_capitals(count) for count in (0, 10, 23, 1005, 20_300)]
    ['零', '壹拾', '贰拾叁', '壹仟零伍', '贰万零叁佰']

    Raises:
        ValueError: below zero or beyond sixteen digits.
    """
    if not 0 <= count <= COUNT_MAX:
        raise ValueError("a count has one to sixteen digits")
    return _whole(count) or DIGITS[0]


def _whole(count: int) -> str:
    for unit, sign in ((YI, "亿"), (WAN, "万")):
        if count >= unit:
            high, low = divmod(count, unit)
            link = DIGITS[0] if 0 < low < unit // 10 else ""
            return _whole(high) + sign + link + _whole(low)
    return _section(count)


def _section(count: int) -> str:
    text, skipped = "", False
    for place, sign in PLACES:
        digit, count = divmod(count, place)
        if digit:
            text += (DIGITS[0] if skipped and text else "") + DIGITS[digit] + sign
        skipped = digit == 0
    return text


def amount_in_capitals(amount_fen: int) -> str:
    """An amount of money in capital characters, without the leading 人民币.

    >>> amount_in_capitals(0), amount_in_capitals(-1_05)
    ('零元整', '负壹元零伍分')

    Raises:
        ValueError: beyond sixteen digits of yuan.
    """
    if amount_fen < 0:
        return "负" + amount_in_capitals(-amount_fen)
    yuan, rest = divmod(amount_fen, 100)
    jiao, fen = divmod(rest, 10)
    text = count_in_capitals(yuan) + "元" if yuan or not rest else ""
    if not rest:
        return text + "整"
    if jiao:
        text += DIGITS[jiao] + "角"
    elif text:
        text += DIGITS[0]
    return text + (DIGITS[fen] + "分" if fen else "整")
