"""A dataset as others open it: every reader that the README names reads it for real, and finds what was written."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
import yaml

from cleaning.config import Config, ConfigError, make_config
from cleaning.tables import ARTICLES
from pipelines.papers.croissant import croissant
from pipelines.papers.front_matter import features
from pipelines.papers.licence import changelog, licence_of, licence_text
from pipelines.run import run

ABOUT = {
    "title": 'Harbour: news "and" <b>more</b>\n# not a heading',
    "version": "1.2.0",
    "license": "CC-BY-4.0",
    "attribution": "Harbour News | all rights: yes",
    "authors": "Ada Example; Bo Example",
    "contact": "data@example.com",
    "homepage": "https://example.com/harbour",
    "description": "Articles: of a harbour.",
    "task_categories": "text-generation, summarization",
}


@pytest.fixture(scope="module")
def dataset(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample in several data files, with all that can be said about a dataset."""
    output = tmp_path_factory.mktemp("readers") / "harbour"
    run([sample], output, Config(about=ABOUT, rows_per_file=15, workers=1))
    return output


@pytest.fixture(scope="module")
def rows(dataset: Path) -> pa.Table:
    files = sorted((dataset / "data").iterdir())
    assert len(files) == 3
    return pa.concat_tables([pq.read_table(file) for file in files], promote_options="permissive")


def front(dataset: Path) -> dict[str, Any]:
    head, _ = (dataset / "README.md").read_text("utf-8").removeprefix("---\n").split("\n---\n", 1)
    return dict(yaml.safe_load(head))


