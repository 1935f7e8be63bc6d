"""What is to be done, and what was done. Nothing in the database keeps an effect from happening twice."""

from django.db import models

from bookingsite.models import LeasedRow


class Job(LeasedRow):
    """One piece of work; `milliseconds` is how long its outside call takes."""

    milliseconds = models.PositiveIntegerField(default=100)


class Effect(models.Model):
    """A job's effect in our data."""

    job = models.ForeignKey(Job, models.CASCADE)

    def __str__(self) -> str:
        return f"effect of {self.job_id}"
