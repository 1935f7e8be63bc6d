"""What readers of one language do not share: when a week begins, and 12 or 24 hours (TZ-3, TZ-6).

Only English needs it. The browser's header says where a reader is from; the site asks for nothing
else and keeps nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import formats
from django.utils.translation import get_language
from django.utils.translation.trans_real import parse_accept_lang_header

from bookingsite.dates import usual_hours

_SUNDAY, _MONDAY = 0, 1


@dataclass(frozen=True, kw_only=True)
class Customs:
    """`first_weekday` counts from Sunday, 0; `hours` is 12 or 24."""

    first_weekday: int
    hours: int


# As the Unicode CLDR has them (weekData, timeData); regions that are not named do as the language does.
_ENGLISH = {
    "en-au": Customs(first_weekday=_MONDAY, hours=12),
    "en-gb": Customs(first_weekday=_MONDAY, hours=24),
    "en-ie": Customs(first_weekday=_MONDAY, hours=24),
    "en-nz": Customs(first_weekday=_MONDAY, hours=12),
    "en-za": Customs(first_weekday=_SUNDAY, hours=24),
}


def customs_of(accept_language: str) -> Customs:
    """The customs of the region that this header names first for the active language, else the language's.

    `accept_language` is the browser's `Accept-Language`, whatever it holds.
    """
    language = get_language() or ""
    wanted = (tag for tag, _weight in parse_accept_lang_header(accept_language.lower()))
    first = next((tag for tag in wanted if tag.partition("-")[0] == language), "")
    return _ENGLISH.get(first) or Customs(
        first_weekday=int(formats.get_format("FIRST_DAY_OF_WEEK")), hours=usual_hours()
    )
