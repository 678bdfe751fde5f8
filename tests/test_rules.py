from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import re2
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cleaning.atoms import atoms_of
from cleaning.labelers import phrases
from cleaning.lines import split
from cleaning.matching import KINDS, LONGEST, MAX_CHARS, PackError, Rule, fold
from cleaning.packs import MAX_BYTES
from cleaning.patterns import Patterns
from cleaning.prefilter import Prefilter
from cleaning.rule_checks import check_rules
from cleaning.rules import RuleBook, bind_packs, load_rules

CASES = Path(__file__).parent / "cases" / "rules"
PACKS = Path(__file__).parents[1] / "cleaning" / "rules"

# A floor rises or stays.
PHRASES = 19_900
FLOORS = {
    "en": 1_700,
    "ko": 1_450,
    "de": 1_000,
    "zh": 800,
    "ja": 650,
    "es": 600,
    "fr": 550,
    "pt": 500,
    "it": 500,
    "nl": 450,
}
LEAST_IN_A_LANGUAGE = 256

# RE2's instructions: of a pattern, of all those together that every line is asked for. They sink or stay.
LARGEST_PROGRAM, LARGEST_ALWAYS = 6_250, 17_000


def cases(kind: str) -> list[Any]:
    table = tomllib.loads((CASES / f"{kind}.toml").read_text("utf-8"))["case"]
    return [pytest.param(case, id=case["name"]) for case in table]


def labelled(case: dict[str, Any]) -> list[tuple[int, str]]:
    lines = split([case["text"].removeprefix("\n")], [case.get("url")])
    return sorted({(int(lines.line_no[one.row]), one.label) for one in phrases.label(lines, [])})


@pytest.mark.parametrize("case", [*cases("wild"), *cases("synthetic")])
def test_case(case: dict[str, Any]) -> None:
    assert labelled(case) == [tuple(one) for one in case["labels"]]


@pytest.mark.parametrize("case", cases("negative"))
def test_nothing_is_taken_from_an_article(case: dict[str, Any]) -> None:
    assert labelled(case) == []


@pytest.mark.xfail(strict=True)
@pytest.mark.parametrize("case", cases("known-failures"))
def test_known_failure(case: dict[str, Any]) -> None:
    assert labelled(case) == [tuple(one) for one in case["labels"]]


def test_every_rule_does_what_its_examples_say() -> None:
    assert check_rules(load_rules()) == []


def test_floors() -> None:
    count = Counter[str]()
    for rule in load_rules().rules:
        if rule.site is None and not rule.retired:
            count[rule.pack.removeprefix("phrases/").removesuffix(".toml")] += len(rule.text)
    assert count.total() >= PHRASES
    assert {pack: count[pack] for pack, floor in FLOORS.items() if count[pack] < floor} == {}
    assert {pack: n for pack, n in count.items() if pack != "generic" and n < LEAST_IN_A_LANGUAGE} == {}


def test_every_pack_is_read() -> None:
    files = {f"{path.parent.name}/{path.name}" for path in PACKS.rglob("*.toml")}
    assert {rule.pack for rule in load_rules().rules} == files


RULE = """
[[rule]]
id    = "xx.close"
label = "ui-string"
match = "line"
text  = ["Close it now"]
why   = "A button."
drops = ["Close it now"]
keeps = ["Close it now or later."]
"""


