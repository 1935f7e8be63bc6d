"""What a request sends to a form."""

from __future__ import annotations

from django.http import HttpRequest, QueryDict


def sent(request: HttpRequest) -> QueryDict | None:
    """The posted data, also when it is empty; None for a request that only wants to see the form."""
    return request.POST if request.method == "POST" else None