def test_datasets(dataset: Path, rows: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    loaded = datasets.load_dataset(str(dataset), cache_dir=str(tmp_path), verification_mode="all_checks")
    assert list(loaded) == ["train"]
    train = loaded["train"]
    assert train.num_rows == rows.num_rows > 30
    assert train["text"][:] == rows["text"].to_pylist()
    assert train[0]["published_at"] == rows["published_at"][0].as_py()
    # What the card says is what the library finds.
    stated = front(dataset)["dataset_info"]
    assert stated["features"] == yaml.safe_load(yaml.safe_dump(train.features._to_yaml_list()))
    assert stated["splits"] == [
        {"name": "train", "num_bytes": train.info.splits["train"].num_bytes, "num_examples": train.num_rows}
    ]
    assert (stated["download_size"], stated["dataset_size"]) == (train.info.download_size, train.info.dataset_size)


def test_the_hub_takes_the_front_matter(dataset: Path) -> None:
    from huggingface_hub import DatasetCard

    card = DatasetCard.load(dataset / "README.md").data.to_dict()
    assert card["license"] == "cc-by-4.0"
    assert card["language"] == sorted(card["language"])
    assert {"en", "ko", "ja"} <= set(card["language"])
    assert card["size_categories"] == ["n<1K"]
    assert card["task_categories"] == ["text-generation", "summarization"]
    assert card["source_datasets"] == ["original"]
    assert card["pretty_name"] == ABOUT["title"]
    assert card["configs"][0]["data_files"] == [{"split": "train", "path": "data/train-*.parquet"}]


def test_pandas_polars_duckdb_and_pyarrow(dataset: Path, rows: pa.Table) -> None:
    import duckdb
    import polars as pl

    ids = rows["doc_id"].to_pylist()
    frame = pd.read_parquet(dataset / "data")
    assert frame["doc_id"].tolist() == ids
    assert str(frame["published_at"].dtype) == "datetime64[us, UTC]"
    lazy = pl.scan_parquet(dataset / "data" / "*.parquet").select("doc_id", "text", "captions", "language_shares")
    assert lazy.collect()["doc_id"].to_list() == ids
    found = duckdb.sql(f"select doc_id, text from read_parquet('{dataset}/data/*.parquet', file_row_number=true)")
    assert sorted(found.fetchall()) == sorted(zip(ids, rows["text"].to_pylist(), strict=True))
    opened = ds.dataset(dataset / "data", format="parquet")
    assert opened.schema.names == ARTICLES.names
    assert opened.to_table(columns=["doc_id"])["doc_id"].to_pylist() == ids


def test_spark(dataset: Path, rows: pa.Table) -> None:
    pytest.importorskip("pyspark", reason="pyspark comes with the extra spark")
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        frame = spark.read.parquet(str(dataset / "data"))
        assert frame.columns == ARTICLES.names
        found = {row["doc_id"]: row["text"] for row in frame.select("doc_id", "text").collect()}
        assert found == dict(zip(rows["doc_id"].to_pylist(), rows["text"].to_pylist(), strict=True))
    finally:
        spark.stop()


@pytest.mark.filterwarnings("ignore")  # of rdflib, about itself
def test_croissant(dataset: Path, rows: pa.Table) -> None:
    import mlcroissant

    described = mlcroissant.Dataset(jsonld=str(dataset / "croissant.json"))
    issues = described.metadata.ctx.issues
    assert not issues.errors
    # datePublished is the day of a publishing, which a deterministic build does not know.
    assert [line for line in issues.warnings if "datePublished" not in line] == []
    assert described.metadata.ctx.is_v1_1()
    assert described.metadata.version == "1.2.0"
    assert described.metadata.personal_sensitive_information
    assert "data@example.com" in (described.metadata.data_release_maintenance_plan or "")
    records = list(described.records("articles"))
    assert len(records) == rows.num_rows
    by_id = {record["articles/doc_id"].decode(): record for record in records}
    for row in rows.to_pylist():
        record = by_id[row["doc_id"]]
        assert record["articles/text"].decode() == row["text"]
        assert [name.decode() for name in record["articles/authors"]] == row["authors"]
        assert record["articles/char_count"] == row["char_count"]
        shares = record["articles/language_shares"] if row["language_shares"] else []
        assert [one["articles/language_shares/language"].decode() for one in shares] == [
            one["language"] for one in row["language_shares"] or ()
        ]
    raw = json.loads((dataset / "croissant.json").read_text("utf-8"))
    files = [node for node in raw["distribution"] if node["@type"] == "cr:FileObject"]
    manifest = json.loads((dataset / "manifest.json").read_text("utf-8"))
    assert [node["sha256"] for node in files] == [
        entry["sha256"] for entry in manifest["files"] if entry["path"].startswith("data/")
    ]


def test_citation(dataset: Path) -> None:
    found = yaml.safe_load((dataset / "CITATION.cff").read_text("utf-8"))
    assert found["cff-version"] == "1.2.0"
    assert found["type"] == "dataset"
    assert (found["title"], found["version"], found["license"]) == (ABOUT["title"], "1.2.0", "CC-BY-4.0")
    assert found["authors"] == [{"name": "Ada Example"}, {"name": "Bo Example"}]
    assert found["url"] == "https://example.com/harbour"


def test_the_card_says_what_it_must(dataset: Path) -> None:
    card = (dataset / "README.md").read_text("utf-8")
    for heading in ("Columns", "How it was made", "Licence and sources", "Citation", "Known limits", "Take-down"):
        assert f"\n## {heading}\n" in card
    assert "## Personal and sensitive information" in card
    # What the settings say is text, whatever it looks like.
    assert "\n# not a heading" not in card
    assert "<b>" not in card.split("\n---\n", 1)[1]
    assert "Harbour News \\| all rights: yes" in card
    assert all(f"| `{name}` |" in card for name in ARTICLES.names)


def test_sums_have_all_papers(dataset: Path) -> None:
    subprocess.run(["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"], cwd=dataset, check=True)
    listed = {line.split("  ", 1)[1] for line in (dataset / "SHA256SUMS").read_text("utf-8").splitlines()}
    assert listed >= {"README.md", "croissant.json", "CITATION.cff", "LICENSE", "CHANGELOG.md"}
    assert "cc-by/" not in (dataset / "LICENSE").read_text("utf-8")
    assert "creativecommons.org/licenses/by/4.0" in (dataset / "LICENSE").read_text("utf-8")


def test_a_licence_that_nobody_knows_is_other() -> None:
    manifest = {"name": "x", "rows": 1, "about": {"license": "KOGL-1", "license_url": "https://example.com/kogl"}}
    assert licence_of(manifest) == ("other", "KOGL-1", "https://example.com/kogl", False)
    assert "https://example.com/kogl" in licence_text(manifest)
    assert licence_of({"name": "x", "about": {}}) is None


def test_every_column_has_a_type_for_others() -> None:
    import datasets

    assert yaml.safe_load("\n".join(features(ARTICLES))) == yaml.safe_load(
        yaml.safe_dump(datasets.Features.from_arrow_schema(ARTICLES)._to_yaml_list())
    )
    manifest: dict[str, Any] = {"name": "x", "rows": 0, "files": [], "pipeline_version": "0"}
    assert len(croissant(manifest, [])["recordSet"][0]["field"]) == len(ARTICLES)


def test_the_changelog_grows() -> None:
    first = changelog({"rows": 3, "pipeline_version": "0.1.0", "version": "1.0.0"})
    second = changelog({"rows": 2, "pipeline_version": "0.1.0", "version": "1.0.1"}, first, "One record is gone.")
    assert second.index("## 1.0.1") < second.index("## 1.0.0")
    assert second.count("# Changelog\n") == 1
    assert "One record is gone." in second


@pytest.mark.parametrize(
    ("about", "says"),
    [
        ({"licence": "cc0-1.0"}, "did you mean 'license'"),
        ({"version": "1.2"}, "three numbers"),
        ({"version": "01.2.0"}, "three numbers"),
        ({"license": "see the website"}, "an identifier such as"),
        ({"homepage": "javascript:alert(1)"}, "a web address"),
        ({"title": " "}, "is empty"),
    ],
)
def test_what_about_may_say(about: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        make_config({"about": about})


def test_about_changes_no_byte_of_the_data() -> None:
    assert Config(about=ABOUT).sha256() == Config().sha256()
