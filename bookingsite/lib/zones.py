"""Time-zone names: which exist, what they are called now, how to offer them."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

# Names that the tz database keeps only as links; people may have them stored or send them.
RENAMED = {
    "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Katmandu": "Asia/Kathmandu",
    "Asia/Rangoon": "Asia/Yangon",
    "Asia/Saigon": "Asia/Ho_Chi_Minh",
    "Asia/Dacca": "Asia/Dhaka",
    "Asia/Thimbu": "Asia/Thimphu",
    "Asia/Ulan_Bator": "Asia/Ulaanbaatar",
    "Asia/Macao": "Asia/Macau",
    "Asia/Ashkhabad": "Asia/Ashgabat",
    "Asia/Tel_Aviv": "Asia/Jerusalem",
    "Asia/Istanbul": "Europe/Istanbul",
    "Atlantic/Faeroe": "Atlantic/Faroe",
    "America/Godthab": "America/Nuuk",
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "America/Indianapolis": "America/Indiana/Indianapolis",
    "America/Louisville": "America/Kentucky/Louisville",
    "Australia/ACT": "Australia/Sydney",
    "Australia/NSW": "Australia/Sydney",
    "Australia/Victoria": "Australia/Melbourne",
    "Europe/Kiev": "Europe/Kyiv",
    "Pacific/Enderbury": "Pacific/Kanton",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
    "US/Eastern": "America/New_York",
    "US/Central": "America/Chicago",
    "US/Mountain": "America/Denver",
    "US/Pacific": "America/Los_Angeles",
    "Etc/UTC": "UTC",
    "GMT": "UTC",
}
REGIONS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


@cache
def names() -> frozenset[str]:
    """Every zone a person may choose: the regional ones and UTC."""
    wanted = {name for name in available_timezones() if name.split("/")[0] in REGIONS}
    return frozenset(wanted - RENAMED.keys() | {"UTC"})


def canonical(name: str) -> str | None:
    """Today's name of a zone, or None where there is no such zone (TZ-2). Never touches the file system with `name`."""
    name = RENAMED.get(name, name)
    return name if name in names() else None


def zone(name: str) -> ZoneInfo:
    """The zone of a stored name. Raises KeyError (ZoneInfoNotFoundError) for an unknown one."""
    return ZoneInfo(RENAMED.get(name, name))


@cache
def by_region() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The names grouped by region, both sorted, UTC first: `(("UTC", ("UTC",)), ("Africa", (...)), ...)`."""
    groups: dict[str, list[str]] = {region: [] for region in REGIONS}
    for name in sorted(names() - {"UTC"}):
        groups[name.split("/")[0]].append(name)
    return (("UTC", ("UTC",)), *((region, tuple(group)) for region, group in groups.items() if group))
