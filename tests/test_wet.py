"""Texts of web archives: pages are records, what is cut off or no archive says so, memory is bounded."""

from __future__ import annotations

import gzip
import random
from pathlib import Path
from typing import Any

import pytest

from cleaning.records import Record
from tests.test_sources import read


def record(kind: str, body: bytes, name: str = "a", **fields: str) -> bytes:
    head = {
        "WARC-Type": kind,
        "WARC-Target-URI": f"https://a.example/{name}",
        "WARC-Date": "2024-05-18T05:58:10Z",
        "WARC-Record-ID": f"<urn:uuid:0000-{name}>",
        "Content-Length": str(len(body)),
    } | {field.replace("_", "-"): value for field, value in fields.items()}
    lines = "".join(f"{field}: {value}\r\n" for field, value in head.items())
    return f"WARC/1.0\r\n{lines}\r\n".encode() + body + b"\r\n\r\n"


INFO = record("warcinfo", b"Software-Info: wet\r\nExtracted-Date: today\r\n\r\n")


def pages(archive: bytes, folder: Path, name: str = "CC-1.warc.wet", **settings: Any) -> list[Record]:
    folder.joinpath(name).write_bytes(archive)
    return read([folder / name], folder, **settings)


def problems(found: list[Record]) -> list[str | None]:
    return [one.problem.rule_id if one.problem else None for one in found]


def test_pages_are_records(tmp_path: Path) -> None:
    parts = [INFO, *(record("conversion", f"Page {n}\nWARC/1.0\r\n다리".encode(), str(n)) for n in range(3))]
    found = pages(b"".join(parts), tmp_path)
    assert [one.source_row for one in found] == [0, 1, 2]
    assert [one.content for one in found] == [f"Page {n}\nWARC/1.0\r\n다리" for n in range(3)]
    assert [one.source_id for one in found] == ["0000-0", "0000-1", "0000-2"]
    assert found[2].given == {"url": "https://a.example/2", "crawled": "2024-05-18T05:58:10Z"}
    members = b"".join(map(gzip.compress, parts))  # as Common Crawl does, each record by itself
    packed = pages(members, tmp_path, "CC-1.warc.wet.gz")
    assert [one.content for one in packed] == [one.content for one in found]


def test_an_archive_of_no_page_has_no_record(tmp_path: Path) -> None:
    assert pages(INFO, tmp_path) == []
    assert pages(b"", tmp_path) == []


def test_lines_may_end_with_lf_alone(tmp_path: Path) -> None:
    found = pages((INFO + record("conversion", b"Page")).replace(b"\r\n", b"\n"), tmp_path)
    assert [one.problem for one in found][-1] is not None  # the length of warcinfo is that of its CRLF
    assert [one.content for one in pages(record("conversion", b"Page").replace(b"\r\n", b"\n"), tmp_path)] == ["Page"]


@pytest.mark.parametrize(
    ("rest", "why"),
    [
        (record("conversion", b"Page")[:-6], "cut off"),
        (record("conversion", b"Page", Content_Length="9000"), "cut off"),
        (record("conversion", b"Page", Content_Length="-4"), "does not say how long"),
        (record("conversion", b"Page", Content_Length="9" * 30), "does not say how long"),
        (record("conversion", b"Page", Content_Length="٤"), "does not say how long"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "no record of a web archive"),
        (b"WARC/1.0\r\n" + b"X: y\r\n" * 20_000, "does not say how long"),
        (b"WARC/1.0\r\n" + b"X: y\r\n" * 20_000 + b"Content-Length: 4\r\n\r\nPage\r\n\r\n", "does not say how long"),
        (b"WARC/1.0" + b"x" * 200_000, "does not say how long"),
    ],
)
def test_what_is_broken_says_so_and_what_stands_before_counts(rest: bytes, why: str, tmp_path: Path) -> None:
    first, last = pages(INFO + record("conversion", b"Page one") + rest, tmp_path)
    assert first.content == "Page one"
    assert last.source_row == 1
    assert last.problem is not None
    assert last.problem.rule_id == "quarantine.corrupt-file"
    assert why in last.problem.evidence


@pytest.mark.parametrize(
    ("broken", "left"),
    [
        (record("conversion", b"Page two is longer", Content_Length="8"), ["Page two"]),
        (record("conversion", b"Page two", Content_Length="-4"), []),
        (b"WARC/1.0\r\n" + b"X: y\r\n" * 20_000 + b"Content-Length: 4\r\n\r\nPage\r\n\r\n", []),
        (b"HTTP/1.1 200 OK\r\n\r\nPage\r\n", []),
    ],
)
def test_what_follows_a_broken_record_is_read(broken: bytes, left: list[str], tmp_path: Path) -> None:
    whole = [record("conversion", b"Page one", "a"), record("conversion", b"Page three", "c")]
    found = pages(INFO + whole[0] + broken + whole[1], tmp_path)
    assert [one.content for one in found if one.problem is None] == ["Page one", *left, "Page three"]
    (why,) = (one.problem for one in found if one.problem is not None)
    assert why.rule_id == "quarantine.corrupt-record"
    assert "left out" in why.evidence
    assert [one.source_row for one in found] == [*range(len(found))]


def test_a_page_that_is_too_large_is_passed_over(tmp_path: Path) -> None:
    archive = record("conversion", b"x" * 3_000_000) + record("conversion", b"Page", "b")
    found = pages(archive, tmp_path, max_record_bytes=1_000)
    assert problems(found) == ["quarantine.too-large", None]
    assert found[0].problem is not None
    assert "3,000,000 bytes" in found[0].problem.evidence


def test_a_page_in_no_charset_is_quarantined(tmp_path: Path) -> None:
    noise = bytes(range(256)) * 20
    found = pages(record("conversion", noise) + record("conversion", "naïve café".encode("cp1252") * 20, "b"), tmp_path)
    assert problems(found) == ["quarantine.bad-bytes", None]
    assert str(found[1].content).startswith("naïve café")


def test_an_archive_that_is_cut_off_in_a_member(tmp_path: Path) -> None:
    noise = random.Random(0).randbytes(5_000).hex().encode()
    packed = gzip.compress(record("conversion", b"Page one")) + gzip.compress(record("conversion", noise))[:-1_000]
    assert problems(pages(packed, tmp_path, "CC-1.warc.wet.gz")) == [None, "quarantine.corrupt-file"]
