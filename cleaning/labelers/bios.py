"""Notes about who wrote an article, told by form and place: `Ann Lee is a reporter.` below the last paragraph."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import re2

from cleaning.fields.namewords import word_set
from cleaning.fields.uncased import is_chinese_name, is_japanese_name, is_korean_name
from cleaning.labelers.tails import KNOWN, Tail, find_tails
from cleaning.lines import Label, Lines
from cleaning.searching import find_matching
from cleaning.wordlists import ANY_SPACE, Word, compiled, either, folded, read_lists, reported, words_of

RULE = "bios.author"
# Characters of a note; in Korean at most.
_LEAST, _LONGEST, _LONGEST_DENSE = 16, 600, 200
# Folded characters behind a name: up to what joins it and a role, from there to the role, from the name to what
# somebody does.
_JOINED, _ROLE, _DOES = 70, 70, 45
# Folded characters up to `born` where a line begins with a year.
_BORN = 25
# Of a role right behind a name that nothing joins.
_BARE, _BARE_HANGUL = 60, 28
# A line with so much more than a name is no byline.
_ALONE = 20
# Letters of a name by which it is looked for in the text.
_NAMED = 3

# Before a name.
_TITLES = re.compile(r"(?:(?:Dr|Prof|Drs|Mag|Ing|Mr|Ms|Mrs|Sir)\.?(?:[ -]\w{1,5}\.){0,3} |[ΟΗ] )")
QUOTES = frozenset("“„\"'‘「『”«»‹›")
"""A line that begins with these is somebody's words."""
_IN_NAMES = frozenset("'’.-")
_HANGUL = re.compile("[가-힣]{2,4}?(?=[은는]? )")
_HAN = re.compile("[\u3400-\u9fff々ヶ·・\u3040-\u30ff]{2,10}?(?=[ \u3000，,：:（(、]|是|氏|さん)")
# Characters of a Chinese line that may begin with a rare family name.
_SHORT = 60
_BEHIND_HAN = " \u3000（(氏"
_BRACKETS = "[](（【】■▶◆●*-–— "
_ENDED = re.compile(r"[^\W\d_]{3}[.!?] |[。！？]|다\. ")
_SPACED = re.compile(r"([^\s,،.:()\d]{2,20}(?: [^\s,،.:()\d]{2,20}){1,3})(?=[ ,،])")
_DENSE = re.compile(r"[\u3040-\u9fff\uac00-\ud7af]")
_UNCASED = re.compile("[\u0590-\u0dff\u0e00-\u0e7f]")


class _Note(NamedTuple):
    name: str
    """'': it says of itself that it is about the author."""
    said: str
    is_writer: bool = False
    """Whether a word says that somebody writes, as data/bylines.toml has it."""


