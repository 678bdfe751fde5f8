"""Rule packs of a user's own: beside those that tamis ships, wherever a rule is asked, and in the dataset."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import pickle
import re
import shutil
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import Any

import hypothesis
import pandas as pd
import pyarrow.parquet as pq
import pytest
import re2
from hypothesis import assume, given
from hypothesis import strategies as st

import pipelines.cli
from cleaning import clean, clean_frame, patterns, rule_index
from cleaning.config import Config, ConfigError, make_config, read_config
from cleaning.labelers import phrases
from cleaning.lines import split
from cleaning.matching import PackError, Rule, fold
from cleaning.packs import MAX_BYTES, find_packs
from cleaning.rule_ids import rule_notes
from cleaning.rules import bind_packs, load_rules
from pipelines.articles import build
from pipelines.diff.compare import Setting, diff
from pipelines.diff.report import summary_lines
from pipelines.engines.local import Local
from pipelines.explain import explain_row
from pipelines.journal import Journal
from pipelines.remove import remove
from pipelines.rule_stats import rule_stats
from pipelines.run import run
from pipelines.sources import find_sources
from pipelines.staging import SCRATCH
from pipelines.store import MANIFEST
from tests.building import build_here, files_of

CASES = Path(__file__).parent / "cases" / "own_rules"
PACKS = CASES / "packs"
IDS = {"en.house.wave", "en.house.neighbours", "example.com.corner", "trtworld.com.corner"}

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def tamis(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    def call(*args: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["tamis", *map(str, args)])
        with pytest.raises(SystemExit) as stop:
            pipelines.cli.main()
        return int(stop.value.code or 0), *capsys.readouterr()

    return call


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages of two sites with packs and one without: too few of each for a template."""
    path = tmp_path_factory.mktemp("corpus") / "in.jsonl"
    with path.open("w", encoding="utf-8") as sink:
        for number in range(9):
            site = ("www.trtworld.com", "news.example.com", "example.org")[number % 3]
            body = [f"On day {number} the council voted on item {row} of the plan for the harbour." for row in range(4)]
            tail = ["Give this a wave", f"{number} neighbours waved", "Paper corner", "Corner of the paper: chess"]
            text = "\n".join([*body, *tail])
            print(json.dumps({"id": f"{number}", "url": f"https://{site}/{number}", "text": text}), file=sink)
    return path


