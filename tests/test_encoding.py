"""Bytes to text and broken text to right text. The cases are data: tests/cases/encoding/*.json."""

from __future__ import annotations

import json
import tomllib
import unicodedata
from pathlib import Path
from typing import Any

import ftfy
import ftfy.badness
import ftfy.chardata
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cleaning import repair
from cleaning.decode import Decoded, UndecodableError, decode
from cleaning.encodings import codepoints, escapes, precheck
from cleaning.encodings.by_ftfy import by_ftfy
from cleaning.encodings.charsets import charset
from cleaning.repair import REPAIR_KINDS, Repaired, mojibake_left
from tests import bench_encoding
from tests.bench_repair import MISREAD, measure
from tests.floors import hold
from tests.passages import LENGTHS, news, passages

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "cases" / "encoding"
CHARACTERS: dict[str, Any] = tomllib.loads((ROOT / "cleaning" / "data/characters.toml").read_text("utf-8"))


def cases(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((CASES / f"{name}.json").read_text("utf-8"))
    assert rows, f"no cases in {name}.json"
    return rows


def title(case: dict[str, Any]) -> str:
    return ascii(case.get("why") or f"{case['text'][:12]} {case.get('written', case.get('charset'))}")[1:-1][:50]


# Repair


@pytest.mark.parametrize("case", cases("wild"), ids=title)
def test_wild(case: dict[str, Any]) -> None:
    assert repair.repair(case["text"]) == (case["right"], tuple(case["repairs"]))


@pytest.mark.parametrize("case", cases("synthetic"), ids=title)
def test_synthetic(case: dict[str, Any]) -> None:
    """A right text, written in one charset and read in another, so many times."""
    text = case["text"]
    for _ in range(case["times"]):
        text = misread(text, case["written"] if text == case["text"] else "utf-8", case["read"])
    assert text != case["text"]
    assert repair.repair(text) == (case["text"], tuple(case["repairs"]))
    # In a page: between sound lines, and more than once.
    page = f"A headline\n\n{text}\nBüro: 12 °C\n{text}"
    assert repair.repair(page).text == f"A headline\n\n{case['text']}\nBüro: 12 °C\n{case['text']}"


def misread(text: str, written: str, read: str) -> str:
    data = text.encode(written)
    try:
        return data.decode(read)
    except UnicodeDecodeError:
        return data.decode(f"sloppy-windows-{read[2:]}")


@pytest.mark.parametrize("case", cases("negative"), ids=title)
def test_negative(case: dict[str, Any]) -> None:
    text = case["text"]
    assert repair.repair(text) == Repaired(text, ())
    assert mojibake_left(text) == case.get("flagged", False)
    page = f"Title\n{text}\n\nA paragraph with “marks”.\n{text}\n{text}"
    assert repair.repair(page) == Repaired(page, ())
    assert mojibake_left(page) == case.get("flagged", False)


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=pytest.mark.xfail(strict=True)) for case in cases("known-failures")]
)
def test_known_failures(case: dict[str, Any]) -> None:
    assert repair.repair(case["text"]).text == case["right"]


@pytest.mark.parametrize("rule", CHARACTERS["change"], ids=lambda rule: rule["id"])
def test_rules_of_characters(rule: dict[str, Any]) -> None:
    assert rule["changes"] and rule["why"]
    for text, right in rule["changes"]:
        assert repair.repair(text).text == right
        assert rule["kind"] in repair.repair(text).repairs
    for kept in (text for other in CHARACTERS["change"] for text in other.get("keeps", ())):
        assert codepoints.change(kept, set()) == kept


def test_kinds_are_all_explained() -> None:
    used = {rule["kind"] for rule in CHARACTERS["change"]}
    used |= {kind for name in ("wild", "synthetic") for case in cases(name) for kind in case["repairs"]}
    assert used == set(REPAIR_KINDS), "a kind without a case, or without a meaning"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("A caf\ufffd in town", True),
        ("the \x81 byte", True),
        ("ÇÑ±¹ Á¤ºÎ", True),
        ("Çѱ¹ Á¤ºÎ", True),
        ("Ïðèâåò, ìèð", True),
        ("erÄ™ rakiet", True),
        ("po³owa wyp³aty", True),
        ("20 m³/h, 3¼ Meilen, x³", False),
        ("Itâ€ s", True),
        ("锟斤拷锟斤拷", True),
        ("縺薙ｓ縺ｫ縺｡縺ｯ", True),
        ("?? ???? ?? ????.", True),
        ("What?? Really???", False),
        ("São Paulo, €5, 20 °C, «AMANHû", False),
        ("", False),
    ],
)
def test_mojibake_left(text: str, left: bool) -> None:
    assert mojibake_left(text) is left


