r"""切片 · the events of a document as the very bytes that were sent.

A captured event is given back verbatim, so its text is cut out of the document, never written
anew. The document has been parsed strictly before.

>>> text = '{"epcisBody": {"eventList": [{"a":  1}, {"b": [2]}]}}'
>>> list(events_in(text))
['{"a":  1}', '{"b": [2]}']
"""

from collections.abc import Iterator
from json import JSONDecoder
from json.decoder import py_scanstring  # type: ignore[attr-defined] # the scanner that json uses

DECODER = JSONDecoder()
SPACE = " \t\n\r"
PATH = ("epcisBody", "eventList")


def events_in(text: str) -> Iterator[str]:
    """The text of each event in a document's list."""
    at = _start_of(text, PATH)
    if at is None or text[at] != "[":
        return
    at = _skip(text, at + 1)
    while text[at] != "]":
        _, end = DECODER.raw_decode(text, at)
        yield text[at:end]
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _start_of(text: str, path: tuple[str, ...]) -> int | None:
    """Where the value at the end of a path of names begins."""
    at = _skip(text, 0)
    for name in path:
        found = _member(text, at, name)
        if found is None:
            return None
        at = found
    return at


def _member(text: str, at: int, name: str) -> int | None:
    if text[at] != "{":
        return None
    at = _skip(text, at + 1)
    while text[at] != "}":
        key, end = py_scanstring(text, at + 1)
        at = _skip(text, _skip(text, end) + 1)
        if key == name:
            return at
        _, end = DECODER.raw_decode(text, at)
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return None


def _skip(text: str, at: int) -> int:
    while text[at] in SPACE:
        at += 1
    return at
