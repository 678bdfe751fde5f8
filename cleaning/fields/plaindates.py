"""The plainest date lines, `Published May 2, 2025` and `2 May 2025, 13:45 KST`, read at a glance.

Most date lines of a site are of this kind. `dates.scan` would say the same of each, with twenty times the work:
what is not sure to be read so there is left to it. A test asks both.
"""

from __future__ import annotations

import re
from functools import cache

from cleaning.fields.datewords import vocabulary
from cleaning.fields.moments import FIRST_YEAR, LAST_YEAR, Stamp, moment

# A kind, month and day either way round, a year, a clock, a zone. ASCII only: other scripts have ways of their own.
_PLAIN = re.compile(
    r"(?:([A-Za-z]{3,12})(?: ?:)? )?(?:([A-Za-z]{3,12}) ([0-9]{1,2})|([0-9]{1,2}) ([A-Za-z]{3,12})),? ([0-9]{4})"
    r"(?:,? ([0-9]{1,2}):([0-9]{2})(?: ([A-Z]{3,5}))?)?"
)
MAX_CHARS = 60


@cache
def _words() -> tuple[dict[str, str], dict[str, int], frozenset[str]]:
    """Words that are nothing but a kind, a month or a zone, and begin no longer phrase with what may follow here."""
    known, _ = vocabulary()
    longer = {tuple(key.split(" ")[:2]) for key in known if " " in key}
    # `posted on` may be there, for no `on` follows; `posted :` may not
    follow = {key for key, (_, month) in known.items() if month} | {":", ","}
    alone = {
        key: (min(roles, default=""), month)
        for key, (roles, month) in known.items()
        if key.isascii() and key.isalpha() and len(roles) + (month > 0) == 1
        and not any(first == key and (then in follow or then[:1].isdecimal()) for first, then in longer)
    }  # fmt: skip
    return (
        {key: role for key, (role, _) in alone.items() if role in ("published", "updated")},
        {key: month for key, (_, month) in alone.items() if month},
        frozenset(key for key, (role, _) in alone.items() if role == "zone"),
    )


def read_plain(text: str) -> Stamp | None:
    """What a line of only such a date says; None for any other line.

    >>> read_plain("Published May 2, 2025")[:4], read_plain("2 May 2025, 13:45 KST")[1:6]
    (('published', 2025, 5, 2), (2025, 5, 2, 13, 45))
    >>> read_plain("Published May 2, 2025 by Ann Lee")
    """
    if len(text) > MAX_CHARS or (match := _PLAIN.fullmatch(text)) is None:
        return None
    kind_word, before, day_behind, day_before, behind, year_digits, hour, minute, zone = match.groups()
    kinds, months, zones = _words()
    kind = kinds.get(kind_word.lower(), "") if kind_word else ""
    month = months.get((before or behind).lower(), 0)
    day, year = int(day_behind or day_before), int(year_digits)
    if not month or not FIRST_YEAR <= year <= LAST_YEAR or (kind_word and not kind):
        return None
    if hour is None:
        stamp = Stamp(kind, year, month, day)
    elif int(hour) > 23 or int(minute) > 59 or (zone and zone.lower() not in zones):
        return None
    else:
        stamp = Stamp(kind, year, month, day, int(hour), int(minute), None, zone or "")
    return stamp if moment(stamp) is not None else None
