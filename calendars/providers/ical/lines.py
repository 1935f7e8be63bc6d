"""One content line as name, parameters and value (RFC 5545, 3.1 and 3.3.11), forgiving what senders get
wrong."""

import re
from typing import NamedTuple

# More parameters than this on one line carry no meaning; they are an attack on the reader's time.
MAX_PARAMS = 64

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_NAME = re.compile(r"[A-Za-z0-9-]+")


class Line(NamedTuple):
    """A content line: ``name`` and parameter names in upper case, ``value`` as sent."""

    name: str
    params: dict[str, str]
    value: str


def name_of(line: str) -> str:
    """Return the property name of a content line in upper case, cheaply."""
    match = _NAME.match(line)
    return match[0].upper() if match else ""


def parsed(line: str) -> Line | None:
    """Split a content line; ``None`` for text without a colon (an unescaped line break in a description)."""
    head, colon, value = line.partition(":")
    if not colon:
        return None
    if '"' in head:
        head, value = _split_outside_quotes(line)
    name, semicolon, rest = head.partition(";")
    return Line(name.strip().upper(), _params(rest) if semicolon else {}, value)


def text(value: str, limit: int = 500) -> str:
    """Turn a TEXT value into plain text: unescaped, control characters out, at most ``limit`` characters."""
    value = value[: limit * 2]
    if "\\" in value:
        value = _ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], value)
    return _CONTROL.sub("", value).strip()[:limit]


def _split_outside_quotes(line: str) -> tuple[str, str]:
    """Split at the first colon outside of double quotes; at the first one at all when quotes do not close."""
    position = 0
    for index, piece in enumerate(line.split('"')):
        if index % 2 == 0 and ":" in piece:
            cut = position + piece.index(":")
            return line[:cut], line[cut + 1 :]
        position += len(piece) + 1
    head, _, value = line.partition(":")
    return head, value


def _params(rest: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for piece in _pieces(rest):
        name, _, value = piece.partition("=")
        found.setdefault(name.strip().upper(), value.strip().strip('"'))
    return found


def _pieces(rest: str) -> list[str]:
    """Split parameters at semicolons outside of quotes."""
    if '"' not in rest:
        return rest.split(";", MAX_PARAMS)[:MAX_PARAMS]
    pieces = [""]
    for index, part in enumerate(rest.split('"')):
        if index % 2:
            pieces[-1] += f'"{part}"'
            continue
        first, *others = part.split(";")
        pieces[-1] += first
        pieces += others
        if len(pieces) > MAX_PARAMS:
            break
    return pieces[:MAX_PARAMS]
