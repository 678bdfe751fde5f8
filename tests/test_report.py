"""reports/quality.html from the folder of a dataset: its numbers, its sample, what may not stand in it, its size."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaning.config import Config
from cleaning.labels import label_kinds
from pipelines.checks.measures import DatasetError
from pipelines.dataset import read_manifest
from pipelines.manifest import make_manifest
from pipelines.report.embed import json_for_html
from pipelines.report.quality import MOST_BYTES, QUALITY_PAGE, quality_html, read_report
from pipelines.store import write_json
from tests.building import build_here
from tests.report_corpus import hostile_records
from tests.small_dataset import Tables, make_tables, name, restate, write_dataset


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Path:
    """The sample and the hostile corpus, built and not checked."""
    folder = tmp_path_factory.mktemp("report") / "dataset"
    folder.mkdir()
    hostile = folder.parent / "hostile.jsonl"
    hostile.write_text("\n".join(json.dumps(record) for record in hostile_records()) + "\n{broken\n", "utf-8")
    config = Config(workers=1)
    ledger = build_here([sample, hostile], folder, config)
    write_json(folder / "manifest.json", make_manifest(folder, "dataset", config, ledger))
    return folder


def page_of(folder: Path, *, text: bool = True, report: dict[str, Any] | None = None) -> str:
    return quality_html(folder, read_manifest(folder), report, text=text).decode()


def embedded(page: str) -> dict[str, Any]:
    start = page.index('id="data">') + len('id="data">')
    data: dict[str, Any] = json.loads(page[start : page.index("</script>", start)])
    return data


def own_part(page: str) -> str:
    """The page without its style and its code."""
    return re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.S)


class Cells(HTMLParser):
    """The texts of the page's sections."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.section, self.texts = "", {}  # type: ignore[var-annotated]
        self.feed(own_part(page))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "section":
            self.section = dict(attrs).get("id") or ""

    def handle_data(self, data: str) -> None:
        self.texts[self.section] = self.texts.get(self.section, "") + data


def values_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    (values,) = spec["datasets"].values()
    found: list[dict[str, Any]] = values
    return found


