"""From bytes to unfolded lines, whatever encoding and line ends a sender chose (RFC 5545, 3.1)."""

import codecs
import re

_ODD_ENDS = re.compile(rb"\r+\n?")


def unfolded_lines(data: bytes) -> list[str]:
    """Return the content lines of iCalendar bytes: decoded, unfolded, without line ends.

    UTF-8 is the rule; UTF-16 is taken by its byte order mark, and a line that is not UTF-8 is read as
    Windows-1252. Lone CR counts as a line end. NUL bytes are dropped (databases refuse them).
    """
    data = _as_utf8(data).replace(b"\r\n", b"\n")
    if b"\r" in data:
        data = _ODD_ENDS.sub(b"\n", data)
    # Unfold before decoding: folding may cut a character of several bytes in two.
    data = data.replace(b"\n ", b"").replace(b"\n\t", b"").replace(b"\0", b"")
    try:
        return data.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        return [_decoded(line) for line in data.split(b"\n")]


def _as_utf8(data: bytes) -> bytes:
    if data.startswith(codecs.BOM_UTF8):
        return data[3:]
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace").encode("utf-8", errors="replace")
    return data


def _decoded(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")
