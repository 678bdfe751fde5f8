r"""Bytes to text: a cascade of tests, the surest first. Each must hold for the whole document.

byte order mark → ISO-2022 escapes → UTF-16/32 without a mark → UTF-8 → the declared charset →
cp949 with a test for real Korean → a detector, overruled where another charset of one byte a letter gives likelier
words. UTF-16 comes before UTF-8 because UTF-16 of ASCII *is* valid UTF-8. Labels are read as the superset that pages
really use: euc-kr as cp949, gb2312 as gb18030, shift_jis as cp932, iso-8859-1 as cp1252, as browsers do
(https://encoding.spec.whatwg.org/#names-and-labels). `python -m tests.bench_encoding` measures it.

What is text in no charset raises `UndecodableError`; nothing is guessed into a dataset. A few broken bytes in
a document whose charset is beyond doubt (a file cut inside a character, a stray byte in UTF-8) become U+FFFD
each, so the document is kept and the loss can be seen: `repair.mojibake_left` is true for it.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from cleaning.encodings.charsets import ASCII, MULTI_BYTE, SAMPLE_BYTES, charset, detect, signs_only
from cleaning.encodings.plausible import garbled, korean
from cleaning.encodings.single_byte import single_byte


class Decoded(NamedTuple):
    """A text and how it was read."""

    text: str
    encoding: str
    """Charset in Python's spelling: `utf-8`, `cp949`, `utf-16-le`."""
    method: str
    """What decided: `bom`, `escape`, `nul-test`, `utf-8`, `declared`, `cp949-test`, `detector` or `profile`."""


class UndecodableError(ValueError):
    """The bytes are no text in any charset that was tried. The message is one line and quotes nothing of them."""


def decode(data: bytes, declared: str | None = None) -> Decoded:
    r"""Read the bytes of one document.

    declared: a charset that the source names (header, meta tag); a hint, checked like all others. Unknown
    labels are ignored. A single-byte label is trusted only where the result reads like a language: servers
    send iso-8859-1 without looking.
    Raises UndecodableError for what is not text.

    >>> decode("서울의 봄".encode("euc-kr"), "ks_c_5601-1987")
    Decoded(text='서울의 봄', encoding='cp949', method='declared')
    >>> decode(b"\xff\xfeo\0k\0")
    Decoded(text='ok', encoding='utf-16-le', method='bom')
    >>> decode(b"")
    Decoded(text='', encoding='utf-8', method='utf-8')
    """
    if found := _marked(data):
        return found
    controls = data.translate(None, _NO_CONTROLS)
    if controls:
        if found := _escaped(data, controls):
            return found
        # Text of two bytes a character has controls among its bytes by the dozen, and is no UTF-8 but for ASCII with a
        # NUL after each letter; a few stray ones, as terminals and editors leave them, say nothing of the charset.
        few = len(controls) * _WIDE_SHARE < len(data)
        if not few and (found := _wide(data) or _declared_wide(data, declared)):
            return found
        _refuse_binary(data, controls)
    try:
        return Decoded(data.decode("utf-8"), "utf-8", "utf-8")
    except UnicodeDecodeError as error:
        text = _nearly_utf8(data, error)
    if text is not None:
        return Decoded(text, "utf-8", "utf-8")
    for errors in ("strict", "replace"):
        for method, encoding, syllables in _legacy(data, declared):
            text = _read(data, encoding, errors)
            if text is not None:
                sample = text[:SAMPLE_BYTES]
                if korean(sample, syllables) if syllables else not garbled(sample, encoding):
                    return Decoded(text, encoding, method)
    raise UndecodableError("reads like a language in no charset that was tried")


