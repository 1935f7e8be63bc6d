"""Mails about bookings: what is still worth telling, what a mail says, how it is wrapped and sent."""
