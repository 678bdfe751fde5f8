"""Names and bylines in scripts without capitals: Chinese, Japanese, Korean, Arabic."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import re2

from cleaning.fields.namewords import Byline, byline_words, word_set

UNCASED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0600-\u06ff]")
ADDRESS = re.compile(r"\S*@\S*|https?://\S*|www\.\S*")
BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|<[^<>]*>")
_ARABIC = re.compile(r"[\u0620-\u064a]{2,}(?:\s[\u0620-\u064a]{2,}){0,4}")
_HAN_NAME = re.compile(r"[\u3400-\u9fff々ヶ]{1,4}\s?[\u3400-\u9fff々\u3040-\u30ff]{1,4}")
_KATAKANA = re.compile(r"[\u30a0-\u30ff]{2,10}(?:[・=\s][\u30a0-\u30ff]{2,12}){0,3}")
_CHINESE = re.compile(
    r"(?:[\u3400-\u9fff]{2,8}\s?/?\s?)?(?:记者|記者)[\s:]?"  # `本报记者`, `例島報/ 記者`
    r"([\u3400-\u9fff]{2,4}(?:[、,\s·]{1,2}[\u3400-\u9fff]{2,4}){0,4})\s?(?:/[\u3400-\u9fff]{2,8})?"
)
_BRACKETED = re.compile(r"[【〔（(\[][^】〕）)\]]{2,40}[】〕）)\]]")
# `記者 山田太郎`, `文・山田太郎`: the word before the name says enough, whatever the family is called.
_JAPANESE_SIGNED = re.compile(
    r"(?:記者|(?:取材・)?文・写真|写真・文|文・構成|取材・文|構成・文|文|取材|執筆)[\s・:：/=＝]{1,2}"
    r"([\u3400-\u9fff々ヶ\u3040-\u30ff]{2,4}\s?[\u3400-\u9fff\u3040-\u309f々]{1,4})"
)
_JAPANESE = re.compile(r"([\u3400-\u9fff々ヶ]{2,4}\s?[\u3400-\u9fff\u3040-\u309f々]{1,3})記者")


def is_chinese_name(text: str) -> bool:
    """Two to four Han characters that begin with a common family name."""
    return 2 <= len(text) <= 4 and text[0] in byline_words()["chinese"]["surnames"]


def is_japanese_name(text: str) -> bool:
    """A family and a given name: with a space between them, or beginning with a common family name.

    >>> is_japanese_name("山田太郎"), is_japanese_name("特集一覧")
    (True, False)
    """
    text = text.strip()
    if not _HAN_NAME.fullmatch(text) or not 3 <= len(text.replace(" ", "").replace("\u3000", "")) <= 7:
        return False
    return any(text.startswith(name) for name in _japanese_surnames(text[0]) if len(text) > len(name))


@cache
def _japanese_surnames(first: str) -> tuple[str, ...]:
    return tuple(name for name in byline_words()["japanese"]["surnames"] if name[0] == first and len(name) > 1)


@cache
def _korean_patterns() -> tuple[Any, Any]:
    words = byline_words()["korean"]
    name = f"(?:(?:{'|'.join(words['compound_surnames'])})[가-힣]{{1,2}}|[{words['surnames']}][가-힣]{{1,3}})"
    roles = "|".join(sorted(words["roles"], key=len, reverse=True))
    places = "|".join(words["places"])
    named = re2.compile(
        rf"(?:^|[^가-힣])({name}(?:[\s·,/ㆍ]{{1,3}}{name}){{0,4}})\s{{0,2}}(?:(?:{places})\s?)?(?:{roles})(?:[^가-힣]|$)"
    )
    return named, re2.compile(name)


def _is_korean_name(text: str) -> bool:
    _, name = _korean_patterns()
    return bool(name.fullmatch(text)) and text not in word_set("korean", "places") | word_set("korean", "never")


def read_korean(plain: str) -> Byline | None:
    """`홍길동 기자`, `[서울=뉴시스] 홍길동 기자 = `, `글·사진 홍길동 김철수 기자 hong@…`: a line of little else."""
    if len(plain) > 90 or not any(role in plain for role in byline_words()["korean"]["roles"]):
        return None
    named, _ = _korean_patterns()
    match = named.search(plain)
    if match is None:
        return None
    rest = BRACKETS.sub("", ADDRESS.sub("", plain[: match.start(1)] + plain[match.end() :]))
    if sum("가" <= char <= "힣" for char in rest) > 12 or plain[-1] == "다" or plain.endswith("다."):
        return None
    names = [name for name in re.split(r"[\s·,/ㆍ]+", match[1]) if _is_korean_name(name)]
    return Byline(tuple(dict.fromkeys(names)), (), "korean") if names else None


# `Ann Lee1,`: the number of an institute


def is_uncased_name(text: str) -> bool:
    """Whether a text in such a script has the shape of one name."""
    return (
        bool(_ARABIC.fullmatch(text))
        or bool(_HAN_NAME.fullmatch(text))
        or bool(_KATAKANA.fullmatch(text))
        or _is_korean_name(text)
    )


def read_han(plain: str) -> Byline | None:
    """`記者王小明／台北報導`, `【山田太郎】`: a Chinese or Japanese line of reporters and little else."""
    whole = plain.strip()
    inner = whole[1:-1].strip() if _BRACKETED.fullmatch(whole) else whole
    if match := _CHINESE.fullmatch(inner):
        names = [name for name in re.split(r"[、，,\s·]+", match[1]) if is_chinese_name(name)]
        if names:
            return Byline(tuple(dict.fromkeys(names)), (), "chinese")
    if match := _JAPANESE_SIGNED.fullmatch(inner):
        return Byline((match[1],), (), "japanese")
    if (match := _JAPANESE.fullmatch(inner)) and is_japanese_name(match[1]):
        return Byline((match[1],), (), "japanese")
    if inner is not whole and whole[0] == "【":
        names = inner.replace("、", " 、 ").split(" 、 ")
        if all(is_japanese_name(name) for name in names):
            return Byline(tuple(names), (), "japanese")
    return None
