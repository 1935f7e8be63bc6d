"""A schedule that was deleted in another tab."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from django.http import Http404, HttpResponse

from availability.models import Schedule

P = ParamSpec("P")


def gone_is_404(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """404 where the schedule is deleted between looking it up and locking it."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(*args, **kwargs)
        except Schedule.DoesNotExist:
            raise Http404 from None

    return guarded
