"""How each language writes dates and times: Django's named formats, and four of our own.

Django looks here first (`FORMAT_MODULE_PATH`) and in its own formats for whatever is not named here,
so pages, mails and the admin all write the same. Our own names work in templates like Django's,
`{{ day|date:"DAY_FORMAT" }}`; every language must have all of them:

DAY_FORMAT
    Weekday and date, for headings and whole sentences.
SHORT_DAY_FORMAT
    The same with short names, for lists.
NEAR_DAY_FORMAT
    Weekday and date of the coming days, where the year goes without saying.
SECONDS_FORMAT
    The time of day to the second, for logs.

No instants in guests' templates: filters would turn them into the zone of whoever is signed in.
"""
