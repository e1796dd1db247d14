"""电子耳标号 · an ISO 11784 number as readers write it: 15 digits or a hexadecimal word.

Source: ISO 11784:1996 (GB/T 20563-2006): of the word's bits, index 63 is the animal flag, 47-38 the
country, 37-0 the national number. Countries: ISO 3166-1 numeric; makers: 900-998 (ICAR); 999 test.
"""

import re

from devices.drivers.frames import Frame

NATIONAL_MAX = (1 << 38) - 1
FIRST_MAKER = 900
COUNTRIES = frozenset(
    # as one text: 249 quoted codes would hide what they are
    """
004 008 010 012 016 020 024 028 031 032 036 040 044 048 050 051 052 056 060 064 068 070 072 074
076 084 086 090 092 096 100 104 108 112 116 120 124 132 136 140 144 148 152 156 158 162 166 170
174 175 178 180 184 188 191 192 196 203 204 208 212 214 218 222 226 231 232 233 234 238 239 242
246 248 250 254 258 260 262 266 268 270 275 276 288 292 296 300 304 308 312 316 320 324 328 332
334 336 340 344 348 352 356 360 364 368 372 376 380 384 388 392 398 400 404 408 410 414 417 418
422 426 428 430 434 438 440 442 446 450 454 458 462 466 470 474 478 480 484 492 496 498 499 500
504 508 512 516 520 524 528 531 533 534 535 540 548 554 558 562 566 570 574 578 580 581 583 584
585 586 591 598 600 604 608 612 616 620 624 626 630 634 638 642 643 646 652 654 659 660 662 663
666 670 674 678 682 686 688 690 694 702 703 704 705 706 710 716 724 728 729 732 740 744 748 752
756 760 762 764 768 772 776 780 784 788 792 795 796 798 800 804 807 818 826 831 832 833 834 840
850 854 858 860 862 876 882 887 894
""".split()  # noqa: SIM905 reads as the table it is
)
WORD = re.compile(r"^[0-9A-Fa-f]{16}$")
DOTTED = re.compile(r"^([0-9A-Fa-f]{3})\.([0-9A-Fa-f]{10})$")


def tag(raw: bytes, *, country: int, national: int) -> Frame:
    """The frame of a tag, or why these numbers are none.

    A printed ear tag read as a tag would be of country 252, which does not exist.

    >>> tag(b"", country=982, national=1088420).eid
    '982000001088420'
    >>> tag(b"", country=252, national=52600012345).error
    'country_unknown'
    """
    if country < FIRST_MAKER and f"{country:03}" not in COUNTRIES:
        return Frame(raw, error="country_unknown")
    if national > NATIONAL_MAX:
        return Frame(raw, error="eid_range")
    return Frame(raw, eid=f"{country:03}{national:012}")


def hexadecimal(raw: bytes, text: str) -> Frame | None:
    """A tag written as country.number, as its word, or as its word with the bits reversed.

    >>> [hexadecimal(b"", form).eid for form in ("3E7.1CBE991A14", "8000F9DCBE991A14",
    ...     "2858997D3B9F0001")]
    ['999123456789012', '999123456789012', '999123456789012']
    """
    if parts := DOTTED.match(text):
        return tag(raw, country=int(parts[1], 16), national=int(parts[2], 16))
    if not WORD.match(text):
        return None
    forward = int(text, 16)
    backward = int(f"{forward:064b}"[::-1], 2)
    likely = min((forward, backward), key=_strangeness)
    return tag(raw, country=likely >> 38 & 0x3FF, national=likely & NATIONAL_MAX)


def _strangeness(word: int) -> tuple[bool, bool, bool]:
    """How little a word looks like an animal's: country, reserved bits, animal flag."""
    country = word >> 38 & 0x3FF
    known = f"{country:03}" in COUNTRIES or FIRST_MAKER <= country <= 999  # noqa: PLR2004 ISO 11784
    return (not known, word >> 48 & 0x7FFF != 0, word >> 63 == 0)