@pytest.fixture(scope="module")
def dataset(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made with packs that are gone."""
    folder = tmp_path_factory.mktemp("own")
    shutil.copytree(PACKS, folder / "packs")
    config = make_config({"workers": 1, "rules": [folder / "packs"], "about": {"version": "1.0.0"}})
    run([corpus], folder / "out", config)
    shutil.rmtree(folder / "packs")
    return folder / "out"


def rules_of(folder: Path) -> dict[str, int]:
    labels = pq.read_table(folder / "audit/labels.parquet", columns=["rule_id"])["rule_id"].to_pylist()
    return {name: labels.count(name) for name in set(labels) if name in IDS}


def test_they_are_beside_those_that_tamis_ships() -> None:
    own, shipped = load_rules(find_packs([PACKS])), load_rules()
    assert set(own.by_id) - set(shipped.by_id) == IDS
    assert own.general[0] is shipped.general[0], "what is compiled already is compiled again"
    assert own.match("View more comments") == shipped.match("View more comments") != []
    assert [one.rule.id for one in own.match("Give this a wave")] == ["en.house.wave"]
    assert shipped.match("Give this a wave") == []
    # A site that has a pack of tamis has both.
    of_site = next(rule for rule in shipped.rules if rule.site == "trtworld.com")
    assert of_site.id in {one.rule.id for one in own.match(of_site.drops[0], "trtworld.com")}
    assert [one.rule.id for one in own.match("Paper corner", "trtworld.com")] == ["trtworld.com.corner"]
    assert own.match("Paper corner") == own.match("Paper corner", "example.com") == []
    assert set(shipped.marks) <= set(own.marks)
    assert own.marks["The Example Paper of Exampleton"] == "example.com"


def test_a_site_is_told_by_a_mark_of_an_own_pack() -> None:
    text = "The Example Paper of Exampleton\nCorner of the paper: chess"
    assert {line.dropped_by.rule_id for line in clean(text, rules=[PACKS]).lines if line.dropped_by} >= {
        "example.com.corner"
    }
    assert "Corner of the paper: chess" in clean(text).text


def test_where_packs_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = find_packs([PACKS])
    assert [name for name, _ in whole] == ["phrases/en.toml", "sites/example.com.toml", "sites/trtworld.com.toml"]
    files = [PACKS / name for name, _ in reversed(whole)]
    assert find_packs(files) == find_packs([PACKS, files[0]]) == whole
    (tmp_path / "flat").mkdir()
    for file in files:
        shutil.copy(file, tmp_path / "flat")
    (tmp_path / "flat/.#en.toml").write_text("[[rule")
    assert find_packs([tmp_path / "flat"]) == whole
    # In a file of settings they are relative to it, in a call to the folder in which it is made.
    (tmp_path / "conf").mkdir()
    for said in ('["../flat"]', '"../flat"'):
        (tmp_path / "conf/own.toml").write_text(f"rules = {said}")
        assert make_config(read_config(tmp_path / "conf/own.toml")).rules == whole
    monkeypatch.chdir(tmp_path / "conf")
    assert make_config({"rules": "../flat"}).rules == whole
    (tmp_path / "conf/own.toml").write_text("rules = [3]")
    with pytest.raises(ConfigError, match="rules must be a list of paths, not"):
        make_config(read_config(tmp_path / "conf/own.toml"))
    with pytest.raises(PackError, match="cannot read the rule pack absent: No such file"):
        make_config({"rules": ["absent"]})
    (tmp_path / "de.toml").write_text("#" * MAX_BYTES + "\n")
    with pytest.raises(PackError, match="more than 1,048,576 bytes"):
        make_config({"rules": [tmp_path / "de.toml"]})
    (tmp_path / "de.toml").write_bytes(b"# \xfc")
    with pytest.raises(PackError, match="is not UTF-8"):
        make_config({"rules": [tmp_path / "de.toml"]})
    (tmp_path / "de.toml").write_text("a = " + "[" * 100_000)
    with pytest.raises(PackError, match=re.escape(f"{tmp_path}/de.toml: ")):
        make_config({"rules": [tmp_path / "de.toml"]})


def test_a_fault_is_said_of_the_file_that_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And of the pack's name where only its text is known, as in a worker."""
    monkeypatch.chdir(tmp_path)
    Path("xx.toml").write_text("rule = 3", "utf-8")
    own = find_packs(["xx.toml"])
    assert own == (("phrases/xx.toml", "rule = 3"),)
    with pytest.raises(PackError, match=r"^xx\.toml: each rule stands"):
        Config(rules=own)
    for text in (pickle.loads(pickle.dumps(own)), copy.deepcopy(own)):
        assert text == own
        with pytest.raises(PackError, match=r"^own rules, phrases/xx\.toml: each rule stands"):
            load_rules(text)


def test_settings_without_packs_are_what_they_were() -> None:
    """The sha256 stands in every row: it must not change for those who have no packs."""
    assert "rules" not in Config().deciding()
    own = make_config({"rules": [PACKS]})
    assert own.sha256() != Config().sha256()
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in own.rules}
    assert own.deciding() == Config().deciding() | {"rules": digests}


READ = tomllib.loads((CASES / "read.toml").read_text("utf-8"))["case"]


@pytest.mark.parametrize("case", READ, ids=[case["id"] for case in READ])
def test_what_a_rule_takes_out_is_read_all_the_same(case: dict[str, Any], tmp_path: Path) -> None:
    rule = [f"{key} = {json.dumps(value)}" for key, value in case["rule"].items()]
    (tmp_path / "en.toml").write_text("\n".join(["[[rule]]", *rule]), "utf-8")
    rows = case["text"].strip().split("\n")
    article = clean("\n".join(row[2:] for row in rows), rules=tmp_path)
    assert (article.title, list(article.authors), str(article.published_at)[:10]) == (
        case["title"],
        case["authors"],
        case["published"],
    )
    assert ["+" if line.kept else "-" for line in article.lines] == [row[0] for row in rows]
    assert case["rule"]["id"] in {reason.rule_id for line in article.lines for reason in line.reasons}