# UTF-16 of Han and Hangul has one control among 16 bytes, that of Latin script one in two.
_WIDE_SHARE = 40
_NO_CONTROLS = bytes(b for b in range(256) if b >= 32 and b != 127) + b"\t\n\v\f\r"
_MARKS = (
    # UTF-32 first: its little-endian mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
_UTF8_MARKS = re.compile(rb"\A(?:\xef\xbb\xbf)+")
_MARK_STARTS = frozenset(mark[0] for mark, _ in _MARKS)


def _marked(data: bytes) -> Decoded | None:
    if not data or data[0] not in _MARK_STARTS:
        return None
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            rest = data[len(mark) :]
            if encoding == "utf-8":
                text = _read(rest, encoding, "strict")
                if text is not None:
                    return Decoded(text, encoding, "bom")
                # Stray bytes, a cut, or another charset behind the mark; all marks go, so this ends.
                return decode(_UTF8_MARKS.sub(b"", rest))
            cut = len(rest) % (int(encoding[4:6]) // 8) if encoding.startswith("utf") else 0
            whole = rest[: len(rest) - cut]
            for errors in ("strict", "replace"):
                text = _read(whole, encoding, errors)
                if text is not None:
                    return Decoded(text + "\N{REPLACEMENT CHARACTER}" * (cut > 0), encoding, "bom")
    return None


def _read(data: bytes, encoding: str, errors: str) -> str | None:
    """The text; None if it is not in that charset. With `replace` up to one broken character in fifty may stand."""
    try:
        text = data.decode(encoding, errors)
    except (UnicodeDecodeError, LookupError):
        return None
    if errors == "strict":
        return text
    broken = text.count("\N{REPLACEMENT CHARACTER}")
    return text if broken * 50 <= len(text) - _ascii_length(text) else None


def _ascii_length(text: str) -> int:
    return len(text.encode("ascii", "ignore"))


def _nearly_utf8(data: bytes, error: UnicodeDecodeError) -> str | None:
    """UTF-8 that was cut inside its last character, or that holds a few stray bytes; else None.

    No other charset makes sequences that pass as UTF-8 by the dozen, so twenty sound ones to a broken one
    settle it; for the cut at the end, two sound ones do.
    """
    text = data.decode("utf-8", "replace")
    broken = text.count("\N{REPLACEMENT CHARACTER}")
    sound = len(text) - _ascii_length(text) - broken
    cut = broken == 1 and error.reason == "unexpected end of data" and sound >= 2
    return text if cut or sound >= 20 * broken else None


_ESCAPES = (
    (re.compile(rb"\x1b\$\)C"), ("iso2022_kr",)),
    (re.compile(rb"\x1b(?:\$[@B]|\$\(D|\([IJ])"), ("iso2022_jp", "iso2022_jp_ext", "iso2022_jp_2")),
)


def _escaped(data: bytes, controls: bytes) -> Decoded | None:
    if b"\x1b" in controls and data.isascii():
        for pattern, encodings in _ESCAPES:
            if pattern.search(data[:SAMPLE_BYTES]):
                for encoding in encodings:
                    text = _read(data, encoding, "strict")
                    if text is not None:
                        return Decoded(text, encoding, "escape")
    return None


# The scripts of UTF-16 text, by the high byte of a code unit. Punctuation, forms and symbols go with all;
# CJK extension A, private use and the blocks left out go with none.
_NEUTRAL = frozenset([*range(0x20, 0x2C), 0xFE, 0xFF, *range(0xD8, 0xE0)])
_LATIN = frozenset([0, 1, 2, 0x1E])
_HAN = frozenset([*range(0x2E, 0x34), *range(0x4E, 0xA0), 0xF9, 0xFA])  # with kana and bopomofo
_SCRIPTS = (
    _HAN,
    _HAN | frozenset([0x11, *range(0xAC, 0xD8)]),  # Korean has Hanja, too
    frozenset([0x03, 0x1F]),  # Greek
    frozenset([0x04, 0x05]),  # Cyrillic
    frozenset([0x05, 0x06, 0x07, 0x08, 0xFB, 0xFC, 0xFD]),  # Armenian, Hebrew, Arabic
    frozenset(range(0x09, 0x10)),  # of India, Thai, Lao, Tibetan
    frozenset([0x10, 0x12, 0x13, 0x17, 0x1C, 0x2D]),  # Georgian, Burmese, Ethiopic, Khmer
)


def _wide(data: bytes) -> Decoded | None:
    """UTF-32 or UTF-16 without a mark: 97 % of its units must be Latin, neutral, or of one other script."""
    for encoding in ("utf-32-le", "utf-32-be"):
        text = _read(data, encoding, "strict") if len(data) % 4 == 0 else None
        if text is not None and text[:SAMPLE_BYTES].translate(_WIDE_CONTROLS) == text[:SAMPLE_BYTES]:
            return Decoded(text, encoding, "nul-test")
    best, chosen = (-1, -1), ""
    sample = data[: min(len(data) // 2 * 2, SAMPLE_BYTES)]
    for encoding, high, low in (("utf-16-le", sample[1::2], sample[::2]), ("utf-16-be", sample[::2], sample[1::2])):
        counts = Counter(high)
        latin = sum(counts[b] for b in _LATIN)
        known = latin + sum(counts[b] for b in _NEUTRAL) + max(sum(counts[b] for b in s) for s in _SCRIPTS)
        controls = any(h == 0 and c in _C0 for h, c in zip(high, low, strict=True))
        # Read the wrong way round, ASCII looks like Han; the right way round has the spaces and line ends.
        if high and known >= 0.97 * len(high) and not controls and (latin, known) > best:
            best, chosen = (latin, known), encoding
    if chosen:
        text = _read(data[: len(data) // 2 * 2], chosen, "strict")
        if text is not None:
            return Decoded(text + "\N{REPLACEMENT CHARACTER}" * (len(data) % 2), chosen, "nul-test")
    return None


def _declared_wide(data: bytes, declared: str | None) -> Decoded | None:
    """UTF-16 or UTF-32 of several scripts, if that is declared and no control character comes out."""
    for encoding in charset(declared) if declared else ():
        text = _read(data, encoding, "strict") if encoding.startswith("utf-") else None
        if text is not None and text.translate(_WIDE_CONTROLS) == text:
            return Decoded(text, encoding, "declared")
    return None


_C0 = frozenset(range(32)) - frozenset(b"\t\n\v\f\r")
_WIDE_CONTROLS = dict.fromkeys([*_C0, *range(0x7F, 0xA0)])

_SIGNATURES = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"RIFF", "a RIFF media file"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"\x1f\x8b", "gzip data"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ", "xz data"),
    (b"\x28\xb5\x2f\xfd", "zstandard data"),
    (b"\xd0\xcf\x11\xe0", "an OLE document"),
    (b"\x7fELF", "an ELF program"),
    (b"SQLite format 3", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
)


def _refuse_binary(data: bytes, controls: bytes) -> None:
    """Raise where a known signature stands, or more than 3 % (and 2) of the bytes are control characters.

    Random bytes have 11 %; text whose quotation marks were cut to one byte each has some. NULs at the end are padding.
    """
    for signature, what in _SIGNATURES:
        if data.startswith(signature):
            raise UndecodableError(f"binary data: looks like {what}")
    padding = len(data) - len(data.rstrip(b"\0"))
    count, length = len(controls) - padding, len(data) - padding
    if length == 0 or (count > 2 and count > 0.03 * length):
        raise UndecodableError(f"binary data: {count + padding} of {len(data)} bytes are control characters")


def _legacy(data: bytes, declared: str | None) -> Iterator[tuple[str, str, int]]:
    """Charsets to try once UTF-8 is out, the surest first: method, encoding, and how many Hangul syllables it takes."""
    names = charset(declared) if declared else ()
    sample = data[:SAMPLE_BYTES]
    yield from (("declared", n, 0) for n in names if n in MULTI_BYTE)
    yield "cp949-test", "cp949", 12
    yield from (("declared", n, 0) for n in names if n not in MULTI_BYTE)
    if signs_only(sample):
        yield "detector", "cp1252", 0
    guess = detect(data)
    if guess[:1] not in (("gb18030",), ("cp950",)):
        yield "cp949-test", "cp949", 2  # so few may be Chinese: not if the detector says that
    yield "detector", "johab", 6  # which the detector does not know
    if guess and guess[0] not in MULTI_BYTE:
        yield from _single_byte(sample, guess[0])
    yield from (("detector", n, 0) for n in guess)
    if len(sample.translate(None, ASCII)) < 0.2 * len(sample):
        yield from _single_byte(sample, "cp1252")  # what it took for Chinese


def _single_byte(sample: bytes, guess: str) -> Iterator[tuple[str, str, int]]:
    likeliest = single_byte(sample, guess)
    if likeliest != guess:
        yield "profile", likeliest, 0
    yield "detector", guess, 0