def read(folder: Path, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(folder / f"{table}.parquet").to_pylist()
    return found


def test_the_numbers_are_those_of_the_tables(dataset: Path) -> None:
    page = page_of(dataset)
    charts = embedded(page)["charts"]
    fates = Counter(row["fate"] for row in read(dataset, "audit/fates"))
    steps = {row["step"]: row for row in values_of(charts["funnel"])}
    assert {fate: steps[fate]["records"] for fate in ("published", "duplicate", "rejected", "quarantined")} == fates
    assert steps["read"]["records"] == fates.total() == steps["quarantined"]["to"]
    assert steps["duplicate"]["from"] == fates["published"], "each step begins where the one above it ends"
    labels = [row for row in read(dataset, "audit/labels") if row["decides"]]
    families = Counter(label_kinds()[row["label"]].family for row in labels)
    assert {row["family"]: row["lines"] for row in values_of(charts["families"])} == families
    articles = pq.read_table(dataset / "data").to_pylist()
    language = {row["doc_id"]: row["language"] for row in articles}
    by_language = Counter(
        (language[row["doc_id"]], label_kinds()[row["label"]].family) for row in labels if row["doc_id"] in language
    )
    assert {(row["who"], row["family"]): row["lines"] for row in values_of(charts["by_language"])} == by_language
    for chart, key, count in (
        ("languages", "name", Counter(row["language"] for row in articles)),
        ("flags", "name", Counter(flag for row in articles for flag in row["flags"])),
        ("repairs", "name", Counter(repair for row in articles for repair in row["repairs"])),
        ("dates", "when", Counter(f"{row['published_at']:%Y-%m-%d}" for row in articles if row["published_at"])),
    ):
        shown = {row[key]: row["documents"] for row in values_of(charts[chart]) if row["documents"]}
        assert shown and shown == count, chart
    assert sum(row["documents"] for row in values_of(charts["lengths"])) == len(articles)
    assert sum(row["documents"] for row in values_of(charts["losses"])) == len(articles)


def test_the_table_of_fates_is_called_what_it_is(dataset: Path) -> None:
    """Its first row counts the published records."""
    ledger = page_of(dataset).partition('id="ledger-head"')[2]
    caption, table = re.findall(r"<caption>([^<]*)</caption>(.*?)</table>", ledger, re.S)[0]
    assert caption == "What became of each record, and why it is not published"
    assert re.findall(r'class="fate (\w+)"', table)[0] == "published"


def test_a_document_is_shown_as_the_audit_has_it(dataset: Path) -> None:
    data = embedded(page_of(dataset))
    lines: dict[str, dict[int, str]] = {}
    for row in read(dataset, "audit/lines"):
        lines.setdefault(row["doc_id"], {})[row["line_no"]] = row["text"].strip()
    decided = {(row["doc_id"], row["line_no"]): row for row in read(dataset, "audit/labels") if row["decides"]}
    fates = {row["doc_id"]: row["fate"] for row in read(dataset, "audit/fates")}
    seen = 0
    for one in data["documents"]:
        assert fates[one["id"]] == one["fate"]
        if one["fate"] == "quarantined":
            continue
        for number, text, *reasons in one.get("lines", ()):
            whole = lines[one["id"]][number]
            assert text == whole or "\\" in text or text.endswith("…"), (
                "control characters are shown, the rest is as it was"
            )
            charged = decided.get((one["id"], number))
            said = [data["reasons"][reason[0]] for reason in (reasons[0] if reasons else ()) if reason[2]]
            if charged is None:
                assert not said
                continue
            family = label_kinds()[charged["label"]].family
            assert said == [{"rule": charged["rule_id"], "label": charged["label"], "family": family}]
            seen += 1
    assert seen > 200
    assert {one["fate"] for one in data["documents"]} == {"published", "duplicate", "rejected", "quarantined"}


def test_the_riskiest_stand_first(dataset: Path) -> None:
    text = Cells(page_of(dataset)).texts["risks"]
    articles = pq.read_table(dataset / "data").to_pylist()
    lost = sorted(articles, key=lambda row: (-row["dropped_chars"] / row["source_char_count"], row["doc_id"]))
    places = [text.index(row["doc_id"]) for row in lost[:5]]
    assert places == sorted(places)
    assert f"{100 * lost[0]['dropped_chars'] / lost[0]['source_char_count']:.0f} %" in text[: places[0]]


def test_lines_of_which_the_model_was_least_sure(tmp_path: Path) -> None:
    tables = make_tables(4)
    for at, label in enumerate(label for label in tables.labels if label["decides"]):
        label |= {"rule_id": "model.boilerplate", "label": "boilerplate"}
        label["evidence"] = f"0.{99 - at} boilerplate: dropped directly below 2"
    write_dataset(tmp_path, tables)
    text = Cells(page_of(tmp_path)).texts["risks"]
    places = [text.index(f"0.{sure} boilerplate") for sure in (96, 97, 98, 99)]
    assert places == sorted(places)


def test_the_same_bytes_wherever_it_lies(dataset: Path, tmp_path: Path) -> None:
    page = page_of(dataset)
    moved = tmp_path / "a [new] * place"
    shutil.copytree(dataset, moved)
    assert page_of(moved) == page
    assert str(dataset) not in page and str(dataset.parent) not in page


def test_one_file_or_three_is_the_same_to_it(tmp_path: Path) -> None:
    pages = []
    for files in (1, 3):
        write_dataset(tmp_path / str(files), make_tables(12), files=files)
        pages.append(embedded(page_of(tmp_path / str(files))))
    assert pages[0] == pages[1]


def test_without_text_there_is_none(dataset: Path) -> None:
    page = own_part(page_of(dataset, text=False))
    assert '<meta name="tamis-text" content="none">' in page
    words = {re.sub(r"\W+", " ", part).strip() for part in (page, json.dumps(embedded(page), ensure_ascii=False))}
    texts = {row["text"] for row in read(dataset, "audit/lines")}
    texts |= {
        row[column] for row in pq.read_table(dataset / "data").to_pylist() for column in ("title", "url") if row[column]
    }
    texts |= {author for row in pq.read_table(dataset / "data").to_pylist() for author in row["authors"]}
    texts |= {row["evidence"] for row in read(dataset, "audit/labels")}
    checked = 0
    for text in texts:
        plain = re.sub(r"\W+", " ", text).strip()
        if len(plain) < (8 if re.search(r"[\u3040-\u9fff\uac00-\ud7a3]", plain) else 16):
            continue
        checked += 1
        assert not [part for part in words if plain in part], text
    assert checked > 500
    with_text = own_part(page_of(dataset))
    assert "Oatcakes the way they bake them" in with_text, "the check above would have found it"
    documents = embedded(page)["documents"]
    assert len(documents) > 40 and all("title" not in one and "url" not in one for one in documents)


def test_a_dataset_that_was_made_without_text_stays_so(dataset: Path, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from pipelines.cli import app

    folder = tmp_path / "dataset"
    shutil.copytree(dataset, folder)
    write_json(folder / "manifest.json", read_manifest(folder) | {"report_text": False})
    for options, said in (([], "none"), (["--text"], "sample"), (["--no-text"], "none")):
        done = CliRunner().invoke(app, ["report", str(folder), *options])
        assert done.exit_code == 0 and done.stdout.strip() == str(folder / QUALITY_PAGE)
        assert f'name="tamis-text" content="{said}"' in (folder / QUALITY_PAGE).read_text("utf-8")


def test_the_policy_names_what_stands_in_the_page(dataset: Path) -> None:
    page = page_of(dataset)
    policy = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert len(policy) == 1 and page.index("Content-Security-Policy") < page.index("<style>")
    said = dict(part.strip().split(" ", 1) for part in policy[0].replace("&#39;", "'").split(";"))
    assert said.pop("default-src") == said.pop("base-uri") == said.pop("form-action") == "'none'"
    assert said.pop("img-src") == "data:"
    for tag in ("style", "script"):
        contents = re.findall(rf"<{tag}>(.*?)</{tag}>", page, flags=re.S)
        sums = [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in contents]
        assert contents and said.pop(f"{tag}-src") == " ".join(f"'sha256-{each}'" for each in sums)
    assert not said


def test_nothing_of_a_record_is_markup(dataset: Path) -> None:
    page = own_part(page_of(dataset))
    data = page[page.index('id="data">') + 10 :]
    assert not re.search("[<>&\u2028\u2029]", data[: data.index("</script>")])
    tags = Counter(re.findall(r"<(\w+)", page))
    assert not tags.keys() & {"img", "iframe", "object", "embed", "form action", "base"}
    assert tags["script"] == 1 and tags["style"] == 0 and tags["meta"] == 7
    assert not re.search(r"<[^>]+\s(on\w+=|href=.javascript:)", page)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]", page)


@given(st.recursive(st.text() | st.integers() | st.none() | st.booleans(), st.lists, max_leaves=8))
def test_data_comes_out_as_it_went_in(value: Any) -> None:
    text = json_for_html(value)
    assert not re.search("[<>&\u2028\u2029]", text)
    assert json.loads(text) == value


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        json_for_html(float("nan"))


def big_tables(documents: int, attack: str) -> Tables:
    """Long documents in which every character costs the most that one can; a site, a rule, a flag for each."""
    tables = make_tables(documents)
    tables.lines, tables.labels = [], []
    for number, row in enumerate(tables.articles):
        row |= restate("\n".join([attack * 900] * 40)) | {
            "title": attack * 500, "site": f"{'long' * 15}{number}.example", "language": f"x{number % 300:03}",
            "encoding": f"charset-{number}", "encoding_method": attack * 30, "repairs": [f"repair-{number}"],
            "dropped_chars": 90, "flags": [f"flag-{number}-{attack * 20}"],
        }  # fmt: skip
        who = row["doc_id"]
        tables.flags.append({"doc_id": who, "flag": row["flags"][0], "evidence": attack * 900})
        for line in range(1, 101):
            tables.lines.append({"doc_id": who, "line_no": line, "text": attack * 900})
            tables.labels.append({
                "doc_id": who, "line_no": line, "label": list(label_kinds())[line % 30],
                "rule_id": f"rule.{number}.{line % 3}.{attack * 20}", "evidence": attack * 300,
                "decides": line % 2 == 0,
            })  # fmt: skip
    return tables


@pytest.mark.parametrize("attack", ["<&>", "온바다", "\x01\x02\u202e"])
def test_smaller_than_three_megabytes_whatever_it_shows(tmp_path: Path, attack: str) -> None:
    write_dataset(tmp_path, big_tables(120, attack))
    report = {"checks": [
        {"suite": "s", "name": f"check-{number}", "level": "warning", "passed": False, "meaning": attack * 300,
         "expected": attack * 900, "observed": attack * 900, "failing": [name(each) for each in range(20)]}
        for number in range(120)]}  # fmt: skip
    page = quality_html(tmp_path, read_manifest(tmp_path), report)
    assert len(page) < MOST_BYTES
    assert len(embedded(page.decode())["documents"]) >= 3


def test_without_the_audit_it_says_what_it_does_not_know(dataset: Path, tmp_path: Path) -> None:
    folder = tmp_path / "published"
    shutil.copytree(dataset, folder)
    shutil.rmtree(folder / "audit")
    page = page_of(folder)
    texts = Cells(page).texts
    assert "not at hand" in texts["removed"] and "not at hand" in texts["duplicates"]
    published = read_manifest(folder)["ledger"]["records"]["published"]
    documents = embedded(page)["documents"]
    assert len(documents) == min(published, 240) and all(one["lines"] for one in documents)


def test_an_empty_dataset_has_a_report_too(tmp_path: Path) -> None:
    write_dataset(tmp_path, make_tables(0))
    texts = Cells(page_of(tmp_path)).texts
    assert "No document is published" in texts["corpus"]
    assert "Nothing was removed" in texts["removed"]
    assert "Not checked yet" in texts["checks"]


CHECKS = [
    {"suite": "articles", "name": "held", "column": "text", "level": "critical", "expected": "more than white space",
     "observed": "0 of 4 values fail", "passed": True, "failing": [], "meaning": "A body."},
    {"suite": "articles", "name": "warned", "column": "flags", "level": "warning", "expected": "no flag",
     "observed": "1 of 4 values fail", "passed": False, "failing": [name(2)], "meaning": "Worth a look."},
    {"suite": "articles", "name": "failed", "column": "url", "level": "critical", "expected": "a host",
     "observed": "2 of 4 values fail", "passed": False, "failing": [name(0), name(3)], "meaning": "A url."},
]  # fmt: skip


def test_checks_with_their_level_limit_and_value(tmp_path: Path) -> None:
    write_dataset(tmp_path, make_tables(4))
    page = page_of(tmp_path, report={"checks": CHECKS})
    text = Cells(page).texts["checks"]
    assert "Failed: 1 of 3 checks hold, 1 critical failed, 1 warning" in page
    places = [text.index(check) for check in ("failed", "warned", "held")]
    assert places[0] < text.index("warned", places[0]) < text.index("held", places[0]), "what fails stands first"
    for check in CHECKS:
        for key in ("name", "column", "level", "expected", "observed", "meaning"):
            assert str(check[key]) in text
    assert f'<a href="#doc={name(3)}">' in page, "what fails can be looked at"
    passed = page_of(tmp_path, report={"checks": CHECKS[:1]})
    assert "Passed: 1 of 1 checks hold" in passed and 'id="only-failed"' not in passed
    assert '<details class="all-checks" open>' in page, "what failed is seen at once"
    assert '<details class="all-checks">' in passed, "and what holds is folded away"
    assert "publishers to say. Charts:" in passed


DIFF = {
    "format": 1, "identical": False,
    "old": {"name": "small", "rows": 3, "version": "1.0.0", "pipeline_version": "0.1.0"},
    "new": {"name": "small", "rows": 4},
    "rows": {"added": 1, "removed": 0, "changed": 2, "same": 1, "changed_text": 1, "changed_other": 1,
             "added_ids": [name(3)], "removed_ids": [], "changed_ids": [name(1)]},
    "schema": [{"column": "mood", "change": "removed", "old": "string", "new": None, "breaking": True}],
    "config": [{"key": "policy", "old": "balanced", "new": "strict"}],
    "drift": [{"name": "language", "kind": "categories", "old": 3, "new": 4, "psi": 0.31, "ks": None, "noise": 0.01,
               "verdict": "critical", "parts": [{"value": "ko", "old_share": 0.0, "new_share": 0.25}]}],
    "rules": [{"rule_id": "en.share.button", "label": "share-bar", "old_lines": 4, "new_lines": 9, "gained": 5,
               "lost": 0, "documents": 2, "doc_ids": [name(1)]}],
    "version": {"calls_for": "major", "because": ["the column mood is gone"], "old": "1.0.0", "new": "1.1.0",
                "declared": "minor", "enough": False},
}  # fmt: skip


def test_changes_since_an_earlier_dataset(tmp_path: Path) -> None:
    write_dataset(tmp_path, make_tables(4))
    assert "changes" not in Cells(page_of(tmp_path, report={"checks": CHECKS, "diff": None})).texts
    page = page_of(tmp_path, report={"checks": CHECKS, "diff": DIFF})
    text = " ".join(Cells(re.sub("<(?=[tdl])", " <", page)).texts["changes"].split())
    for said in (
        "The changes call for a major version; declared: minor.", "the column mood is gone", "mood removed string yes",
        "policy balanced strict", "critical language 0.31 ko 0.0 % → 25.0 %", "en.share.button share-bar 4 9 2",
        "rows added 1", name(3),
    ):  # fmt: skip
        assert said in text


def test_a_report_that_is_broken_is_named(tmp_path: Path) -> None:
    write_dataset(tmp_path, make_tables(2))
    (tmp_path / "reports").mkdir()
    for content, said in (("[]", "JSON object"), ("{", "not JSON"), ('{"checks": 3}', "no list of checks")):
        (tmp_path / "reports/report.json").write_text(content)
        with pytest.raises(DatasetError, match=said):
            page_of(tmp_path, report=read_report(tmp_path))


def test_a_table_of_another_version_is_named(tmp_path: Path) -> None:
    write_dataset(tmp_path, make_tables(2))
    file = next((tmp_path / "data").iterdir())
    pq.write_table(pq.read_table(file).drop_columns(["flags"]), file)
    with pytest.raises(DatasetError, match="no column flags"):
        page_of(tmp_path)
    file.write_bytes(b"no parquet")
    with pytest.raises(DatasetError, match="cannot read"):
        page_of(tmp_path)


def test_the_libraries_are_what_they_say() -> None:
    import altair

    from pipelines.report.page import read_part

    sums = dict(reversed(line.split("  ")) for line in read_part("vendor/SHA256SUMS").splitlines())
    assert sums.keys() == {"vega.min.js", "vega-lite.min.js", "vega-embed.min.js"}
    for file, expected in sums.items():
        assert hashlib.sha256(read_part(f"vendor/{file}").encode()).hexdigest() == expected
        assert "</script" not in read_part(f"vendor/{file}").lower()
    licences = read_part("vendor/LICENSES.txt")
    (vendored,) = re.findall(r"vega-lite (\d+\.\d+)", licences)
    assert altair.SCHEMA_VERSION.startswith(f"v{vendored}."), "Altair writes for the Vega-Lite that is in the page"


def luminance(colour: str) -> float:
    """Relative luminance, 0-1 (WCAG 2.2)."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_words_can_be_read_in_light_and_in_dark() -> None:
    from pipelines.report.page import read_part

    colours = re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", read_part("templates/style.css"))
    assert len(colours) > 20
    for theme in (1, 2):
        colour = {entry[0]: entry[theme] for entry in colours}
        for ground, words in (
            ("paper", ("ink", "ink-2", "accent", "dropped", "kept")),
            ("card", ("ink", "ink-2", "accent", "dropped", "kept")),
            ("wash-dropped", ("ink", "dropped")), ("wash-warning", ("ink", "ink-2")), ("wash-kept", ("ink",)),
            ("wash-accent", ("ink", "ink-2")), ("grid", ("ink", "ink-2")),
        ):  # fmt: skip
            for word in words:
                light, dark = sorted((luminance(colour[word]), luminance(colour[ground])), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (theme, ground, word)
