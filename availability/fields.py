"""A time of day as minutes since local midnight, 0 to 1440, typed and shown as HH:MM (24:00 ends the day)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    _SmallInteger = models.PositiveSmallIntegerField[Any, Any]
else:
    _SmallInteger = models.PositiveSmallIntegerField

END_OF_DAY = 24 * 60
_CLOCK = re.compile(r"\s*(\d{1,2})(?:[:.]?(\d{2})(?::00)?)?\s*([ap]\.?m\.?)?\s*", re.IGNORECASE)


def show_minutes(minutes: int) -> str:
    """`540` becomes `09:00`, `1440` becomes `24:00`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def read_minutes(text: str) -> int:
    """`9:30`, `09.30`, `0930`, `9`, `9:30 pm` or `24:00` as minutes since midnight, else ValueError."""
    found = _CLOCK.fullmatch(text)
    if not found:
        raise ValueError(text)
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()[:1]
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(text)
        hour = hour % 12 + (12 if half == "p" else 0)
    total = hour * 60 + minute
    if minute > 59 or total > END_OF_DAY:
        raise ValueError(text)
    return total


class MinuteOfDayFormField(forms.Field):
    """Reads HH:MM into minutes; the browser's own time chooser is used where there is one."""

    widget = forms.TimeInput(attrs={"type": "time", "autocomplete": "off"})
    default_error_messages = {"invalid": _("Enter a time such as 09:30; 24:00 is the end of the day.")}

    def __init__(self, *, is_end: bool = False, **kwargs: Any) -> None:
        """With `is_end`, midnight (00:00) means the end of the day."""
        self.is_end = is_end
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> int | None:
        """Minutes since midnight, or None for an empty field. Raises ValidationError for anything else."""
        if value in self.empty_values:
            return None
        try:
            minutes = value if isinstance(value, int) else read_minutes(str(value))
        except ValueError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        return END_OF_DAY if self.is_end and minutes == 0 else minutes

    def prepare_value(self, value: Any) -> Any:
        """Stored minutes as HH:MM, the end of the day as a clock shows it; what was typed as it is."""
        return show_minutes(value % END_OF_DAY) if isinstance(value, int) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare minutes, not spellings."""
        try:
            return bool(self.to_python(data) != initial)
        except ValidationError:
            return True


class MinuteOfDayField(_SmallInteger):
    """Minutes since local midnight, 0 to 1440."""

    def __init__(self, *args: Any, is_end: bool = False, **kwargs: Any) -> None:
        self.is_end = is_end
        kwargs.setdefault("validators", [MinValueValidator(0), MaxValueValidator(END_OF_DAY)])
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Migrations need only a small integer; validators are ours."""
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("validators", None)
        if self.is_end:
            kwargs["is_end"] = True
        return name, path, args, kwargs

    def formfield(self, **kwargs: Any) -> forms.Field:
        """A text field that speaks HH:MM."""
        allowed = {key: kwargs[key] for key in ("label", "help_text", "initial", "required") if key in kwargs}
        return MinuteOfDayFormField(
            is_end=self.is_end,
            **{
                "label": capfirst(self.verbose_name),
                "required": not self.blank,
                "help_text": self.help_text,
                **allowed,
            },
        )