def test_decoding_stays_as_good_as_it_is() -> None:
    marks = {f"common_{length}": bench_encoding.mean("common", length) for length in LENGTHS}
    hold("decoding", marks, CASES.parent / "language" / "news.toml")


# Repair: properties

PLAIN_FTFY = ftfy.TextFixerConfig(uncurl_quotes=False, fix_character_width=False, unescape_html=True, explain=False)
NASTY = sorted(
    {c for group in ftfy.badness.MOJIBAKE_CATEGORIES.values() for c in group}
    | {chr(c) for c in (*range(0x20, 0x250), *range(0x390, 0x460), *ftfy.chardata.LIGATURES, *range(0x2010, 0x2070))}
    | {chr(c) for code in ("300-308", "1100-1102", "1161-1163", "11A8", "93C", "915", "FF71", "FF9E", "FF01", "3000")
       for c in range(int(code.partition("-")[0], 16), int(code.rpartition("-")[2], 16) + 1)}
    | set("한국어漢字かなｶ؀א\ue000\uf0b7\ufdd0\ufeff\ufffc\ufffd\u200b\n\r\x00\x1c")
    | set("\U0001f3f4\U000e0067\U000e007f\U0001f600")
)  # fmt: skip
READ_AS = ("latin-1", "sloppy-windows-1252", "sloppy-windows-1251", "sloppy-windows-1250", "macroman", "cp437")
nasty = st.text(st.sampled_from(NASTY), max_size=12)
SENTENCES = [sentence for sentences in news().values() for sentence in sentences]
any_text = st.one_of(
    nasty,
    st.builds(
        lambda sentence, at, bit: sentence[:at] + bit + sentence[at:],
        st.sampled_from(SENTENCES),
        st.integers(0, 90),
        st.text(st.sampled_from(NASTY), max_size=3),
    ),
    st.text(max_size=12),
    st.builds(lambda text, read: text.encode("utf-8", "replace").decode(read), nasty, st.sampled_from(READ_AS)),
    st.lists(st.sampled_from([case["text"] for case in cases("wild") + cases("negative")]), max_size=2).map("\n".join),
)


def forced(text: str) -> str:
    """Every step of repair on every line, whatever the precheck says."""
    kinds: set[str] = set()
    lines = repair.in_right_charset(text.split("\n"), kinds)
    return codepoints.width("\n".join(repair.change(line, kinds) for line in lines))


def agrees(text: str) -> None:
    if not precheck.suspect(text):
        assert ftfy.fix_text(text, PLAIN_FTFY) == text
        assert forced(text) == text
        assert repair.repair(text) == Repaired(text, ()) or escapes.unescaped(text) != text


@settings(max_examples=5000, deadline=None, derandomize=True)
@given(any_text)
@example("œ\n")
@example("Ã \nÂ ")
@example("a\x85b")
@example("x.\nÃ y")
def test_precheck_agrees_with_ftfy(text: str) -> None:
    agrees(text)


