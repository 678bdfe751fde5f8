"""The grammar of dates and times: what begins at a token of a line, and where it ends."""

from __future__ import annotations

from cleaning.fields.datewords import BUDDHIST, Tokens
from cleaning.fields.moments import Stamp, moment, words

_YEAR_SIGNS = ("년", "年")
_MONTH_SIGNS = ("월", "月")
_DAY_SIGNS = ("일", "日")
_ORDINALS = (".", "st", "nd", "rd", "th", "er", "º", "ª", "°")
_OF = ("of", "de", "del", "tháng", ",", "-", "/", "–")
_AFTER_MONTH = (".", ",", "de", "del", "of", "năm", "-", "/", "'", "’", "พ", "ศ")
_SHORT_BUDDHIST = 2500 - BUDDHIST
_Dated = tuple[Stamp, int] | None


def says_nothing(line: Tokens, i: int) -> bool:
    """Whether a number without a role can have no part in what follows: the word or sign behind it has none either."""
    then = i + 1
    return not line.roles[then] and not line.month[then] and line.text[then] not in _BEHIND_NUMBERS


def read_date(line: Tokens, i: int) -> _Dated:
    """A date that begins at token i, and the index behind it; None where none does."""
    found: _Dated = None
    if line.number[i] >= 0:
        found = _year_first(line, i, line.year(i), i + 1) or _short_year(line, i) or _day_first(line, i)
    elif line.month[i]:
        found = _month_first(line, i)
    elif "era" in line.roles[i] and 0 < line.short(i + 1, 3) < 150:
        found = _year_first(line, i, words()["eras"][line.text[i]] + line.number[i + 1], i + 2)
    if found is None or (found[0].full and moment(found[0]) is None):
        return None
    return found


def _year_first(line: Tokens, i: int, year: int, then: int) -> _Dated:
    """`2025-09-02`, `2025. 9. 2.`, `2025年9月2日`, `2025, Sept. 2`."""
    if year < 0:
        return None
    sign = line.text[then]
    if sign in ("-", ".", "/", "–", *_YEAR_SIGNS):
        then += 1
    elif sign != ",":
        sign = ""
    name = line.skip(then, (",",))
    if line.month[name]:
        day = line.skip(line.behind[name], (".", "-"))
        if 1 <= line.short(day, 2) <= 31:
            return Stamp("", year, line.month[name], line.number[day]), day + 1
    month, day = line.short(then, 2), line.short(then + 2, 2)
    between = line.text[then + 1]
    if not sign or not 1 <= month <= 12 or not 1 <= day <= 31:
        return None
    if between != sign and not (sign in _YEAR_SIGNS and between in _MONTH_SIGNS):
        return None
    end = then + 3
    if line.text[end] in _DAY_SIGNS or (sign == "." == line.text[end] and line.short(end + 1, 2) <= 0):
        end += 1
    return Stamp("", year, month, day), end


def _short_year(line: Tokens, i: int) -> _Dated:
    """`25.09.05 18:26` on a Korean line, where the year always stands first."""
    if (
        not line.korean
        or line.digits[i] != 2
        or not 0 <= line.number[i] < 70
        or line.text[i + 1] not in (".", "-", "/")
    ):
        return None
    return _year_first(line, i, 2000 + line.number[i], i + 1) if line.text[i + 3] == line.text[i + 1] else None


def _day_first(line: Tokens, i: int) -> _Dated:
    """`2 September 2025`, `2. 9. 2025`, `02/09/25`, `9월 2일`; the year may be missing."""
    a = line.short(i, 2)
    if not 1 <= a <= 31:
        return None
    sign, b = line.text[i + 1], line.short(i + 2, 2)
    if sign in (".", "/", "-") and 1 <= b <= 31 and line.text[i + 3] == sign:
        year = line.year(i + 4)
        if year < 0 and (sign != "-" or line.day_first) and line.digits[i + 4] == 2 and line.joined(i + 4):
            year = 2000 + line.number[i + 4] if line.number[i + 4] < 70 else -1
        if year > 0:
            return _numeric(a, b, year, "." if line.day_first else sign, i + 5)
    if sign == "/" and a <= 12 and 1 <= b <= 31 and 0 <= line.short(i + 3, 2) < 24 and line.text[i + 4] == ":":
        return Stamp("", None, a, b, doubtful=b <= 12), i + 3
    if sign in _MONTH_SIGNS and a <= 12 and 1 <= b <= 31 and line.text[i + 3] in _DAY_SIGNS:
        return Stamp("", None, a, b), i + 4
    name = line.skip(line.skip(i + 1, _ORDINALS), _OF)
    month, after = line.month[name], line.behind[name]
    if not month and line.text[name - 1] == "tháng" and 1 <= line.short(name, 2) <= 12:
        month, after = line.number[name], name + 1
    if not month:
        return None
    if sign == ".":
        month = words()["behind_full_stop"].get(line.text[name], month)
    after = line.skip(after, _AFTER_MONTH)
    year = line.year(after)
    if line.thai and line.digits[after] == 2:
        year = _SHORT_BUDDHIST + line.number[after]  # `12 มิ.ย. 68`
    return (Stamp("", year, month, a), after + 1) if year > 0 else (Stamp("", None, month, a), after)


def _numeric(a: int, b: int, year: int, sign: str, end: int) -> _Dated:
    """Dots put the day first everywhere; with a slash or a dash only a number above 12 tells."""
    if b <= 12:
        return Stamp("", year, b, a, doubtful=sign != "." and a <= 12 and a != b), end
    return (Stamp("", year, a, b), end) if a <= 12 and sign != "." else None