def test_in_a_notebook() -> None:
    page = "The ferry stays, the council said on Monday.\nGive this a wave\n12 neighbours waved"
    assert clean(page, rules=PACKS).text == "The ferry stays, the council said on Monday."
    frame = clean_frame(pd.DataFrame({"text": [page]}), min_chars=0, rules=[str(PACKS)])
    assert frame["text"].tolist() == ["The ferry stays, the council said on Monday."]
    assert clean(page).text == page


def test_lines_carry_them() -> None:
    lines = split(["Give this a wave"])
    assert phrases.label(lines, []) == []
    own = make_config({"rules": [PACKS]}).rules
    carried = replace(lines, own_packs=own)
    assert [one.rule_id for one in phrases.label(carried, [])] == ["en.house.wave"]
    assert carried.with_texts({0: "Give this a Wave"}).own_packs == own


def test_a_dataset_says_by_which_rules_it_was_made(dataset: Path) -> None:
    assert rules_of(dataset) == {
        "en.house.wave": 9, "en.house.neighbours": 9, "example.com.corner": 3, "trtworld.com.corner": 3,
    }  # fmt: skip
    manifest = json.loads((dataset / MANIFEST).read_text("utf-8"))
    listed = {one["path"]: one["sha256"] for one in manifest["files"]}
    digests = {name: listed[f"audit/rules/{name}"] for name, _ in find_packs([PACKS])}
    assert manifest["config"]["rules"] == digests
    assert find_packs([dataset / "audit/rules"]) == find_packs([PACKS])
    assert all(f"  audit/rules/{name}\n" in (dataset / "SHA256SUMS").read_text() for name in digests)


def test_it_explains_itself_without_the_packs(dataset: Path, tmp_path: Path, tamis: Command) -> None:
    shutil.copytree(dataset, tmp_path / "there")
    there = tmp_path / "there"
    article = explain_row(there, "1")
    assert {reason.rule_id for line in article.lines for reason in line.reasons} >= IDS - {"trtworld.com.corner"}
    assert article.whys["en.house.wave"] == "The button of a neighbourhood site."
    assert "en.house.neighbours: How many waved." in article.plain()
    stats = {stat.rule_id: stat for stat in rule_stats(there, unused=True)}
    assert (stats["en.house.wave"].hits, stats["en.house.wave"].why) == (9, "The button of a neighbourhood site.")
    assert stats["en.comments.counter"].why == rule_notes()["en.comments.counter"].why
    assert not IDS & rule_notes().keys()
    code, out, _ = tamis("rules", "stats", there, "--json", "--label", "share-bar")
    assert (code, [row["why"] for row in json.loads(out) if row["rule_id"] in IDS]) == (0, ["How many waved."])
    code, out, _ = tamis("rules", "list", "--rules", there / "audit/rules")
    assert code == 0
    assert "Name of a box, and what is in it." in out
    assert tamis("check", there)[0] == 0
    (there / "audit/rules/phrases/en.toml").write_text("[[rule]")
    assert tamis("check", there)[0] == 1
    code, _, said = tamis("rules", "stats", there, "--unused")
    assert (code, said.count("\n")) == (3, 1)
    assert said.startswith(f"tamis: {there}/audit/rules/phrases/en.toml: ")


def test_a_release_without_some_records_keeps_them(dataset: Path, tmp_path: Path) -> None:
    removal = remove(dataset, doc_ids=["1"], output=tmp_path / "less")
    assert removal.validation.passed
    assert find_packs([tmp_path / "less/audit/rules"]) == find_packs([PACKS])
    assert {stat.rule_id for stat in rule_stats(tmp_path / "less")} >= IDS


def test_diff_says_that_rules_differ(corpus: Path, dataset: Path, tmp_path: Path) -> None:
    run([corpus], tmp_path / "plain", make_config({"workers": 1}))
    found = diff(tmp_path / "plain", dataset)
    assert [setting.key for setting in found.settings] == [f"rules {name}" for name, _ in find_packs([PACKS])]
    assert {change.rule_id for change in found.rules} >= IDS
    said = dict(summary_lines(found))["settings"]
    names = ("phrases/en.toml", "sites/example.com.toml", "sites/trtworld.com.toml")
    assert said == ", ".join(f"rules {name} added" for name in names)
    back = dict(summary_lines(diff(dataset, tmp_path / "plain")))["settings"]
    assert back == said.replace("added", "removed")
    other = replace(found, settings=(Setting("rules phrases/en.toml", "1" * 64, "2" * 64),))
    assert dict(summary_lines(other))["settings"] == "rules phrases/en.toml changed"