def test_precheck_agrees_with_ftfy_on_hard_strings() -> None:
    """All cases and sentences, right and read in every wrong charset, whole and cut; 5,000 of them must be sound."""
    texts = [case["text"] for name in ("wild", "negative", "synthetic", "known-failures") for case in cases(name)]
    texts += [
        c + sentence[:30] + c for sentence in SENTENCES for c in ("’", "…\n", "Ã", "é ", "\xa0", "“", "â", "ï", "°")
    ]
    texts += SENTENCES
    for sentence in SENTENCES:
        for read in READ_AS:
            broken = sentence.encode("utf-8").decode(read, "replace")
            texts += [broken, broken[: len(broken) // 3], sentence[:20] + broken[:2] + sentence[20:]]
    sound = 0
    for text in texts:
        agrees(text)
        sound += not precheck.suspect(text)
    assert sound >= 5_000


plain = st.sampled_from(
    ["", "l", " la vie, ", "quele s ", "A page of the council's report, and nothing else. ", "x" * 40]
)
long_lines = st.lists(st.tuples(plain, st.one_of(nasty, st.text(max_size=2))), max_size=5).map(
    lambda parts: "".join(before + bit for before, bit in parts) + "and what comes behind is as plain as it was before."
)


@settings(max_examples=3000, deadline=None, derandomize=True)
@given(
    st.one_of(
        long_lines,
        st.builds(lambda text, read: text.encode().decode(read, "replace"), long_lines, st.sampled_from(READ_AS)),
    )
)
@example(
    "Nada se vê aqui por muito tempo".encode().decode("latin-1")
    + " e refere-se Ã quele que nada viu ali por muito tempo."
)
@example("Nothing is to be seen here for long, Ã la carte, and nothing is to be seen here for long.")
@example("\x1b[38;2;255;100;0;48;2;0;0;0mThe council\x1b[0m voted on Monday, and nothing else was to be decided.")
@example("Nothing is to be seen here for long, \x1b[31m red, and \x1f what is cut is known by this, caf\xc3\xa9.")
def test_ftfy_gives_the_same_where_plain_stretches_are_cut_out(text: str) -> None:
    line = text.encode("utf-8", "replace").decode().replace("\n", " ")
    kinds: set[str] = set()
    assert by_ftfy(line, kinds) == ftfy.fix_text(line, precheck.FTFY)
    assert not kinds or ftfy.fix_text(line, precheck.FTFY) != line


@pytest.mark.slow
@settings(max_examples=200_000, deadline=None)
@given(any_text)
def test_precheck_agrees_with_ftfy_at_length(text: str) -> None:
    agrees(text)


@pytest.mark.slow
@pytest.mark.parametrize("plane", [0, 1, 2, 3, 14, 15, 16])
def test_precheck_agrees_on_each_character(plane: int) -> None:
    sound = "".join(
        c
        for c in map(chr, range(plane << 16, (plane + 1) << 16))
        if c != "\n" and not precheck.suspect(c) and not precheck.suspect(f"a{c}b")
    )
    text = "\n".join(sound) + "\n" + "\n".join(f"a{c}b" for c in sound)
    assert ftfy.fix_text(text, PLAIN_FTFY) == text
    assert forced(text) == text


@settings(max_examples=600, deadline=None, derandomize=True)
@given(any_text)
def test_repair_is_stable_and_says_what_it_did(text: str) -> None:
    done = repair.repair(text)
    assert repair.repair(done.text) == Repaired(done.text, ())
    assert bool(done.repairs) == (done.text != text)
    assert set(done.repairs) <= set(REPAIR_KINDS)
    assert list(done.repairs) == sorted(set(done.repairs))
    assert unicodedata.is_normalized("NFC", done.text)
    assert done.text.encode("utf-8").count(b"\r") == 0


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.builds(lambda text, read: text.encode("utf-8", "replace").decode(read), nasty, st.sampled_from(READ_AS[:2])))
def test_short_cut_is_what_ftfy_does(line: str) -> None:
    fixed = precheck.read_as_utf8(line)
    if fixed is not None and ftfy.badness.is_bad(line):
        assert fixed == ftfy.fix_and_explain(line, precheck.FTFY).text


@pytest.mark.parametrize("tag", sorted(news()))
def test_nothing_is_repaired_in_sound_text(tag: str) -> None:
    for length in LENGTHS:
        for text in passages(tag, length):
            assert repair.repair(text) == Repaired(text, ())
            assert not mojibake_left(text)


@pytest.mark.parametrize(
    ("charset", "tag"), [pair for pair in MISREAD if pair not in (("cp1250", "pl"), ("cp1254", "tr"))]
)
@pytest.mark.parametrize("read", ["latin-1", "sloppy-windows-1252"])
def test_mojibake_of_a_line_is_repaired_or_flagged(charset: str, tag: str, read: str) -> None:
    for length in (60, 300):
        right, flagged, neither = measure(charset, tag, read, length)
        assert right >= 0.95 * (right + flagged + neither)
        assert neither <= 1


def test_halves_of_a_pair_are_joined() -> None:
    assert repair.repair("Fine \ud83d\ude42 day \udc00") == ("Fine 🙂 day \ufffd", ("surrogates",))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(st.characters(categories=["Cs", "Lu", "So"]), max_size=8))
def test_surrogates_never_stay(text: str) -> None:
    repair.repair(text).text.encode("utf-8")


@pytest.mark.parametrize(
    "unit", ["&amp;", "amp;", "Ã©", "Ã", "ÇÑ±¹ ", "\u0301\u0323", "\u202bא", "\x1b[", "<a", "Ã© ’ ", "\ue000a", "???? "]
)
def test_hostile_lines_end(unit: str) -> None:
    """Long enough that anything quadratic would hang."""
    line = "&" + unit * 20_000
    assert isinstance(mojibake_left(repair.repair(line).text), bool)


# Decode


@pytest.mark.parametrize("case", cases("decode"), ids=title)
def test_decode(case: dict[str, Any]) -> None:
    data = case["text"].encode(case["charset"])
    assert decode(data, case.get("declared")) == Decoded(case["text"], case["encoding"], case["method"])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\2\0", "a PNG image"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\0", "a PDF document"),
        (b"PK\x03\x04\x14\0\0\0\x08\0", "a ZIP archive"),
        (bytes(200), "control characters"),
        (bytes(range(256)) * 4, "control characters"),
        (bytes((i * 37 + 11) % 32 for i in range(300)), "control characters"),
        (bytes(128 + (i * i * 31 + i * 7) % 128 for i in range(3000)), "no charset"),
    ],
)
def test_undecodable(data: bytes, reason: str) -> None:
    with pytest.raises(UndecodableError, match=reason) as caught:
        decode(data)
    assert "\n" not in str(caught.value)