def test_the_readme_of_the_packs_names_every_key_and_its_example_is_one() -> None:
    page = (PACKS / "README.md").read_text("utf-8")
    keys = {field.name for field in fields(Rule)} - {"pack", "place", "site"}
    assert {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")} == keys
    assert check_rules(bind_packs({"sites/example.com.toml": page.split("```toml\n")[1].split("```")[0]})) == []
    assert all(f"`{kind}`" in page for kind in KINDS)
    assert f"{MAX_CHARS} characters" in page and f"a `regex` {LONGEST} at most" in page and MAX_BYTES == 2**20


def bound(content: str, file: str = "phrases/xx.toml") -> RuleBook:
    return bind_packs({file: content})


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("keeps", "keep", "rules/phrases/xx.toml, rule 'xx.close': unknown key 'keep'; did you mean 'keeps'?"),
        ('"ui-string"', '"ui-strings"', "unknown label 'ui-strings'; did you mean 'ui-string'?"),
        ('"line"', '"lines"', "unknown match 'lines'; did you mean 'line'?"),
        ('keeps = ["Close it now or later."]', "", "'keeps' has to be a list of at least one string"),
        ('drops = ["Close it now"]', "drops = []", "'drops' has to be a list of at least one string"),
        ('why   = "A button."', "", "'why' has to be a string"),
        ('text  = ["Close it now"]', 'text = "Close"', "'text' has to be a list of at least one string"),
        ('"xx.close"', '"yy.close"', "begins with 'xx.'"),
        ("[[rule]]", "[[rules]]", "unknown key 'rules'; did you mean 'rule'?"),
        (
            '["Close it now"]\nwhy',
            '["Close 2 now"]\nwhy',
            "'Close 2 now' needs a letter, and {n} where a number stands",
        ),
        ('["Close it now"]\nwhy', '["{n}"]\nwhy', "needs a letter"),
        ('"line"\ntext  = ["Close it now"]', '"regex"\ntext = ["a(?=b)"]', "'a(?=b)' is not an RE2 pattern"),
        ('why   = "A button."', 'why = "x"\nmax_chars = 121', "'max_chars' has to be a number from 1 to 120"),
        ('why   = "A button."', 'why = "x"\nretired = 1', "'retired' has to be true or false"),
        ("[[rule]]", "[[rule]", "rules/phrases/xx.toml: "),
        ("[[rule]]", "site = 'xx'\n[[rule]]", "unknown key 'site'"),
    ],
)
def test_a_pack_that_is_wrong_is_refused(old: str, new: str, said: str) -> None:
    assert old in RULE
    bound(RULE)
    with pytest.raises(PackError) as error:
        bound(RULE.replace(old, new, 1))
    assert said in str(error.value)


def test_an_id_stands_once() -> None:
    with pytest.raises(PackError, match=r"'xx\.close' stands in rules/phrases/xx\.toml already"):
        bound(RULE + RULE)


def test_a_site_pack_names_its_site_and_its_day() -> None:
    rule = RULE.replace("xx.close", "example.com.close")
    with pytest.raises(ValueError, match=r"`site` has to be 'example\.com'"):
        bound(rule, "sites/example.com.toml")
    with pytest.raises(ValueError, match="`seen` has to be the day"):
        bound('site = "example.com"\n' + rule, "sites/example.com.toml")
    book = bound(
        'site = "example.com"\nseen = 2026-11-22\nrecognise = ["Example & Co"]\n' + rule, "sites/example.com.toml"
    )
    assert [one.rule.id for one in book.match("CLOSE IT NOW", "example.com")] == ["example.com.close"]
    assert book.match("Close it now") == book.match("Close it now", "example.org") == []
    assert book.recognise(["A line", "By Example & Co"]) == {1: "example.com"}


def test_examples_that_are_wrong_are_named() -> None:
    def said(old: str, new: str) -> list[str]:
        assert old in RULE
        return check_rules(bound(RULE.replace(old, new, 1)))

    assert said('drops = ["Close it now"]', 'drops = ["Close"]') == ["xx.close does not catch its own 'Close'"]
    assert said('keeps = ["Close it now or later."]', 'keeps = ["Close it now"]') == [
        "xx.close catches 'Close it now', which xx.close keeps"
    ]
    assert said('text  = ["Close it now"]', 'text = ["Close it now", "CLOSE  it now:"]') == [
        "xx.close: 'CLOSE  it now:' stands in xx.close already"
    ]
    assert said('"line"\ntext  = ["Close it now"]', '"starts"\ntext = ["Close it now", "Shut it"]')[0] == (
        "xx.close: no line of `drops` shows 'Shut it' at work"
    )


def test_a_retired_rule_catches_nothing() -> None:
    book = bound(RULE + "retired = true\n")
    assert book.match("Close it now") == []
    assert "xx.close" in book.by_id
    assert check_rules(book) == []


@pytest.mark.parametrize(
    ("match", "phrase", "caught", "missed"),
    [
        ("starts", "Read also", ["Read also: x", "READ ALSO"], ["Read alsop", "To read also"]),
        (
            "ends",
            "your feedback",
            ["Share your feedback", "Share your Feedback…"],
            ["Share yyour feedback", "your feedback form"],
        ),
        ("contains", "view all", ["Please view all now", "View all"], ["Review all", "view allium"]),
        ("contains", "댓글", ["이 댓글을"], ["덧글"]),
    ],
)
def test_how_a_phrase_is_met(match: str, phrase: str, caught: list[str], missed: list[str]) -> None:
    content = RULE.replace('"line"', f'"{match}"').replace('["Close it now"]\nwhy', f'["{phrase}"]\nwhy')
    book = bound(content)
    assert [bool(book.match(line)) for line in caught + missed] == [True] * len(caught) + [False] * len(missed)


