"""`tamis rules suggest` and `tamis rules stats`: what a corpus teaches, and what the rules did."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import pipelines.cli
from cleaning import clean
from cleaning.config import make_config
from cleaning.labels import dropping
from cleaning.rule_checks import check_rules
from cleaning.rules import bind_packs
from pipelines.draft_packs import draft_packs, nothing_recurs, one_document, write_packs
from pipelines.errors import CallError
from pipelines.rule_stats import rule_stats
from pipelines.suggest import Suggestion, Thresholds, suggest
from tests.small_corpus import make_pages

FORM = """
{{headline}}
{{body}}
Give this a wave
{{n}} neighbours waved
Share
{own}
0 comments
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four papers with lines in common, each with one of its own, and one page of each copied nine times."""
    path = tmp_path_factory.mktemp("corpus") / "in.jsonl"
    with path.open("w", encoding="utf-8") as sink:
        for number in range(4):
            form = FORM.format(own=f"Paper {'ABCD'[number]} corner")
            site, page = f"paper{number}.example{number}.org", [{"count": 12, "text": form}]
            pages = make_pages({"name": f"{number}", "site": site, "page": page})
            copied = "One paragraph that is copied, and the line\nwhich stands below it"
            for row, page in enumerate(pages):
                print(json.dumps({"url": page.given["url"], "text": page.content}), file=sink)
                if row < 9:
                    url = f"https://{site}/copy/{row}"
                    print(json.dumps({"url": url, "text": f"{copied}\n{pages[0].content}"}), file=sink)
    return path


@pytest.fixture(scope="module")
def found(corpus: Path) -> list[Suggestion]:
    return suggest([corpus], make_config({"workers": 1}), Thresholds()).lines


Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def tamis(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    def call(*args: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["tamis", *map(str, args)])
        with pytest.raises(SystemExit) as stop:
            pipelines.cli.main()
        return int(stop.value.code or 0), *capsys.readouterr()

    yield call


def test_what_recurs_is_suggested(found: list[Suggestion]) -> None:
    over = {one.text: one for one in found if one.site is None}
    assert set(over) == {"Give this a wave", "{n} neighbours waved"}
    wave = over["Give this a wave"]
    # The copies are one page with the page that they copy.
    assert (wave.pages, wave.of_pages, wave.sites, wave.language, wave.label) == (48, 48, 4, "en", "ui-string")
    assert over["{n} neighbours waved"].label == "share-bar"  # as the line below it
    assert len(over["{n} neighbours waved"].examples) == 3
    own = {one.site: one for one in found if one.site}
    assert {site: one.text for site, one in own.items()} == {
        f"example{number}.org": f"Paper {'ABCD'[number]} corner" for number in range(4)
    }
    assert {(one.pages, one.of_pages, one.sites) for one in own.values()} == {(12, 12, 1)}
    assert "which stands below it" not in {one.text for one in found}


def test_the_same_whatever_the_workers_and_the_shards(corpus: Path, found: list[Suggestion]) -> None:
    assert suggest([corpus], make_config({"workers": 2, "shard_records": 11}), Thresholds()) == (found, 48)


def test_thresholds_are_options(corpus: Path) -> None:
    config = make_config({"workers": 1})
    assert suggest([corpus], config, Thresholds(least_pages=100)).lines == []
    assert all(one.site for one in suggest([corpus], config, Thresholds(least_sites=5)).lines)
    assert len(suggest([corpus], config, Thresholds(most=1)).lines) == 5


def test_packs_load_once_they_are_reviewed(found: list[Suggestion], tmp_path: Path) -> None:
    packs = draft_packs(found, date(2026, 11, 25))
    ids = [rule["id"] for text in packs.values() for rule in tomllib.loads(text)["rule"]]
    assert all(re.fullmatch(r"(en|example\d\.org)\.suggested\.[0-9a-f]{10}", name) for name in ids)
    assert len(set(ids)) == len(found)
    assert set(packs) == {"phrases/en.toml", *(f"sites/example{number}.org.toml" for number in range(4))}
    for file, text in packs.items():
        with pytest.raises(ValueError, match="'keeps' has to be"):
            bind_packs({file: text})
    filled = {file: text.replace("keeps = []", 'keeps = ["A line of an article."]') for file, text in packs.items()}
    book = bind_packs(filled)
    assert check_rules(book) == []
    assert len(book.rules) == len(found)
    assert [one.rule.label for one in book.match("9 neighbours waved")] == ["share-bar"]
    assert len(tomllib.loads(one_document(packs))["rule"]) == len(found)
    assert tomllib.loads(nothing_recurs(9)) == {}
    assert all(
        text.count("keeps = []  # to fill in: one line at least") == text.count("[[rule]]") for text in packs.values()
    )
    write_packs(packs, tmp_path / "packs")
    assert (tmp_path / "packs/phrases/en.toml").read_text("utf-8") == packs["phrases/en.toml"]
    with pytest.raises(CallError, match="exists already"):
        write_packs(packs, tmp_path / "packs")


@pytest.mark.parametrize("command", ["test", "list"])
def test_a_draft_that_nobody_has_reviewed_is_a_bad_call(
    command: str, found: list[Suggestion], tmp_path: Path, tamis: Command
) -> None:
    """Without its `keeps`: not a fault of tamis, and a line for each rule."""
    write_packs(draft_packs(found, date(2026, 11, 25)), tmp_path)
    code, _, said = tamis("rules", command, "--rules", tmp_path)
    assert (code, said.count("\n")) == (2, len(found))
    assert said.startswith(f"tamis: {tmp_path}/phrases/en.toml, rule 'en.suggested.")
    assert said.count("'keeps' has to be a list of at least one string") == len(found)
    assert "fault" not in said


def test_what_is_suggested_is_gone_by_once_it_is_reviewed(
    corpus: Path, found: list[Suggestion], tmp_path: Path, tamis: Command
) -> None:
    write_packs(
        {
            file: text.replace("keeps = []", 'keeps = ["A line of an article."]')
            for file, text in draft_packs(found, date(2026, 11, 25)).items()
        },
        tmp_path / "packs",
    )
    assert tamis("rules", "test", "--rules", tmp_path / "packs")[0] == 0
    config = make_config({"workers": 1, "rules": [tmp_path / "packs"]})
    assert suggest([corpus], config, Thresholds()).lines == []
    some = [tmp_path / "packs" / name for name in ("phrases/en.toml", "sites/example2.org.toml")]
    rules = [rule for path in some for rule in tomllib.loads(path.read_text("utf-8"))["rule"]]
    page = "The council met on Monday.\nPaper C corner\nGive this a wave\n9 neighbours waved"
    article = clean(page, url="https://paper2.example2.org/1", rules=tmp_path / "packs")
    assert article.text == "The council met on Monday."
    assert {line.dropped_by.rule_id for line in article.lines if line.dropped_by} == {rule["id"] for rule in rules}
    assert clean(page).text == page


def test_hostile_lines_stay_strings() -> None:
    texts = ('"] ]\\', "a\x1b[2J\x7f\x9b\u202e", "'''\t\"\"\"", "# [[rule]]")
    rows = [Suggestion("a.example", "en", text, "promo", 5, 9, 1, (text,)) for text in texts]
    rows.append(Suggestion("bücher.example", "de", "Text", "promo", 5, 9, 1, ("Text",)))
    packs = draft_packs(rows, date(2026, 11, 25))
    assert list(packs) == ["sites/a.example.toml"]
    page = one_document(packs)
    assert [rule["text"] for rule in tomllib.loads(page)["rule"]] == [[text] for text in texts]
    assert not set("\x1b\x7f\x9b\u202e") & set(page)


@pytest.fixture(scope="module")
def dataset(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from pipelines.run import run

    output = tmp_path_factory.mktemp("stats") / "out"
    run([corpus], output, make_config({"workers": 1, "duplicates": "flag"}))
    return output


def test_stats_agree_with_the_audit(dataset: Path) -> None:
    labels = pq.read_table(dataset / "audit/labels.parquet").to_pylist()
    texts = {
        (line["doc_id"], line["line_no"]): line["text"].strip()
        for line in pq.read_table(dataset / "audit/lines.parquet").to_pylist()
    }
    drops = dropping("balanced")
    rules_of: dict[tuple[str, int], set[str]] = {}
    for one in labels:
        if one["label"] in drops:
            rules_of.setdefault((one["doc_id"], one["line_no"]), set()).add(one["rule_id"])
    stats = rule_stats(dataset)
    assert [stat.hits for stat in stats] == sorted((stat.hits for stat in stats), reverse=True)
    assert {"template.site", "en.comments.counter"} <= {stat.rule_id for stat in stats}
    assert sum(stat.hits for stat in stats) == len(labels)
    assert sum(stat.dropped for stat in stats) == sum(one["decides"] for one in labels)
    for stat in stats:
        mine = [one for one in labels if (one["rule_id"], one["label"]) == (stat.rule_id, stat.label)]
        lines = {(one["doc_id"], one["line_no"]) for one in mine}
        assert (stat.hits, stat.documents) == (len(mine), len({one["doc_id"] for one in mine}))
        assert stat.dropped == sum(one["decides"] for one in mine)
        assert stat.alone == sum(rules_of.get(line) == {stat.rule_id} for line in lines)
        charged = {texts[one["doc_id"], one["line_no"]] for one in mine if one["decides"]}
        assert set(stat.examples) <= charged
        assert len(stat.examples) == min(5, len(charged))


def test_rules_that_never_hit_are_listed_on_request(dataset: Path) -> None:
    hit = {stat.rule_id for stat in rule_stats(dataset)}
    unused = [stat for stat in rule_stats(dataset, unused=True) if not stat.hits]
    assert len(unused) > 100
    assert not {stat.rule_id for stat in unused} & hit
    assert "ko.share.button" in {stat.rule_id for stat in unused}


def test_the_commands(dataset: Path, corpus: Path, tmp_path: Path, tamis: Command) -> None:
    code, out, _ = tamis("rules", "stats", dataset)
    assert code == 0
    assert "template.site" in out
    assert "0 comments" in out
    code, out, _ = tamis("rules", "stats", dataset, "--json", "--label", "site-template")
    assert [row["rule_id"] for row in json.loads(out)] == ["template.site"]
    code, out, err = tamis("rules", "stats", tmp_path)
    assert (code, out, err.count("\n")) == (3, "", 1)
    shutil.copytree(dataset, tmp_path / "damaged")
    for name, content, why in (("labels", None, "No such file"), ("lines", b"PAR1", "it is damaged")):
        path = tmp_path / f"damaged/audit/{name}.parquet"
        path.unlink() if content is None else path.write_bytes(content)
        code, out, err = tamis("rules", "stats", tmp_path / "damaged")
        assert (code, out, err.count("\n")) == (3, "", 1)
        assert err.startswith(f"tamis: cannot read {path}: {why}")
    code, out, err = tamis("rules", "stats", dataset, "--label", "site-templates")
    assert code == 2
    assert "did you mean 'site-template'" in err
    code, out, _ = tamis("rules", "suggest", corpus, "--workers", "1")
    assert code == 0
    assert len(tomllib.loads(out)["rule"]) == 6
    code, out, _ = tamis("rules", "suggest", corpus, "--workers", "1", "--json", "--least-sites", "5", "-o", tmp_path)
    assert {row["site"] for row in json.loads(out)} == {f"example{number}.org" for number in range(4)}
    assert (tmp_path / "sites/example1.org.toml").exists()
    nothing = nothing_recurs(48)
    assert nothing.startswith("# No line recurs that no rule knows, of 48 distinct pages; --least-pages, ")
    for more in ((), ("-o", tmp_path / "none")):
        code, out, err = tamis("rules", "suggest", corpus, "--workers", "1", "--least-pages", "100", *more)
        assert (code, out) == (0, nothing)
        assert err.endswith(f"{tmp_path / 'none'} was not made: there is no pack to write\n") == bool(more)
    assert not (tmp_path / "none").exists()
    code, out, err = tamis("rules", "suggest", dataset)
    assert (code, out) == (2, "")
    assert "give the corpus" in err
    code, out, err = tamis("rules", "suggest", tmp_path / "absent.jsonl")
    assert (code, out, err.count("\n")) == (3, "", 1)


def test_control_characters_are_shown(tmp_path: Path, tamis: Command) -> None:
    body = "The council approved the plan for the new sea wall on Tuesday after a debate of nine hours."
    (tmp_path / "a.txt").write_text(f"{body} {body}\nShare on \u202eX\n© 2024 \u202e\x9b2J Example", "utf-8")
    assert tamis("run", tmp_path / "a.txt", "-o", tmp_path / "out")[0] == 0
    _, out, _ = tamis("rules", "stats", tmp_path / "out")
    assert "Example" in out
    assert not {"\u202e", "\x9b"} & set(out)