def test_explain_says_that_no_site_was_asked(tmp_path: Path, tamis: Command) -> None:
    page = tmp_path / "page.txt"
    page.write_text("The council met on Monday and voted.\nCorner of the paper: chess\n", "utf-8")
    asked = ("explain", page, "--rules", PACKS)
    code, out, err = tamis(*asked)
    assert (code, err.count("\n"), "example.com.corner" in out) == (0, 1, False)
    assert err.startswith(f"{page} does not say of which site it is, so no site's rules were asked: --url")
    code, out, err = tamis(*asked, "--url", "https://news.example.com/1")
    assert (code, err, "example.com.corner" in out) == (0, "", True)
    marked = tmp_path / "marked.txt"
    marked.write_text(f"{page.read_text('utf-8')}The Example Paper of Exampleton\n", "utf-8")
    code, out, err = tamis("explain", marked, "--rules", PACKS)
    assert (code, err, "example.com.corner" in out) == (0, "", True)
    # Without packs of sites of one's own there is nothing to say.
    assert tamis("explain", page)[2] == tamis("explain", page, "--rules", PACKS / "phrases")[2] == ""


def test_url_is_for_a_file(dataset: Path, tamis: Command) -> None:
    code, out, err = tamis("explain", dataset, "1", "--url", "https://news.example.com/1")
    assert (code, out, err.count("\n"), "--url is for a FILE" in err) == (2, "", 1, True)


def cases() -> list[Any]:
    table = tomllib.loads((CASES / "refused.toml").read_text("utf-8"))["case"]
    return [pytest.param(case, id=case["name"]) for case in table]


@pytest.mark.parametrize("case", cases())
def test_packs_that_are_refused(case: dict[str, Any], corpus: Path, tmp_path: Path, tamis: Command) -> None:
    for name, text in case["files"].items():
        (tmp_path / "packs" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "packs" / name).write_text(text, "utf-8")
    before = sorted(tmp_path.rglob("*"))
    code, out, err = tamis("run", corpus, "-o", tmp_path / "out", "--rules", tmp_path / "packs")
    assert (code, out) == (2, "")
    assert sorted(tmp_path.rglob("*")) == before
    lines = err.splitlines()
    assert all(line.startswith("tamis: ") for line in lines)
    assert len(lines) == len(case["said"]) or case.get("more")
    for line, part in zip(lines, case["said"], strict=not case.get("more")):
        assert part in line


def test_whatever_the_workers(corpus: Path, tmp_path: Path) -> None:
    made = []
    for name, settings in {"one": {"workers": 1}, "two": {"workers": 2, "shard_records": 2}}.items():
        (tmp_path / name).mkdir()
        build_here([corpus], tmp_path / name, make_config({**settings, "rules": [PACKS]}), isolated=True)
        made.append(files_of(tmp_path / name))
    assert made[0] == made[1]
    assert rules_of(tmp_path / "two").keys() == IDS


def test_a_changed_pack_cleans_again_and_reads_nothing_again(corpus: Path, tmp_path: Path) -> None:
    """Stopped when all is done but the end; then the same settings, and then others."""
    shutil.copytree(PACKS, tmp_path / "packs")

    def stages(*, packs: bool = True) -> dict[str, bool]:
        """Of each phase whether all of it was found."""
        journal = Journal()
        config = make_config({"workers": 1, "rules": [tmp_path / "packs"] if packs else []})
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        (tmp_path / "out").mkdir()
        with Local(config, tmp_path / SCRATCH, journal) as engine:
            build(find_sources([corpus])[0], tmp_path / "out", config, engine)
        phases = {phase.name: phase for phase in journal.phases}
        return {name: phases[name].found_documents == 9 for name in ("count", "clean", "settle")}

    assert stages() == {"count": False, "clean": False, "settle": False}
    assert stages() == {"count": True, "clean": True, "settle": True}
    pack = tmp_path / "packs/phrases/en.toml"
    pack.write_text(pack.read_text("utf-8").replace("Give this a wave", "Give this a nod"), "utf-8")
    assert stages() == {"count": True, "clean": False, "settle": False}
    assert rules_of(tmp_path / "out").keys() == IDS - {"en.house.wave"}
    assert stages(packs=False) == {"count": True, "clean": False, "settle": False}
    assert rules_of(tmp_path / "out") == {}