def _month_first(line: Tokens, i: int) -> _Dated:
    """`September 2, 2025`, `Sept. 2nd`."""
    day = line.skip(line.behind[i], (".",))
    if not 1 <= line.short(day, 2) <= 31:
        return None
    then = line.skip(day + 1, ("st", "nd", "rd", "th", ",", "."))
    year = line.year(then)
    if year > 0:
        return Stamp("", year, line.month[i], line.number[day]), then + 1
    return None if line.text[then] == ":" else (Stamp("", None, line.month[i], line.number[day]), then)


_HOUR_SIGNS = ("시", "時", "时", "点", "點", "h", "giờ")
_HOUR_WORDS = ("uhr", "uur", "hrs", "h")
# Behind hours and minutes; behind a number alone it is how many hours: `14:05 horas`, `2 horas`.
_CLOCK_WORD = "horas"
_MINUTE_SIGNS = ("분", "分")
_SECOND_SIGNS = ("초", "秒")


def read_time(line: Tokens, i: int, sure: bool) -> _Dated:
    """A time of day that begins at token i. `sure`: what stands before it makes `15.59` a time."""
    half, start = _half(line, i)
    hour, minute, second = line.short(start, 2), 0, -1
    if hour < 0:
        return None
    end, sign = start + 1, line.text[start + 1]
    plain = bool(half)
    if sign in (":", ".") and line.digits[start + 2] == 2:
        minute, end = line.number[start + 2], start + 3
        plain = plain or sign == ":" or sure
        if sign == ":" == line.text[end] and 0 <= line.short(end + 1, 2) < 60:
            second, end = line.number[end + 1], end + 2
            if line.text[end] == "." and line.digits[end + 1] and line.joined(end + 1):
                end += 2
    elif sign in _HOUR_SIGNS:
        end, plain = start + 2, True
        if 0 <= line.short(end, 2) < 60 and (line.text[end + 1] in _MINUTE_SIGNS or sign == "h"):
            minute, end = line.number[end], end + 1
            end += line.text[end] in _MINUTE_SIGNS
            if 0 <= line.short(end, 2) < 60 and line.text[end + 1] in _SECOND_SIGNS:
                second, end = line.number[end], end + 2
    if not half:
        half, end = _half(line, end)
    if line.text[end] in _HOUR_WORDS or half:
        end += line.text[end] in _HOUR_WORDS
        plain = True
    if sign in (":", ".") and plain and line.text[end] == _CLOCK_WORD:
        end += 1
    zone, end = _zone(line, end)
    unit = line.has(start + 1, "unit")
    if unit and (passed := line.has(unit, "ago")) and line.short(passed, 6) < 0:
        return None  # `2 uur geleden`; but `15h há 2 dias` is an hour and how long ago that was
    if half == "pm" and sign == ":" and 12 < hour < 24:
        half = ""  # `15:05 pm`
    if not (plain or zone) or minute > 59 or hour > 24 or (half and hour > 12):
        return None
    if line.has(end, "unit") and not half and not zone and sign == ":":
        return None  # `02:57 min` is how long a video lasts
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return Stamp("", hour=hour % 24, minute=minute, second=None if second < 0 else second, zone=zone), end


def _half(line: Tokens, i: int) -> tuple[str, int]:
    """`am` or `pm` and the index behind it; '' and i where neither stands at i."""
    if not line.roles[i] and line.text[i] not in ("a", "p"):
        return "", i
    for half in ("am", "pm"):
        if line.text[i] == half[0] and line.text[i + 1] == "." and line.text[i + 2] == "m":
            return half, i + 3 + (line.text[i + 3] == ".")
        if (end := line.has(i, half)) and not (line.text[i] == "am" and line.short(i + 1, 2) > 0):
            return half, end + (line.text[end] == "." and line.joined(end))
    return "", i


_SIGNS = ("+", "-", "\u2212")

# Words and signs by which a number before them may be of a date, a time or a count.
_BEHIND_NUMBERS = frozenset((
    ",", ":", "(", "a", "p", *_YEAR_SIGNS, *_MONTH_SIGNS, *_DAY_SIGNS, *_ORDINALS, *_OF, *_SIGNS, *_HOUR_SIGNS,
    *_HOUR_WORDS,
))  # fmt: skip


def _zone(line: Tokens, i: int) -> tuple[str, int]:
    """A zone behind a time, as stated but without spaces: `KST`, `(GMT+9)`, `+09:00`."""
    start = i + (line.text[i] == "(")
    if not line.roles[start] and line.text[start] not in _SIGNS:
        return "", i
    name, end = "", start
    if line.has(start, "zone"):
        name, end = line.text[start].upper(), start + 1
    signed = line.text[end] in _SIGNS and (name in ("GMT", "UTC") or (not name and line.joined(end)))
    hours = line.short(end + 1, 4) if signed and line.joined(end + 1) and not line.month[end + 2] else -1
    if hours >= 0 and (name or line.digits[end + 1] != 1):
        name, end = name + line.text[end].replace("\u2212", "-") + line.text[end + 1], end + 2
        if line.text[end] == ":" and line.digits[end + 1] == 2:
            name, end = name + ":" + line.text[end + 1], end + 2
    if not name:
        return "", i
    return name, end + (start > i and line.text[end] == ")")