def test_a_long_line_is_no_boilerplate() -> None:
    content = RULE.replace('"line"', '"starts"').replace("why ", "max_chars = 40\nwhy ")
    assert [len(bound(content).match("Close it now" + " x" * n)) for n in (14, 15)] == [1, 0]
    assert load_rules().match("© 2024 Example. " + "x" * LONGEST) == []


phrases_of_packs = st.sampled_from([text for rule in load_rules().rules if rule.match == "line" for text in rule.text])
texts = st.lists(
    st.one_of(st.text(max_size=200), st.text("-*#|0 /@.가Aa©\n\ud800", max_size=150), phrases_of_packs), max_size=12
)


@settings(max_examples=150, deadline=None)
@given(texts, st.sampled_from([None, "trtworld.com", "example.com"]))
def test_one_line_and_many_are_matched_alike(lines: list[str], site: str | None) -> None:
    book = load_rules()
    many = book.match_distinct(lines)
    own = book.match_distinct(lines, site) if site else {}
    for number, line in enumerate(lines):
        assert book.match(line, site) == [*many.get(number, ()), *own.get(number, ())]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=8))
def test_lines_are_folded_one_by_one(lines: list[str]) -> None:
    assert fold(lines) == [fold([line])[0] for line in lines]


@settings(max_examples=300, deadline=None)
@given(st.text("0129.,' kma()-*\t", max_size=40))
def test_numbers_are_folded_alike_in_ascii(line: str) -> None:
    assert fold([f"x {line} äx"]) == fold([f"x {line} ax"])


def test_hostile_lines_are_linear() -> None:
    lines = split(["x" * 1_000_000 + "\n" + "- " * 60 + "\n" + "(Reuters" * 30 + "\n" + "Facebook\n" * 200_000])
    assert len(phrases.label(lines, [])) == 200_000


def test_seeds(shared: Path) -> None:
    import json

    sought = {"comment-widget", "ui-string", "promo", "reading-time", "source-credit", "separator", "template-heading"}
    for line in (shared / "seeds" / "expected.jsonl").read_text("utf-8").splitlines():
        expected = json.loads(line)
        lines = split([(shared / "seeds" / expected["file"]).read_text("utf-8")])
        found = {(int(lines.line_no[one.row]), one.label) for one in phrases.label(lines, [])}
        assert {(n, label) for n, label in expected["lines"] if label in sought} <= found
        gone = {n for n, label in found if label != "generated-section"}
        assert not gone & {n for n, label in expected["lines"] if label == "body"}


def test_gold_bodies_lose_next_to_nothing(shared: Path) -> None:
    """What is hit of the gold is not prose: links ('Read more: ...'), copyright lines, addresses, first publication."""
    import json

    body = hits = other = other_hits = 0
    for name in ("news-dev.jsonl", "extracted-dev.jsonl"):
        pages = [json.loads(line) for line in (shared / "bench" / name).read_text("utf-8").splitlines()]
        lines = split([page["text"] for page in pages])
        taken = {one.row for one in phrases.label(lines, []) if one.label != "generated-section"}
        for document, page in enumerate(pages):
            for row in lines.rows(document):
                gold = page["labels"][lines.line_no[row] - 1]
                body += gold == "body"
                hits += gold == "body" and row in taken
                other += gold == "other"
                other_hits += gold == "other" and row in taken
    assert hits <= 0.0015 * body
    assert other_hits >= 0.25 * other


def texts_of(tables: Any) -> set[str]:
    """All strings of a TOML file, a line each."""
    if isinstance(tables, str):
        return {line.strip() for line in tables.split("\n")} - {""}
    values = tables.values() if isinstance(tables, dict) else tables if isinstance(tables, list) else ()
    return set().union(*map(texts_of, values))