def test_no_id_of_a_pack_can_be_that_of_a_rule_of_structure() -> None:
    """A pack of phrases is called as a language is: `fields.toml` could say `fields.title.headline`."""
    others = rule_notes().keys() - load_rules().by_id.keys()
    assert {"fields.title.headline", "dedupe.exact", "enclosed.between"} <= others
    for first in {name.partition(".")[0] for name in others}:
        with pytest.raises(PackError, match="is called as the tag of a language"):
            bind_packs({f"phrases/{first}.toml": ""})


def pack_of(*rules: tuple[str, list[str], list[str], list[str]]) -> str:
    """A pack `xx.toml` of rules, each given as its kind, its texts, what it drops and what it keeps."""
    return "".join(
        f'[[rule]]\nid = "xx.r{number}"\nlabel = "ui-string"\nmatch = "{match}"\nwhy = "A button."\n'
        f"text = {json.dumps(text)}\ndrops = {json.dumps(drops)}\nkeeps = {json.dumps(keeps)}\n"
        for number, (match, text, drops, keeps) in enumerate(rules)
    )


def word(number: int) -> str:
    """A word of letters for each number below 26 to the fourth."""
    return "".join(chr(97 + number // 26**place % 26) for place in range(4))


@pytest.mark.parametrize(("count", "chars"), [(2_000, 20), (5_000, 90)])
def test_thousands_of_phrases(count: int, chars: int, tmp_path: Path) -> None:
    """As one set of RE2, with classes of letters around each, 470 did not compile."""
    said = [f"{word(number * 7)} wave {'again ' * 20}"[:chars].strip() for number in range(count)]
    (tmp_path / "xx.toml").write_text(pack_of(("contains", said, said, ["A line of an article."])))
    kept = "The ferry stays, the council said on Monday."
    lines = [kept, f"Now {said[77]}!", f"Now x{said[77]}", f"{said[-1]}", f"{said[-1]}s"]
    before = process_time()
    article = clean("\n".join(lines), rules=tmp_path)
    assert process_time() - before < 20
    assert [line.text for line in article.lines if line.dropped_by and line.dropped_by.rule_id == "xx.r0"] == [
        lines[1],
        lines[3],
    ]


def test_costly_patterns_have_a_budget(tmp_path: Path) -> None:
    """48 sets of 64 MB each took 1.8 GB in long lines."""
    costly = [(f"^.*zorq{word(n)}.*(?:[ab]*a[ab]{{900}})?c$", f"zorq{word(n)} c") for n in range(48)]
    text = pack_of(*(("regex", [pattern], [line], ["A line of an article."]) for pattern, line in costly))
    (index,) = load_rules((("phrases/xx.toml", text),)).own
    assert index.compile(0) <= 64 * 2**20
    with pytest.raises(PackError, match="the patterns up to here take more than 512 MB"):
        rule_index.Index(bind_packs({"phrases/xx.toml": text}).rules).compile(0)  # as those that tamis ships


def test_patterns_that_do_not_fit_one_set_are_parted(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [rf"^\pN+ \pL{{{count}}} \pN$" for count in range(1, 21)]
    drops = [f"1 {'a' * count} 2" for count in range(1, 21)]
    text = pack_of(("regex", texts, drops, ["A line of an article."]))
    rules = bind_packs({"phrases/xx.toml": text}).rules
    small = rule_index.Index(rules, patterns.Memory(2**19, 2**21))
    whole = rule_index.Index(rules)
    lines = rule_index.prepare([*drops, "1 aa b", "no"])
    found = rule_index.look_up([small], lines)
    assert small.always.size > 2**21, "it is one set"
    assert found == rule_index.look_up([whole], lines)
    assert len(found) == len(drops)
    monkeypatch.setattr(patterns, "ALL_OWN", 2**20)
    with pytest.raises(PackError, match=r"rule 'xx\.r0': the patterns up to here take more than 1 MB"):
        rule_index.Index(rules, patterns.Memory(2**19, 2**21)).compile(0)


@hypothesis.settings(max_examples=300)
@given(
    st.sampled_from(["starts", "ends", "contains"]),
    st.text("aßK0 é.다한", min_size=1, max_size=14),
    st.text("aßK0 é.다한-", max_size=6),
    st.text("aßK0 é.다한-", max_size=6),
)
def test_a_phrase_is_met_as_whole_words(match: str, phrase: str, before: str, after: str) -> None:
    """Against RE2 with the classes of letters and numbers around the phrase."""
    said, line = (fold([text])[0] for text in (phrase, before + phrase + after))
    assume(any(map(str.isalpha, said)))
    left, right = ("" if "\u2e80" <= said[at] <= "\ud7ff" else r"[^\pL\pN]" for at in (0, -1))
    begin = "^" if match == "starts" else f"(?:^|{left})"
    end = "$" if match == "ends" else f"(?:{right}|$)"
    rule = Rule("xx.one", "ui-string", match, (phrase,), "A.", ("a",), ("b",), "phrases/xx.toml", "xx.toml")
    found = rule_index.look_up([rule_index.Index([rule])], rule_index.prepare([before + phrase + after]))
    assert bool(found) == bool(re2.search(f"{begin}{re2.escape(said)}{end}", line))


def test_brackets_in_brackets(tmp_path: Path) -> None:
    pattern = "(" * 2_000 + "zorb" + ")" * 2_000
    (tmp_path / "xx.toml").write_text(pack_of(("regex", [pattern], ["zorb"], ["A line of an article."])))
    page = "The ferry stays, the council said on Monday."
    assert clean(f"{page}\nzorb", rules=tmp_path).text == page


def test_many_faults_are_some_lines(corpus: Path, tmp_path: Path, tamis: Command) -> None:
    some = [f"{word(number)} give this a wave" for number in range(60)]
    (tmp_path / "xx.toml").write_text(pack_of(*(("ends", ["give this a wave"], [one], [one]) for one in some)))
    code, out, err = tamis("run", corpus, "-o", tmp_path / "out", "--rules", tmp_path)
    assert (code, out, err.count("\n")) == (2, "", 21)
    assert err.endswith("tamis: … and 3,580 more\n")
    code, out, err = tamis("rules", "test", "--rules", tmp_path)
    assert (code, out.count("\n")) == (1, 21)
    assert out.endswith("… and 3,580 more\n")
    assert "3600 wrong" in err


def test_what_is_no_file_is_not_read(corpus: Path, tmp_path: Path, tamis: Command) -> None:
    os.mkfifo(tmp_path / "xx.toml")
    for path in (tmp_path, tmp_path / "xx.toml"):
        code, _, err = tamis("run", corpus, "-o", tmp_path / "out", "--rules", path)
        assert (code, err) == (2, f"tamis: {tmp_path / 'xx.toml'} is no file that a rule pack can be read from\n")


def test_an_unset_variable_is_not_the_folder_in_which_one_stands(
    corpus: Path, tmp_path: Path, tamis: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PACKS)
    code, _, err = tamis("run", corpus, "-o", tmp_path / "out", "--rules", "")
    assert (code, err.count("\n")) == (2, 1)
    assert "a path of rule packs is empty" in err
    (tmp_path / "own.toml").write_text('rules = [""]')
    for wrong in ({"rules": ""}, {"rules": [PACKS, " "]}, read_config(tmp_path / "own.toml")):
        with pytest.raises(PackError, match="a path of rule packs is empty"):
            make_config(wrong)


def test_a_why_is_one_line_wherever_it_is_shown(tmp_path: Path, tamis: Command) -> None:
    why = r"A \u001b[31mbutton\u0000\r\u202e\nxx.two  ui-string  line  forged"
    text = pack_of(("regex", ["^zorb wave$"], ["zorb wave"], ["A line of an article."]))
    (tmp_path / "xx.toml").write_text(text.replace('"A button."', f'"{why}"'))
    code, out, _ = tamis("rules", "list", "--rules", tmp_path / "xx.toml")
    (line,) = [line for line in out.split("\n") if line.startswith("xx.")]
    assert (code, line.endswith(r"A \x1b[31mbutton\x00\r\u202e\nxx.two  ui-string  line  forged")) == (0, True)
    (tmp_path / "page.txt").write_text("The ferry stays, the council said on Monday.\nzorb wave")
    code, out, _ = tamis("explain", tmp_path / "page.txt", "--rules", tmp_path / "xx.toml")
    assert code == 0
    assert r"xx.r0: has the form of: A \x1b[31mbutton\x00 \u202e xx.two ui-string line forged" in out
    assert not [line for line in out.split("\n") if line.startswith("xx.two")]
