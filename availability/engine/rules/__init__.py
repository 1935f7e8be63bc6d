"""The rules. A new one is its module, its line here and its test."""

from availability.engine.rules import busy, claims, daily_limit, hours, notice, past, time_off, window
from availability.engine.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    # In the order in which "why not?" names them.
    past.RULE,
    notice.RULE,
    window.RULE,
    hours.RULE,
    time_off.RULE,
    daily_limit.RULE,
    busy.RULE,
    claims.RULE,
)
