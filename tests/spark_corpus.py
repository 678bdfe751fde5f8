"""A small corpus in which all happens that only a whole corpus knows: templates, twins, each kind of duplicate."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.small_corpus import make_pages, sentence

_PAGE = """
Harbour Gazette
Sections
Weather
{headline}
{body}
Share this story
More from the harbour
Newsletter of the week
All rights reserved, Harbour Gazette
"""


def _article(rng: random.Random, sentences: int) -> list[str]:
    return [sentence(rng, "en") for _ in range(sentences)]


def _changed(rng: random.Random, text: str, words: int) -> str:
    found = text.split(" ")
    for _ in range(words):
        found[rng.randrange(len(found))] = f"word{rng.randrange(10_000)}"
    return " ".join(found)


def _texts(rng: random.Random) -> list[str]:
    texts = []
    for _ in range(12):
        article = _article(rng, 14)
        whole = " ".join(article)
        texts += [whole, whole, whole.upper(), _changed(rng, whole, 3), " ".join(article[:8])]
    # More versions of one article than texts are paired with one another.
    famous = " ".join(_article(rng, 20))
    texts += [_changed(rng, famous, 2) for _ in range(60)]
    # A chain, in which the last has nothing of the first: the guard cuts it.
    long = _article(rng, 40)
    texts += [" ".join(long[start : start + 20]) for start in range(0, 20, 2)]
    # A digest of articles that stand alone too.
    several = [" ".join(_article(rng, 10)) for _ in range(3)]
    texts += [*several, " ".join(several)]
    # What differs in figures only, and what is too short to be a copy.
    report = " ".join(_article(rng, 10))
    texts += [f"{report} It rose by {number} percent on {number + 2} May." for number in (3, 4, 5)]
    return [*texts, "Photo gallery", "Photo gallery", "", *(" ".join(_article(rng, 9)) for _ in range(20))]


def make_corpus(folder: Path) -> None:
    """Write files of several kinds into a folder."""
    rng = random.Random(11)
    folder.mkdir()
    pages = make_pages({"name": "spark", "page": [{"count": 24, "copies": 2, "edits": 0.03, "text": _PAGE}]})
    lines = [json.dumps({"url": page.given["url"], "text": page.content}) for page in pages]
    (folder / "pages.jsonl").write_text(
        "\n".join([*lines[:30], "", "{not json", *lines[30:], lines[0]]) + "\n", "utf-8"
    )
    texts = _texts(rng)
    rng.shuffle(texts)
    stamps = ["2024-05-01", "2023-01-31T10:00:00Z", None, "2024-05-01T09:15:00Z", "2023-01-31"]
    records = [
        {"id": f"n{number}", "text": text, "published": stamps[number % 5], "title": f"Report {number // 7}"}
        for number, text in enumerate(texts)
    ]
    for name, some in (("é-one.jsonl", records[::2]), ("z-two.jsonl", records[1::2])):
        (folder / name).write_text("".join(json.dumps(record) + "\n" for record in some), "utf-8")
    pq.write_table(pa.Table.from_pylist(records[:9]), folder / "table.parquet")
    (folder / "table.csv").write_text('id,text\n1,"' + " ".join(_article(rng, 9)) + '"\n2\n', "utf-8")
    for number in range(5):
        (folder / f"page-{number}.txt").write_text("\n".join(_article(rng, 6)), "utf-8")
    (folder / "broken.txt").write_bytes(bytes(range(128, 256)) * 3)
