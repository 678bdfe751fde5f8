"""Which script a letter belongs to: data/scripts.toml as tables, and letters counted by them."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Sequence
from importlib import resources
from typing import NamedTuple
from unicodedata import category

import numpy as np
import numpy.typing as npt

from cleaning.codes import Spans, spans_of
from cleaning.native import native

_JAPANESE = 0.1
"""Share of kana among kana and Han from which they are Japanese."""


class Letters(NamedTuple):
    """A `[[letters]]` entry: classes of letters that a language has and lacks."""

    language: str
    has: list[int]
    lacks: list[int]
    share: float


class Scripts(NamedTuple):
    """`data/scripts.toml` as tables; the lists have an entry for each script."""

    classes: npt.NDArray[np.uint8]
    """The class of each code point; 0: a letter of none of the scripts."""
    members: npt.NDArray[np.int64]
    """(scripts, classes): 1 where the class is of the script."""
    script_of: npt.NDArray[np.int64]
    """The script of each class; for class 0 a number behind those of the scripts."""
    weights: npt.NDArray[np.int64]
    languages: list[str]
    profiles: list[list[str]]
    letters: list[list[Letters]]
    names: list[str]
    kana: int
    han: int
    han_sets: slice
    """The classes of Han characters, by which of GB 2312 (1), Big5 (2) and JIS X 0208 (4) has them."""


@functools.cache
def scripts() -> Scripts:
    """Read the data file: 0.2 s, once a process."""
    data = tomllib.loads(resources.files("cleaning").joinpath("data/scripts.toml").read_text("utf-8"))
    names = [script["name"] for script in data["script"]]
    kana, han = names.index("Jpan"), names.index("Hani")
    classes = np.zeros(0x110000, np.uint8)
    script_of = [-1, *range(len(names))]
    for number, script in enumerate(data["script"], 1):
        for span in script["ranges"]:
            first, last = (int(code, 16) for code in span.split("-"))
            # Beyond the BMP there are Han and kana only, all of them letters.
            letter = [code for code in range(first, last + 1) if code > 0xFFFF or category(chr(code))[0] in "LM"]
            classes[letter] = number

    han_sets = slice(len(script_of), len(script_of) + 8)
    script_of += [han] * 8
    is_han = classes == han + 1
    classes[is_han] = han_sets.start
    for bit, codec in [(1, "gb2312"), (2, "big5"), (4, "euc_jp")]:
        pairs = b"\n".join(bytes((lead, trail)) for lead in range(0xA1, 0xFA) for trail in range(0x40, 0xFF))
        known = np.array([ord(char) for char in sorted(set(pairs.decode(codec, "ignore")))])
        classes[known[is_han[known]]] += bit

    letters: list[list[Letters]] = [[] for _ in names]
    class_of: dict[str, int] = {}
    for rule in data["letters"]:
        script = names.index(rule["script"])
        for letter in rule["has"] + rule["lacks"]:
            if letter not in class_of:
                class_of[letter] = len(script_of)
                script_of.append(script)
                classes[[ord(letter), ord(letter.upper())]] = class_of[letter]
        has, lacks = ([class_of[letter] for letter in rule[key]] for key in ("has", "lacks"))
        letters[script].append(Letters(rule["language"], has, lacks, rule["share"]))
    if len(script_of) > 256:
        raise ValueError("scripts.toml names more letters than fit one byte")
    return Scripts(
        classes=classes,
        members=(np.array(script_of) == np.arange(len(names))[:, None]).astype(np.int64),
        script_of=np.array([len(names), *script_of[1:]]),
        weights=np.array([script.get("weight", 1) for script in data["script"]]),
        languages=[script.get("language", "") for script in data["script"]],
        profiles=[script.get("profiles", []) for script in data["script"]],
        letters=letters,
        names=names,
        kana=kana,
        han=han,
        han_sets=han_sets,
    )


def census(texts: Sequence[str]) -> npt.NDArray[np.int64]:
    """Count the letters of each class in each text: (texts, classes)."""
    classes = scripts().members.shape[1]
    return _counted(spans_of(texts), np.arange(classes), classes)


def script_letters(texts: Spans) -> npt.NDArray[np.int64]:
    """Letters of each script in each text: what `letters_of_scripts` makes of their census."""
    table = scripts()
    return _with_japanese(_counted(texts, table.script_of, len(table.names) + 1)[:, :-1])


def _counted(texts: Spans, column: npt.NDArray[np.int64], columns: int) -> npt.NDArray[np.int64]:
    counts = np.zeros((len(texts.starts), columns), np.int64)
    _count(*texts, scripts().classes, column, counts)
    return counts


def letters_of_scripts(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Letters of each script, (texts, scripts), of what `census` counted. Han beside kana are Japanese, and kana beside
    much more Han are a brand or a quote in Chinese.
    """
    order, firsts = _by_script()
    return _with_japanese(np.add.reduceat(counts[:, order], firsts, axis=1))


@functools.cache
def _by_script() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The classes by script, and where among them those of each script begin."""
    script, classes = np.nonzero(scripts().members)
    return classes, np.searchsorted(script, np.arange(len(scripts().names)))


def _with_japanese(letters: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    table = scripts()
    kana, han = letters[:, table.kana].copy(), letters[:, table.han].copy()
    japanese = kana >= _JAPANESE * (kana + han)
    letters[:, table.kana] = np.where(japanese, kana + han, 0)
    letters[:, table.han] = np.where(japanese, 0, kana + han)
    return letters


@native("u4[] i8[] i8[] u1[] i8[] i8[,]")
def _count(
    codes: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    stops: npt.NDArray[np.int64],
    classes: npt.NDArray[np.uint8],
    column: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
) -> None:
    """Compiled: count the code points of each text, each in the column of its class.

    The two commonest, what is no letter and Latin, are counted aside: a sum in memory has to wait for the last one.
    """
    for text in range(len(counts)):
        first, others = np.int64(0), np.int64(0)
        for at in range(starts[text], stops[text]):
            of = classes[codes[at]]
            if of > 1:
                counts[text, column[of]] += 1
                others += 1
            else:
                first += of
        counts[text, column[1]] += first
        counts[text, column[0]] += stops[text] - starts[text] - others - first
