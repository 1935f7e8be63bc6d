"""Connected calendars: accounts, what is in them, and what is written to them."""