KOREAN = "교육부는 내년부터 초등학교 방과후 수업을 두 시간 늘리기로 했다고 밝혔다. "


def test_a_file_cut_inside_its_last_character_is_kept() -> None:
    for cut in (1, 2):
        data = KOREAN.strip().rstrip(".").encode()[:-cut]
        decoded = decode(data)
        assert decoded == Decoded(KOREAN.strip().rstrip(".")[:-1] + "\ufffd", "utf-8", "utf-8")
        assert mojibake_left(decoded.text)
    assert decode("오늘은".encode()[:-1]).text == "오늘\ufffd"
    assert decode(KOREAN.encode("utf-16")[:-1]).text == KOREAN[:-1] + "\ufffd"


def test_a_latin_1_file_that_ends_like_cut_utf_8_is_not_taken_for_it() -> None:
    assert decode("Une journée au café".encode("cp1252")).text == "Une journée au café"


def test_stray_bytes_do_not_lose_a_document() -> None:
    for encoding, expected in (("utf-8", "utf-8"), ("cp949", "cp949")):
        data = (KOREAN * 10).encode(encoding) + b"\xff" + (KOREAN * 10).encode(encoding)
        decoded = decode(data)
        assert decoded.encoding == expected
        assert decoded.text == KOREAN * 10 + "\ufffd" + KOREAN * 10


def test_many_marks_do_not_recurse() -> None:
    assert decode(b"\xef\xbb\xbf" * 20_000 + (KOREAN * 2).encode("cp949")).text == KOREAN * 2


def test_utf_16_of_many_scripts_if_declared() -> None:
    text = "漢 Ж α ก ა"
    assert decode(text.encode("utf-16-le"), "UTF-16") == Decoded(text, "utf-16-le", "declared")


def test_surrogates_written_in_utf_8_do_not_lose_a_document() -> None:
    data = (KOREAN * 20).encode() + "\ud83d\ude00".encode("utf-8", "surrogatepass")
    assert decode(data).text.startswith(KOREAN * 20)


def test_padding_with_nuls_is_no_binary() -> None:
    assert repair.repair(decode(b"A short text." + bytes(100)).text).text == "A short text."


def test_the_whole_document_is_decoded_not_only_the_sample() -> None:
    ascii_first = "Plain words only. " * 10_000 + KOREAN * 30
    assert decode(ascii_first.encode("cp949"), "euc-kr").text == ascii_first
    korean_first = KOREAN * 3000
    assert decode(korean_first.encode("cp949")) == Decoded(korean_first, "cp949", "cp949-test")


@pytest.mark.parametrize(
    "label", ["", "zlib", "rot13", "unicode_escape", "utf-7", "../etc", "x" * 500, "idna", "한글", "a\0b"]
)
def test_labels_that_mean_no_charset(label: str) -> None:
    assert charset(label) == ()
    assert decode("Größe".encode(), label).text == "Größe"


@settings(max_examples=800, deadline=None, derandomize=True)
@given(st.binary(max_size=80), st.sampled_from([None, "euc-kr", "latin1", "utf-16", "shift_jis"]))
def test_decode_gives_text_or_the_one_error(data: bytes, declared: str | None) -> None:
    try:
        decoded = decode(data, declared)
    except UndecodableError as error:
        assert str(error)
    else:
        decoded.text.encode("utf-8")
        assert decoded.method in ("bom", "escape", "nul-test", "utf-8", "declared", "cp949-test", "detector", "profile")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_utf_8_is_read_as_utf_8(text: str) -> None:
    assert decode(text.encode()).text == text.removeprefix("\ufeff")


# Real text


def test_seeds_come_through_unchanged(shared: Path) -> None:
    for path in sorted(shared.glob("seeds/*.txt")):
        data = path.read_bytes()
        decoded = decode(data)
        done = repair.repair(decoded.text)
        assert done.text == data.decode("utf-8").replace("\r\n", "\n").replace("\u2011", "\u2010"), path.name
        assert set(done.repairs) <= {"line-ends", "hyphens"}
        assert not mojibake_left(done.text)


def test_no_false_repairs_on_news(shared: Path) -> None:
    """What was found on these pages, all of it read: nothing that a reader would miss."""
    rows = (shared / "bench" / "news-dev.jsonl").read_bytes().splitlines()
    done = [repair.repair(json.loads(row)["text"]) for row in rows]
    assert {kind for one in done for kind in one.repairs} <= {
        "hyphens",
        "invisible-characters",
        "nfc",
        "spaces",
        "width",
    }
    assert sum(bool(one.repairs) for one in done) <= 16
    assert not any(mojibake_left(one.text) for one in done)
