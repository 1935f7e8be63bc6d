"""The real mail server of the other mail tests."""

from tests.bookings.messages.conftest import mail_server

__all__ = ["mail_server"]