def test_no_line_is_kept_from_a_pattern_that_matches_it() -> None:
    """The prefilter against RE2 on every line of every case and pack, as it stands and in capitals."""
    files = [*CASES.parent.rglob("*.toml"), *PACKS.rglob("*.toml")]
    some = set().union(*(texts_of(tomllib.loads(file.read_text("utf-8"))) for file in files))
    lines = sorted(line for line in some | {text.upper() for text in some} if len(line) <= LONGEST)
    (index,) = load_rules().general
    assert len(index.others) > 700, "the prefilter is not used"
    may = set(zip(*index.prefilter.find(lines), strict=True))
    raw = [line.encode() for line in lines]
    halves = (Patterns(), Patterns())  # one set of all would be larger than a set may be
    for number, group in enumerate(index.others):
        for place in group.held:
            halves[number % 2].add(index.found[place].phrase, number, index.found[place].rule)
    matches = {(text, number) for half in halves for text, numbers in half.find(raw) for number in numbers}
    assert len(matches) > 2_500
    assert matches <= may
    assert len(may) < 0.01 * len(lines) * len(index.others), "it lets through what it is to keep back"


def test_every_pattern_is_soon_compiled() -> None:
    """RE2 takes some 2 ms for a program of 6,000 instructions, in each process that meets a line for it."""
    (index,) = load_rules().general
    sizes = {one.phrase: re2.compile(one.phrase).programsize for one in index.found if one.rule.match == "regex"}
    large = {pattern: size for pattern, size in sizes.items() if size > LARGEST_PROGRAM}
    assert not large, "say what may not stand there: cleaning/rules/README.md, How large a pattern is"
    assert sum(sizes[index.found[place].phrase] for place in index.always.held) < LARGEST_ALWAYS


@pytest.mark.parametrize(
    ("pattern", "atoms"),
    [
        ("(?i)^Read (?:more|on)$", {"\nread more\n", "\nread on\n"}),
        ("photos?: ?.{2,30} / AFP$", {" / afp\n"}),
        (r"^[-–] ?\pL+ ©", {" ©"}),
        ("(?:다음|이전) ?기사$", {"다음기사\n", "다음 기사\n", "이전기사\n", "이전 기사\n"}),
        (r"^\d+ (?:of|for) the .*newsletter", {"newsletter"}),
        (r"(?i)ſend (?:.*)", {"send "}),
        (r"^(?:close|x|\d)$", None),
        (r"^\p{Lu}\pL+ (?:and|of) \p{Lu}", None),
        (r"a(?=b)cdefgh", None),
        (r"(?:cookies)? ?[abcdefg]{3,}", None),
        (r"(?:cookies){0,3}", None),
        (r"(?:cookies){2}", {"cookies"}),
        (r"^read (?:more|$)$", {"\nread more\n", "\nread \n"}),
    ],
)
def test_atoms(pattern: str, atoms: set[str] | None) -> None:
    assert atoms_of(pattern) == atoms


@given(
    st.text("aB ſKK0.다", max_size=12),
    st.text("aB ſKK0.다", max_size=12),
    st.text("aB ſKK0.다", min_size=2, max_size=6),
)
def test_an_atom_is_found_wherever_it_stands(before: str, after: str, literal: str) -> None:
    atoms = atoms_of(f"(?i){re2.escape(literal)}")
    if atoms:
        assert Prefilter([atoms]).find(["", f"{before}{literal.swapcase()}{after}", literal]) == ([1, 2], [0, 0])


@example(["𠮷", "𠮷野", "\U0010ffff"], ["野", "A𠮷", "𠮷野家", "\U0010ffff"])  # beyond the tables of characters
@given(
    st.lists(st.text("ab다𠮷", min_size=1, max_size=7), min_size=1, max_size=12, unique=True),
    st.lists(st.text("abAB다𠮷 ", max_size=12), max_size=4),
)
def test_atoms_of_all_sizes_that_begin_alike(atoms: list[str], texts: list[str]) -> None:
    found = [*zip(*Prefilter([frozenset({atom}) for atom in atoms]).find(texts), strict=True)]
    naive = [(at, n) for at, text in enumerate(texts) for n, atom in enumerate(atoms) if atom in text.lower()]
    assert found == naive


def test_atoms_of_rare_characters() -> None:
    """Beyond the tables of characters: such a pattern is asked of every line, or needs another string."""
    assert atoms_of("𠮷野") is None
    assert atoms_of("𠮷.*新聞社$") == {"新聞社\n"}
