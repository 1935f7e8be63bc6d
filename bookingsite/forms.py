"""Forms of people: sign-up and profile."""

from django import forms


class SignupFields(forms.Form):
    """What sign-up asks beside address and password."""

    def signup(self, request: object, user: object) -> None:
        """Called by allauth when the person was made."""
