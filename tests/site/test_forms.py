"""How every form looks, and the field for time zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django import forms
from django.core.exceptions import ValidationError

from bookingsite.validation import validate_colour
from bookingsite.zones import ZoneField, choices, city, label, offset_text, validate_zone

WINTER = datetime(2027, 1, 15, 12, 0, 30, tzinfo=UTC)


class Sample(forms.Form):
    title = forms.CharField(label="Title <b>", help_text="Short.")
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    agree = forms.BooleanField(label="Agree", required=False)
    note = forms.CharField(label="Note", required=False)
    secret = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self) -> None:
        raise forms.ValidationError("All of it is wrong.")


def test_field_carries_label_help_and_whether_it_is_optional() -> None:
    html = str(Sample())

    assert '<label for="id_title">Title &lt;b&gt;</label>' in html
    assert 'aria-describedby="id_title_helptext"' in html
    assert '<div class="help" id="id_title_helptext">Short.</div>' in html
    assert 'Note <span class="optional">(optional)</span>' in html
    assert html.count('type="hidden"') == 1


def test_choices_are_one_group_with_a_legend() -> None:
    html = str(Sample())

    assert '<legend id="id_kind_legend">Kind</legend>' in html
    assert html.count("<fieldset") == 1


def test_refused_form_has_a_summary_that_leads_to_the_fields() -> None:
    html = str(Sample({"title": "", "kind": "x", "secret": "s"}))

    assert "<h2>Please check what you entered</h2>" in html
    assert "<li>All of it is wrong.</li>" in html
    assert '<a href="#id_title">Title &lt;b&gt;</a>: This field is required.' in html
    assert '<a href="#id_kind_legend">Kind</a>: Select a valid choice.' in html
    assert '<ul class="errorlist" id="id_title_error"><li>This field is required.</li></ul>' in html
    assert 'aria-describedby="id_title_helptext id_title_error"' in html
    assert html.count('aria-invalid="true"') == 3  # the title, and both buttons of the kind


def test_form_without_errors_has_no_summary() -> None:
    assert "error-summary" not in str(Sample())


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0, "UTC"), (60, "UTC+1"), (-210, "UTC-3:30"), (345, "UTC+5:45"), (-720, "UTC-12")],
)
def test_offset_is_written_as_people_write_it(minutes: int, text: str) -> None:
    assert offset_text(timedelta(minutes=minutes)) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [("Europe/Oslo", "Oslo"), ("America/Argentina/Buenos_Aires", "Buenos Aires, Argentina"), ("UTC", "UTC")],
)
def test_city_of_a_zone(name: str, text: str) -> None:
    assert city(name) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Europe/Oslo", "Oslo (UTC+1, 1:00 PM)"),
        ("Asia/Kathmandu", "Kathmandu (UTC+5:45, 5:45 PM)"),
        ("UTC", "UTC (12:00 PM)"),
    ],
)
def test_label_tells_offset_and_time_there(name: str, text: str) -> None:
    assert label(name, WINTER) == text


def test_labels_follow_the_clock_change() -> None:
    summer = WINTER.replace(month=7)

    assert label("Europe/Oslo", summer) == "Oslo (UTC+2, 2:00 PM)"


def test_zones_are_grouped_by_region() -> None:
    regions = [region for region, _names in choices(WINTER)]

    assert regions[:3] == ["UTC", "Africa", "America"]
    assert regions == sorted(regions, key=lambda region: (region != "UTC", region))


@pytest.mark.promise("A12")
@pytest.mark.parametrize(
    ("given", "taken"), [("Europe/Oslo", "Europe/Oslo"), ("Asia/Calcutta", "Asia/Kolkata"), ("UTC", "UTC")]
)
def test_zone_field_takes_old_and_new_names(given: str, taken: str) -> None:
    assert ZoneField().clean(given) == taken


@pytest.mark.parametrize(
    "given", ["Mars/Olympus", "../etc/passwd", "europe/oslo", "Europe/Oslo\n.", "x" * 9999, "\0"]
)
def test_zone_field_refuses_what_is_no_zone(given: str) -> None:
    with pytest.raises(ValidationError) as refused:
        ZoneField().clean(given)

    assert refused.value.messages == ["Choose a time zone from the list."]


def test_zone_field_selects_the_present_name_of_a_stored_one() -> None:
    class Zones(forms.Form):
        zone = ZoneField()

    assert '<option value="Asia/Kolkata" selected>' in str(Zones(initial={"zone": "Asia/Calcutta"}))


@pytest.mark.parametrize("value", ["red", "#12345", "#1234567", "#12345g", "#123456\n", "#123456;x:y", ""])
def test_colour_is_six_hex_digits(value: str) -> None:
    with pytest.raises(ValidationError):
        validate_colour(value)


def test_stored_zone_is_validated_by_the_same_rule() -> None:
    validate_zone("Europe/Berlin")
    with pytest.raises(ValidationError):
        validate_zone("Berlin")