def label(lines: Lines, labels: Sequence[Label]) -> list[Label]:
    r"""`author-box` for a line that says what somebody does whom the text does not name, at its end or over it.

    The words are those of data/bios.toml. Something else of the page has to be boilerplate: a clean article may end so.

    >>> from cleaning.lines import split
    >>> body = "The ferry will sail again, the office said, once divers have looked at the quay. " * 2
    >>> lines = split([f"{body}\nShare this\nAnn Lee is a reporter who writes about rivers."])
    >>> label(lines, [Label(1, "share-bar", "en.share.button", "")])[0].evidence
    "says 'is … reporter' of Ann Lee, whom the text does not name, below its last paragraph"
    """
    said: list[Label] = []
    for tail in find_tails(lines, labels, _find_telling, (_LEAST // 2, _LONGEST)):
        found: dict[int, str] = {}
        writers = False
        for row, below in tail.below():
            note = _read(lines.text(row))
            if note and (below == 0 or note.is_writer) and not _is_named(lines, tail, note.name, row):
                found[row] = _evidence(note, "below its last paragraph" if below == 0 else "near the end")
                writers |= note.is_writer
                tail.pass_by(row)
        for row in [*found]:
            # `She lives in Bergen.` on a line of its own
            for below in range(row + 1, tail.rows.stop):
                text = lines.text(below)
                is_free = tail.free[below - tail.rows.start]
                if below in found or not is_free or len(text) > _LONGEST or not _goes_on(text):
                    break
                found[below] = f"goes on with the note about the author above, '{lines.text(row)[:40]}'"
        if tail.is_signed:
            for row in tail.above():
                note = _read(lines.text(row))
                if note and note.name and not _is_named(lines, tail, note.name, row):
                    found[row] = _evidence(note, "over its first paragraph")
        if tail.known + len(found) > KNOWN or tail.known >= KNOWN or writers:
            said += [Label(row, "author-box", RULE, evidence) for row, evidence in found.items()]
    return sorted(said)


def _evidence(note: _Note, where: str) -> str:
    if not note.name:
        return f"says '{note.said}' as notes about an author do, {where.replace('its', 'the')}"
    return f"says '{note.said}' of {note.name[:60]}, whom the text does not name, {where}"


def _find_telling(texts: Sequence[str]) -> list[int]:
    """Which texts `_read` gives something of. All are searched at once for what it needs: it is asked for 1 of 100."""
    return [number for number in find_matching(_telling(), texts) if _read(texts[number])]


@cache
def _telling() -> re2._Regexp:
    """Whatever `_read` gives anything of: a name or a year, with what somebody is or does behind it, or `begins`."""
    (begin, within), begins = either("bios", ["roles", "does"]), "|".join(either("bios", ["begins"]))
    said = f"(?:(?:.*{ANY_SPACE})?{begin}|.*{within})"
    particles = "|".join(read_lists("bios").settings["particles"])
    cased = rf"(?:{_TITLES.pattern})?\p{{Lu}}[\pL'’.-]* (?:(?:{particles}) )*\p{{Lu}}"
    names = "|".join(
        pattern.replace("(?=", "(?:").replace(r"\w", r"[\pL\pN_]")
        for pattern in (cased, _HANGUL.pattern, _HAN.pattern, f"{_UNCASED.pattern}[^ \n]* ")
    )
    return compiled(f"(?m)^(?:(?:{names}|[12]){said}|{ANY_SPACE}*(?:.{ANY_SPACE}*)?(?:{begins})).*")


def _read(text: str) -> _Note | None:
    """What a line says of somebody; None where it is no note of its form."""
    if not _LEAST // 2 <= len(text) <= _LONGEST:
        return None
    name = "" if text[0] in QUOTES else _name(text)
    # most lines of a text have no name at their beginning, and need no look at their words
    if not name and not text[:40].lower().replace("’", " ").lstrip(_BRACKETS).startswith(_nameless()):
        return None
    words = words_of("bios", text)
    if not words or text[0] in QUOTES:
        return None
    said_in_reports = reported(words)
    for word in words:
        if word.kind == "begins" and word.at <= 2 and word.language not in said_in_reports:
            return _Note("", word.text)
    if text[0].isdigit():
        return _born([word for word in words if word.language not in said_in_reports])
    if not name:
        return None
    behind = folded(text).find(folded(name).strip()) + len(folded(name)) - 2
    is_uncased = _UNCASED.search(name) is not None
    for language in dict.fromkeys(word.language for word in words if word.language not in said_in_reports):
        mine = [word for word in words if word.language == language and word.at >= behind]
        roles = [word for word in mine if word.kind == "roles"]
        joins = [word for word in mine if word.kind == "is"]
        is_bare = language in _bare()
        for join in joins:
            # `… ist Autorin`; a language whose verb stands last has the role before it
            role = next((one for one in roles if join.at <= one.at <= join.at + _ROLE or is_bare), None)
            if role and _in_first_sentence(text, role.text) and (join.at <= behind + _JOINED or is_bare):
                return _Note(name, f"{join.text} … {role.text}", any(_writes(one.text) for one in roles))
        if is_bare and roles and roles[0].at <= behind + (_BARE_HANGUL if _HANGUL.match(text) else _BARE):
            # without capitals a name is any two words: the role has to stand behind them, or to end a clause
            role = roles[0]
            if is_uncased and read_lists("bios").tables[language]["is"]:
                continue
            if not _in_first_sentence(text, role.text):
                continue
            if not is_uncased or role.at <= behind + 2 or re.search(f"{re.escape(role.text)}\\S{{0,3}}[.,،।۔]", text):
                return _Note(name, role.text, _writes(role.text))
        does = [word for word in mine if word.kind == "does"]
        if does and (does[0].at <= behind + _DOES or (is_bare and not is_uncased)):
            return _Note(name, does[0].text)
    return None


def _in_first_sentence(text: str, role: str) -> bool:
    """Whether no sentence ends before a role: what follows tells of somebody else as often as not."""
    at = text.lower().find(role)
    return at < 0 or _ENDED.search(text[:at]) is None


def _born(words: Sequence[Word]) -> _Note | None:
    born = next((word for word in words if word.kind == "born" and word.at < _BORN), None)
    for word in words:
        if born and word.kind in ("roles", "does") and word.language == born.language:
            return _Note("", f"{born.text} … {word.text}")
    return None


@cache
def _nameless() -> tuple[str, ...]:
    """What lines begin with that need no name: the words of `begins` up to an apostrophe, and the digits of a year."""
    begins = {word.split("’")[0][:8] for table in read_lists("bios").tables.values() for word in table["begins"]}
    return (*sorted(begins), "1", "2")


@cache
def _no_names() -> frozenset[str]:
    return frozenset(read_lists("bios").settings["no_names"])


@cache
def _bare() -> frozenset[str]:
    return frozenset(read_lists("bios").settings["bare"])


def _name(text: str) -> str:
    """The name that a line begins with; '': none."""
    if match := _HANGUL.match(text):
        return match[0] if len(match[0]) > 2 and is_korean_name(match[0]) and len(text) <= _LONGEST_DENSE else ""
    if match := _HAN.match(text):
        name = match[0]
        # a transcription has a dot; Japanese puts a space or how it is read behind a name
        is_one = "·" in name or "・" in name or is_chinese_name(name) or is_japanese_name(name)
        if not is_one and name not in _no_names():
            behind = text[match.end()]
            is_one = 3 <= len(name) <= 7 and behind in _BEHIND_HAN
            is_one |= 2 <= len(name) <= 4 and behind in "，是" and len(text) <= _SHORT
        return name if is_one else ""
    if text[0].isupper():
        return _cased_name(text)
    if _UNCASED.match(text) and (match := _SPACED.match(text)):
        words = match[1].split(" ")[:2]
        return "" if _no_names() & {*words} else " ".join(words)
    return ""


def _cased_name(text: str) -> str:
    """Two to five words with capitals, as `Ann van der Lee`.

    >>> _cased_name("Dr. Ann van der Lee is a reporter"), _cased_name("Ann is a reporter")
    ('Ann van der Lee', '')
    """
    if title := _TITLES.match(text):
        text = text[title.end() :]
    found: list[str] = []
    particles = read_lists("bios").settings["particles"]
    for word in text[:80].replace("'", "’").split(" ")[:8]:
        bare = word.rstrip(",;:(")
        if bare and bare[0].isupper() and all(one.isalpha() or one in _IN_NAMES for one in bare):
            found.append(bare)
            if bare != word:
                break
        elif found and word in particles:
            found.append(word)
        else:
            break
    if found and found[0].lower() in _no_names():
        return ""
    while found and found[-1] in particles:
        found.pop()
    names = [word for word in found if word[0].isupper()]
    is_one = (
        2 <= len(names) <= 5
        and len(names[-1].strip(".")) > 1
        and "s" not in {word.rpartition("’")[2] for word in names if "’" in word}
    )
    return " ".join(found) if is_one else ""


def _is_named(lines: Lines, tail: Tail, name: str, row: int) -> bool:
    """Whether the text or its title names somebody, by the last part of the name or the first two."""
    parts = [part for part in (one.strip(".") for one in name.split()) if len(part) >= _NAMED or not part.isascii()]
    if not parts:
        return False
    looked_for = {parts[-1], " ".join(parts[:2])} if len(parts) > 1 else {name}
    own = lines.text(row)
    for other in tail.told:
        text = lines.text(other)
        if text != own and len(text) > len(name) + _ALONE:
            for part in looked_for:
                # `Lee` of Ann Lee is not in `sleep`; in scripts without spaces a name is anywhere
                if part not in text:
                    continue
                whole = f" {part.lower()}" + " " * bool(_UNCASED.match(part))
                if _DENSE.match(part) or whole in folded(text):
                    return True
    return False


@cache
def _writes(role: str) -> bool:
    """Whether a role, or one that begins so, makes a byline."""
    return any(noun.startswith(role) for noun in word_set("roles", "nouns"))


def _goes_on(text: str) -> bool:
    return any(word.kind == "goes_on" and word.at == 0 for word in words_of("bios", text))
