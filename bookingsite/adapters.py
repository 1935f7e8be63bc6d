"""Where sign-in (allauth) meets our people."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's own behaviour; addresses in mails come from SITE_URL, never from the Host header."""
