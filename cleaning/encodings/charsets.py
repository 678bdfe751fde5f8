"""Names of charsets, and guesses at which one some bytes are in."""

from __future__ import annotations

import codecs
import re

from chardetng_py import EncodingDetector

SAMPLE_BYTES = 65_536
"""How much of a document tests and detector look at; decoding itself always covers all of it."""

_SUPERSETS = {
    "ascii": ("cp1252",),
    "iso8859-1": ("cp1252",),
    "iso8859-9": ("cp1254",),
    "iso8859-11": ("cp874",),
    "tis-620": ("cp874",),
    "euc_kr": ("cp949",),
    "gb2312": ("gb18030",),
    "gbk": ("gb18030",),
    "shift_jis": ("cp932", "shift_jis_2004"),
    "cp932": ("cp932", "shift_jis_2004"),
    "euc_jp": ("euc_jp", "euc_jis_2004"),
    "big5": ("cp950", "big5hkscs"),
    "cp950": ("cp950", "big5hkscs"),
}
MULTI_BYTE = frozenset(
    [
        "cp949", "johab", "gb18030", "hz", "cp932", "shift_jis_2004", "euc_jp", "euc_jis_2004", "cp950", "big5hkscs",
        "iso2022_jp", "iso2022_kr", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be",
    ]
)  # fmt: skip
# What may be declared: no utf-7, no escapes, no compression, nothing that a page cannot mean.
_ALLOWED = MULTI_BYTE | frozenset(
    [
        "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp437", "cp850",
        "cp852", "cp866", "cp874", "koi8-r", "koi8-u", "koi8-t", "kz1048", "ptcp154", "iso8859-2", "iso8859-3",
        "iso8859-4", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8", "iso8859-10", "iso8859-13", "iso8859-14",
        "iso8859-15", "iso8859-16", "mac-roman", "mac-cyrillic", "mac-latin2", "mac-greek", "mac-turkish",
    ]
)  # fmt: skip
# Labels that pages use and Python does not know.
_LABELS = {
    "windows-949": "cp949",
    "windows-31j": "cp932",
    "windows-874": "cp874",
    "gb_2312-80": "gbk",
    "iso-8859-8-i": "iso8859-8",
    "utf-16": "utf-16-le",
    "utf-32": "utf-32-le",
    "unicode": "utf-16-le",
}
_LABEL = re.compile(r"[a-z0-9][a-z0-9._:-]{1,30}")


def charset(label: str) -> tuple[str, ...]:
    """The charsets to try for a label, in order, as Python names them; () if the label means none.

    >>> charset(" EUC-KR"), charset("x-sjis"), charset("zip")
    (('cp949',), ('cp932', 'shift_jis_2004'), ())
    """
    label = label.strip().strip("\"'").lower()
    label = _LABELS.get(label, label).removeprefix("x-")
    if not _LABEL.fullmatch(label):
        return ()
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return ()
    return tuple(n for n in _SUPERSETS.get(name, (name,)) if n in _ALLOWED)


def detect(data: bytes) -> tuple[str, ...]:
    """The charsets that the detector would try, judging by the first `SAMPLE_BYTES`; never UTF-8 or UTF-16.

    >>> detect("Новости дня: погода".encode("koi8-r"))
    ('koi8-u',)
    """
    detector = EncodingDetector()
    detector.feed(data[:SAMPLE_BYTES], last=len(data) <= SAMPLE_BYTES)
    return charset(detector.guess(tld=None, allow_utf8=False))


def signs_only(data: bytes) -> bool:
    """Whether all bytes beyond ASCII are quotation marks, dashes and signs of cp1252.

    The detector takes them for letters of another charset.
    """
    return not _SIGN.sub(b"", data).translate(None, ASCII)


ASCII = bytes(range(128))
_SIGN = re.compile(rb"[\x80\x84\x85\x91-\x97\x99\xa0\xa7\xa9\xab\xad\xae\xb0\xb7\xbb]|\xa3(?= ?[0-9])")
