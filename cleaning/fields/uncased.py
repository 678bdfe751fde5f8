"""Names and bylines in scripts without capitals: East Asian, Arabic, Persian, Urdu, Hebrew, Hindi, Bengali."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import re2

from cleaning.fields.namewords import Byline, byline_words, word_set

UNCASED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0590-\u06ff\u0900-\u09ff]")
ADDRESS = re.compile(r"\S*@\S*|https?://\S*|www\.\S*")
BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|<[^<>]*>")
# Words of letters only, all of one script: Arabic, Persian and Urdu, Hebrew, Devanagari, Bengali.
_SPACED = re.compile(
    "|".join(
        rf"{word}(?:\s{word}){{0,4}}"
        for word in (
            r"[\u0620-\u064a\u067e\u0686\u0698\u06a9\u06af\u06c0\u06cc\u200c\u0679\u0688\u0691\u06ba\u06be\u06c1\u06d2]{2,}",
            r"[\u05d0-\u05ea][\u05d0-\u05ea'׳\"״-]+",
            r"[\u0901-\u0963]{2,}",
            r"[\u0981-\u09e3]{2,}",
        )
    )
)
_HAN_NAME = re.compile(r"[\u3400-\u9fff々ヶ]{1,4}\s?[\u3400-\u9fff々\u3040-\u30ff]{1,4}")
_KATAKANA = re.compile(r"[\u30a0-\u30ff]{2,10}(?:[・=\s][\u30a0-\u30ff]{2,12}){0,3}")
_CHINESE = re.compile(
    r"(?:[\u3400-\u9fff]{2,8}\s?/?\s?)?(?:记者|記者)[\s:]?"  # `本报记者`, `例島報/ 記者`
    r"([\u3400-\u9fff]{2,4}(?:[、,\s·]{1,2}[\u3400-\u9fff]{2,4}){0,4})\s?(?:/[\u3400-\u9fff]{2,8})?"
)
# `王明 李华/文 张三/摄`
_CHINESE_SIGNED = re.compile(
    r"([\u3400-\u9fff]{2,4}(?:[、,\s]{1,2}[\u3400-\u9fff]{2,4}){0,3})\s?/\s?文(?:\s?/?图)?(?:\s.{0,24})?"
)
# `文｜王明`, `聞き手・高橋美咲`, `高橋美咲・編集委員`
_MARKED = re.compile(
    r"([\u3040-\u30ff\u3400-\u9fff]{1,8}(?:・文)?)\s?[・|/:]\s?([\u3040-\u30ff\u3400-\u9fff、・, ]{2,24})"
)
# `原创 王小明 海港日报`: who wrote it, and the account that it stands under.
_ORIGINAL = re.compile(r"原[创創][\s:]{1,3}([\u3400-\u9fff]{2,4})(?:\s([\u3400-\u9fffA-Za-z]{2,16}))?")
_LISTED = re.compile(r"[、・,\s]+")
# Who took the pictures, behind who wrote; and where the text is from.
_PICTURED = re.compile(r"[\s,、]+(?:写真|撮影|動画|攝影|摄影|图|圖|摄)\s?[・:/|].*")
_BRACKETED = re.compile(r"[【〔（(\[][^】〕）)\]]{2,40}[】〕）)\]]")
# `記者 山田太郎`, `文・山田太郎`: the word before the name says enough, whatever the family is called.
_JAPANESE_SIGNED = re.compile(
    r"(?:記者|(?:取材・)?文・写真|写真・文|文・構成|取材・文|構成・文|文|取材|執筆)[\s・:：/=＝]{1,2}"
    r"([\u3400-\u9fff々ヶ\u3040-\u30ff]{2,4}\s?[\u3400-\u9fff\u3040-\u309f々]{1,4})"
)
# `山田太郎（社会部）`
_OF_DESK = re.compile(
    r"([\u3400-\u9fff々ヶ]{2,4}\s?[\u3400-\u9fff\u3040-\u309f々]{1,3})\s?\([\u3040-\u30ff\u3400-\u9fff]{2,8}(?:部|局|班|室|デスク)\)"
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
    if "・" in text or not _HAN_NAME.fullmatch(text) or not 3 <= len(text.replace(" ", "").replace("\u3000", "")) <= 7:
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


def is_korean_name(text: str) -> bool:
    """Whether Hangul begins like a family name and is as long as a name."""
    _, name = _korean_patterns()
    return bool(name.fullmatch(text)) and text not in (
        word_set("korean", "places") | word_set("korean", "never") | word_set("korean", "roles")
    )


# `예시뉴스 홍길동입니다.`
_SIGNED_OFF = re.compile(r"(?:뉴스|NEWS|News|방송|TV|[A-Z]{3,4}) ?([가-힣]{3})(?:입니다|이었습니다|였습니다)\.?$")
# Before the name of who took the pictures.
_PICTURE = "사진"
# What stands between two reporters each of whom has the word behind the name.
_BETWEEN = " ,·/ㆍ|&"
# `홍길동(전주) 기자`
_SHORT_BRACKET = re.compile(r"(?<=[가-힣])\([가-힣]{2,4}\)\s?(?=[가-힣])")


def read_korean(plain: str) -> Byline | None:
    """`홍길동 기자`, `[서울=뉴시스] 홍길동 기자 = `, `글·사진 홍길동 김철수 기자 hong@…`: a line of little else."""
    if len(plain) <= 40 and (match := _SIGNED_OFF.search(plain)) and is_korean_name(match[1]):
        return Byline((match[1],), (), "korean")
    if len(plain) > 90 or not any(role in plain for role in byline_words()["korean"]["roles"]):
        return None
    named, _ = _korean_patterns()
    plain = _SHORT_BRACKET.sub(" ", plain)
    match = named.search(plain)
    if match is None:
        return None
    who, behind = match[1], plain[match.end() :]
    while (another := named.match(BRACKETS.sub("", ADDRESS.sub("", behind)).lstrip(_BETWEEN))) is not None:
        # `홍길동 기자 (hong@example.com), 김철수 기자`
        who, behind = f"{who},{another[1]}", another.string[another.end() :]
    rest = BRACKETS.sub("", ADDRESS.sub("", plain[: match.start(1)] + behind))
    if sum("가" <= char <= "힣" for char in rest) > 12 or plain[-1] == "다" or plain.endswith("다."):
        return None
    named_there = re.split(r"[\s·,/ㆍ]+", who)
    if _PICTURE in named_there[1:]:  # `홍길동 기자, 사진 김철수 기자`
        named_there = named_there[: named_there.index(_PICTURE, 1)]
    names = list(filter(is_korean_name, named_there))
    return Byline(tuple(dict.fromkeys(names)), (), "korean") if names else None


def is_uncased_name(text: str) -> bool:
    """Whether a text in such a script has the shape of one name."""
    return (
        bool(_SPACED.fullmatch(text))
        or bool(_HAN_NAME.fullmatch(text))
        or bool(_KATAKANA.fullmatch(text))
        or is_korean_name(text)
    )


def read_han(plain: str) -> Byline | None:
    """`記者王小明／台北報導`, `【山田太郎】`: a Chinese or Japanese line of reporters and little else."""
    whole = _PICTURED.sub("", plain.strip())
    inner = whole[1:-1].strip() if _BRACKETED.fullmatch(whole) else whole
    if match := _CHINESE.fullmatch(inner):
        names = [name for name in re.split(r"[、，,\s·]+", match[1]) if is_chinese_name(name)]
        if names:
            return Byline(tuple(dict.fromkeys(names)), (), "chinese")
    if (match := _ORIGINAL.fullmatch(inner)) and is_chinese_name(match[1]):
        return Byline((match[1],), (match[2],) if match[2] else (), "chinese")
    if (match := _OF_DESK.fullmatch(inner)) and is_japanese_name(match[1]):
        return Byline((match[1],), (), "japanese")
    if match := _JAPANESE_SIGNED.fullmatch(inner):
        return Byline((match[1],), (), "japanese")
    if (match := _JAPANESE.fullmatch(inner)) and is_japanese_name(match[1]):
        return Byline((match[1],), (), "japanese")
    if inner is not whole:
        # `【山田太郎】`, `（山田太郎、鈴木花子）`, `[山田太郎, 例示社]`
        names = re.split(r"\s?[、,・]\s?", inner)
        if whole[0] == "[" and len(names) == 2:
            names = names[:1]
        if all(is_japanese_name(name) for name in names):
            return Byline(tuple(names), (), "japanese")
    return _read_marked(inner)


def _read_marked(text: str) -> Byline | None:
    if match := _CHINESE_SIGNED.fullmatch(text):
        names = [name for name in _LISTED.split(match[1]) if is_chinese_name(name)]
        return Byline(tuple(dict.fromkeys(names)), (), "chinese") if names else None
    match = _MARKED.fullmatch(text)
    if match is None:
        return None
    if match[2] in word_set("japanese", "roles") and is_japanese_name(match[1]):
        return Byline((match[1],), (), "japanese")
    names = _LISTED.split(match[2].strip())
    if match[1] in word_set("japanese", "roles") and is_japanese_name(names[0]):
        return Byline((names[0],), (), "japanese")
    if match[1] in word_set("intro", "colon") and all(
        is_chinese_name(name) or is_japanese_name(name) for name in names
    ):
        return Byline(tuple(dict.fromkeys(names)), (), "colon")
    return None


def is_spaced_name(text: str) -> bool:
    """Two to four words of letters in such a script of which the first, in Hindi also the last, is one of names.

    >>> is_spaced_name("ليلى الحداد"), is_spaced_name("אסון הטבע")
    (True, False)
    """
    if not 2 <= text.count(" ") + 1 <= 4 or _SPACED.fullmatch(text) is None:
        return False
    first, *_, last = text.split(" ")
    return (
        first in word_set("arabic", "given")
        or first in word_set("spaced", "given")
        or last in word_set("spaced", "family")
    )


@cache
def _arabic() -> re.Pattern[str]:
    """A place and a name with a dash or colon between them, in either order."""
    place = "|".join(sorted(byline_words()["arabic"]["places"], key=len, reverse=True))
    name = r"[\u0620-\u064a]{2,}(?:\s[\u0620-\u064a]{2,}){1,3}"
    return re.compile(
        rf"(?:(?:{place})\s?[-–—:/|]\s?(?P<behind>{name})|(?P<before>{name})\s?[-–—/|(]\s?(?:{place})\)?)"
    )


def read_arabic(plain: str) -> Byline | None:
    """`القاهرة - محمد أحمد`: a line of nothing but a place and who writes from there."""
    match = _arabic().fullmatch(plain) if len(plain) <= 60 else None
    if match is None:
        return None
    name = match["behind"] or match["before"]
    return Byline((name,), (), "by") if name.split()[0] in word_set("arabic", "given") else None


def split_waw(text: str) -> str:
    """Two Arabic names with the letter for `and` before the second set apart.

    >>> split_waw("أحمد عبد الرحمن ومنى السيد")
    'أحمد عبد الرحمن و منى السيد'
    """
    words = text.split(" ")
    for at in range(2, len(words) - 1):
        word = words[at]
        if len(word) > 3 and word[0] == "و" and word not in word_set("arabic", "waw"):
            return " ".join([*words[:at], "و", word[1:], *words[at + 1 :]])
    return text
