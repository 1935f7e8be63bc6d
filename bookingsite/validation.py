"""Rules for what people type, shared by all forms."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from bookingsite.reserved import is_reserved

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Characters that turn the direction of the text around them: they can make one name look like another.
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")

validate_colour = RegexValidator(r"^#[0-9a-fA-F]{6}\Z", _("Choose a colour such as #2563eb."))


def validate_single_line(value: str) -> None:
    """For names and titles, which reach mail headers. Raises ValidationError for line breaks and the like."""
    if _CONTROL.search(value) or _BIDI.search(value):
        raise ValidationError(_("Use one line of plain text."), code="single_line")


def validate_not_reserved(value: str) -> None:
    """For public links. Raises ValidationError where the link is an address of the site itself."""
    if is_reserved(value):
        raise ValidationError(_("This link is used by the site itself. Choose another one."), code="reserved")
