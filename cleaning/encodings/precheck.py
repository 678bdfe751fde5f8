"""Is there anything to repair? One RE2 pass over a text that answers no for nearly all, and then is right.

ftfy costs 0.4–2.7 ms a document and nearly always changes nothing; this takes 0.01 ms for 3 KB.
"""

from __future__ import annotations

import re
import unicodedata

import re2
from ftfy import TextFixerConfig
from ftfy.badness import BADNESS_RE
from ftfy.chardata import ALTERED_UTF8_RE, LIGATURES, LOSSY_UTF8_RE

from cleaning.encodings import codepoints, mojibake

FTFY = TextFixerConfig(
    # Done by a step of its own: ftfy takes one level of '&amp;amp;amp;…' at a time, so quadratic time, and its "auto"
    # stops for the rest of a document at the first '<'.
    unescape_html=False,
    # It would turn the punctuation of Chinese and Japanese into ASCII.
    fix_character_width=False,
    uncurl_quotes=False,
    # characters.toml does, and says which.
    remove_control_chars=False,
    # `codepoints.compose` does, in linear time.
    normalization=None,
)
"""What ftfy (6.3.1, pinned) is asked to do."""

SEGMENT = 1_000_000
"""Characters of a line that are repaired at once, as in ftfy."""

ENTITY = r"&#?[0-9A-Za-z]{1,24};"
"""What ftfy takes for an HTML entity before it looks the name up."""


def suspect(text: str) -> bool:
    """False only if `repair` would not change the text, nor ftfy, even if asked for entities and control characters.

    So it is by construction, for lines up to `SEGMENT`; tests compare the two on strings made to break it.

    >>> suspect("naïve “café” – 20 °C, 서울 … 東京！"), suspect("AT&amp;T"), suspect("Ã©")
    (False, True, True)
    """
    try:
        data = text.encode()
    except UnicodeEncodeError:  # surrogates
        return True
    if text.isascii() and not data.translate(None, _SOUND):
        return False  # ASCII has entities and control characters, and no mojibake
    if _ANYTHING.search(data):
        return True
    return not text.isascii() and (not unicodedata.is_normalized("NFC", text) or codepoints.to_narrow(text, data))


_SOUND = bytes({0x09, 0x0A, *range(0x20, 0x7F)} - {ord("&")})


def _plain(verbose: str) -> str:
    """A verbose pattern of re in the plain syntax, which RE2 needs: no blanks and comments outside of classes."""
    out: list[str] = []
    inside = False
    for token in re.findall(r"\\.|#[^\n]*|.", verbose, re.DOTALL):
        if token == "]" or (token == "[" and not inside):
            inside = token == "["
        elif not inside and (token.isspace() or token[0] == "#"):
            continue
        out.append(token)
    return "".join(out)


# RE2 knows \s and \w for ASCII only; these take in all that re does, and all else beyond ASCII.
_SPACE, _WORD = r"[\x00-\x20\x7f-\x{10ffff}]", r"[0-9A-Z_a-z\x7f-\x{10ffff}]"


def _precheck() -> str:
    """One pattern that matches wherever a text in NFC could change.

    ftfy changes an encoding only where BADNESS_RE matches; its `^` is here the start of a line, as ftfy goes by lines.
    """
    parts = (
        ENTITY,
        r"[\x00-\x08\x0b-\x1f\x7f-\x{9f}\x{2028}\x{2029}]",
        "[" + "".join(map(chr, LIGATURES)) + "]",
        mojibake.MISREAD,
        mojibake.IN_WORD,
        _plain(BADNESS_RE.pattern).replace(r"\s", _SPACE).replace(r"\w", _WORD),
        *codepoints.PRECHECK,
    )
    return "(?m)" + "|".join(parts)


_ANYTHING = re2.compile(_precheck())

_IN_WORD = re.compile(mojibake.IN_WORD)
_LATIN_1 = re2.Options()
_LATIN_1.encoding = re2.Options.Encoding.LATIN1
_PATCHED = re2.compile(ALTERED_UTF8_RE.pattern + b"|" + LOSSY_UTF8_RE.pattern, _LATIN_1)


def read_as_utf8(line: str) -> str | None:
    """What ftfy makes of the commonest mojibake, at a sixth of its cost; None where it would do more or nothing.

    That is: the line is bad, all of it is UTF-8 that was read as Latin-1 or cp1252, with no byte lost or patched, and
    the result is sound. ftfy tries these two charsets first, and leaves a sound text alone. The line is bad for us
    also where `mojibake.IN_WORD` is found.

    >>> read_as_utf8("cafÃ©"), read_as_utf8("cafÃ© ’"), read_as_utf8("café")
    ('café', None, None)
    """
    if len(line) > SEGMENT:
        return None
    for charset in ("latin-1", "sloppy-windows-1252"):
        try:
            data = line.encode(charset)
        except UnicodeEncodeError:
            continue
        if _PATCHED.search(data):
            return None
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            continue
        return text if _bad(line) and not suspect(text) else None
    return None


_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


def _bad(line: str) -> bool:
    """Whether ftfy calls the line bad, or `mojibake.IN_WORD` is found. Both begin two characters of ASCII at most
    before one that is none, so the search begins there, and nearly always ends there."""
    first = _BEYOND_ASCII.search(line)
    if not first:
        return False
    start = max(0, first.start() - 2)
    return bool(BADNESS_RE.search(line, start) or _IN_WORD.search(line, start))
