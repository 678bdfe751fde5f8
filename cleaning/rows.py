"""Cleaned documents into the tables: ARTICLES but for what only the whole corpus knows, LINES, LABELS."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache, reduce
from importlib.metadata import version

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cleaning.config import Config
from cleaning.documents import Documents
from cleaning.labels import label_kinds
from cleaning.records import doc_id
from cleaning.signals import words_and_signals
from cleaning.spoken import find_spoken
from cleaning.tables import ARTICLES, FLAGS


def article_rows(documents: Documents, config: Config) -> pa.Table:
    """A row of ARTICLES for each document, as if it had no duplicate and no twin; see `complete_rows`."""
    records, texts, metadata = documents.records, documents.bodies.texts, documents.metadata
    count = len(records)
    dropped = _dropped(documents)
    words, signals = words_and_signals(texts)
    columns: dict[str, object] = {
        "doc_id": [doc_id(record.identity) for record in records],
        "source_id": [record.source_id for record in records],
        "source_file": [record.source_file for record in records],
        "source_row": [record.source_row for record in records],
        "url": [record.given.get("url") for record in records],
        "site": documents.lines.sites,
        "title": [one.title for one in metadata],
        "text": texts,
        "authors": [one.authors for one in metadata],
        "published_at": [one.published_at for one in metadata],
        "updated_at": [one.updated_at for one in metadata],
        "published_precision": [one.published_precision for one in metadata],
        "published_zone": [one.published_zone for one in metadata],
        "publisher": [one.publisher for one in metadata],
        "section": [one.section for one in metadata],
        "dateline": [one.dateline for one in metadata],
        "source_credit": [one.source_credit for one in metadata],
        "captions": [one.captions for one in metadata],
        "language": [one.tag for one in documents.languages],
        "language_confidence": [one.confidence for one in documents.languages],
        "language_method": [one.method for one in documents.languages],
        "language_shares": [[share._asdict() for share in shares] or None for shares in documents.language_shares],
        "char_count": list(map(len, texts)),
        "word_count": words,
        "line_count": [text.count("\n") + 1 if text else 0 for text in texts],
        "source_char_count": documents.source_chars,
        "encoding": documents.encodings,
        "encoding_method": documents.encoding_methods,
        "repairs": documents.repairs,
        **dropped,
        "duplicates": np.zeros(count, np.int32),
        "cluster_id": pa.nulls(count, pa.string()),
        "duplicate_of": pa.nulls(count, pa.string()),
        "flags": [[name for name, _ in flags] for flags in documents.flags],
        **signals,
        "text_sha256": [hashlib.sha256(text.encode()).hexdigest() for text in texts],
        "pipeline_version": _constant(_version(), count),
        "config_sha256": _constant(config.sha256(), count),
    }
    return pa.table(columns, schema=ARTICLES)


def complete_rows(articles: pa.Table, settled: pa.Table) -> pa.Table:
    """ARTICLES with what the corpus knows of them: `settled` has the row of SETTLED for each of them."""
    columns = {name: settled[name] for name in ("doc_id", "duplicates", "cluster_id", "duplicate_of")}
    told = np.flatnonzero(pc.greater(pc.list_value_length(settled["flags"]), 0))
    if len(told):
        flags = articles["flags"].to_pylist()
        for row, found in zip(told.tolist(), settled["flags"].take(pa.array(told)).to_pylist(), strict=True):
            flags[row] = sorted([*flags[row], *(one["flag"] for one in found)])
        columns["flags"] = pa.array(flags, pa.list_(pa.string()))
    for name, values in columns.items():
        index = articles.schema.get_field_index(name)
        articles = articles.set_column(index, articles.schema.field(index), values)
    return articles


@cache
def _version() -> str:
    return version("tamis")


def _constant(value: str, count: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), [value])


def _dropped(documents: Documents) -> dict[str, object]:
    """dropped_lines, dropped_chars, dropped_labels and repeated_chars, read off the deciding labels."""
    lines, labels = documents.lines, documents.labels
    count = lines.documents
    rows = np.flatnonzero(documents.bodies.decided_by >= 0)
    of = lines.documents_of(rows)
    chars = lines.sizes[lines.key[rows]]
    kind = find_spoken(lines, labels).columns().kind[documents.bodies.decided_by[rows]]
    names = sorted(label_kinds())
    coded = np.array([names.index(name) for name in label_kinds()], np.int64)[kind]
    kinds: list[list[str]] = [[] for _ in range(count)]
    for pair in np.unique(of * len(names) + coded).tolist():
        kinds[pair // len(names)].append(names[pair % len(names)])
    repeated = coded == names.index("repeated")
    return {
        "dropped_lines": np.bincount(of, minlength=count),
        "dropped_chars": np.bincount(of, chars, count).astype(np.int64),
        "dropped_labels": kinds,
        "repeated_chars": np.bincount(of[repeated], chars[repeated], count).astype(np.int64),
    }


def line_rows(documents: Documents) -> pa.Table:
    """LINES of a batch, with the number of the document where its doc_id will stand."""
    lines = documents.lines
    of = lines.documents_of(np.arange(len(lines)))
    return pa.table({"document": of, "line_no": lines.line_no, "text": pa.array(lines.raw, pa.string())})


def label_rows(documents: Documents) -> pa.Table:
    """LABELS of a batch, with the number of the document where its doc_id will stand.

    By document and line; the labels of a line in the order in which the labelers gave them.
    """
    lines = documents.lines
    labels = documents.labels
    rows, kind, rule, rules = find_spoken(lines, labels).columns()
    order = np.argsort(rows, kind="stable")
    decides = np.zeros(len(rows) + 1, np.bool_)
    decides[documents.bodies.decided_by] = True  # -1, no label, is the one behind the last
    return pa.table(
        {
            "document": lines.documents_of(rows[order]),
            "line_no": lines.line_no[rows[order]],
            "label": pa.array(label_kinds(), pa.string()).take(pa.array(kind[order])),
            "rule_id": pa.array(rules, pa.string()).take(pa.array(rule[order])),
            "evidence": pa.array([one[3] for one in labels], pa.string()).take(pa.array(order)),
            "decides": decides[:-1][order],
        }
    )


def fate_rows(documents: Documents, articles: pa.Table) -> pa.Table:
    """What `corpus.settle` needs of a batch: its FATES before duplicates are known, with the doc_id that each record
    has if it has no twin, its identity, and of its row in `articles` length, date, whether it is in capitals, and how
    many of title, date and authors it has (`cited`).
    """
    records, fates = documents.records, documents.fates
    return pa.table(
        {
            "doc_id": articles["doc_id"],
            "identity": pa.array([record.identity for record in records], pa.string()),
            "source_id": pa.array([record.source_id for record in records], pa.string()),
            "fate": pa.array([one.fate for one in fates], pa.string()),
            "rule_id": pa.array([one.rule_id for one in fates], pa.string()),
            "evidence": pa.array([one.evidence for one in fates], pa.string()),
            "source_file": pa.array([record.source_file for record in records], pa.string()),
            "source_row": pa.array([record.source_row for record in records], pa.int64()),
            "site": articles["site"].cast(pa.string()),
            "url": articles["url"],
            "title": articles["title"],
            "char_count": articles["char_count"],
            "published_at": articles["published_at"],
            **ranks(articles, documents.bodies.texts),
        }
    )


def ranks(articles: pa.Table, texts: Iterable[str]) -> dict[str, pa.Array]:
    """The columns of FATES that say which of copies stands for the others, of rows of `articles` and their texts:
    whether one is in capitals, and how many of title, date and authors it has.
    """
    authors = pc.and_kleene(articles["authors"].is_valid(), pc.greater(pc.list_value_length(articles["authors"]), 0))
    stated = (pc.is_valid(articles["title"]), pc.is_valid(articles["published_at"]), authors)
    return {
        "capitals": pa.array([text.isupper() for text in texts], pa.bool_()),
        "cited": reduce(pc.add, [pc.cast(one, pa.int8()) for one in stated]),
    }


def flag_rows(documents: Documents) -> pa.Table:
    """FLAGS of a batch, with the number of the document where its doc_id will stand."""
    rows = [(number, *flag) for number, flags in enumerate(documents.flags) for flag in flags]
    return pa.table(
        {
            "document": pa.array([row[0] for row in rows], pa.int64()),
            "flag": pa.array([row[1] for row in rows], pa.string()),
            "evidence": pa.array([row[2] for row in rows], pa.string()),
        }
    )


def value_rows(documents: Documents) -> pa.Table:
    """VALUES of a batch, with the number of the document where its doc_id will stand: where each value is from."""
    rows = [(number, *value) for number, one in enumerate(documents.metadata) for value in one.evidence]
    return pa.table(
        {
            "document": pa.array([row[0] for row in rows], pa.int64()),
            "field": pa.array([row[1] for row in rows], pa.string()),
            "line_no": pa.array([row[2] for row in rows], pa.int32()),
            "rule_id": pa.array([row[3] for row in rows], pa.string()),
        }
    )


def corpus_flag_rows(settled: pa.Table) -> pa.Table:
    """FLAGS that only the corpus could give, of rows of SETTLED."""
    found = settled["flags"].combine_chunks()
    flags = found.flatten()
    doc_ids = settled["doc_id"].take(pc.list_parent_indices(found))
    return pa.table([doc_ids, flags.field("flag"), flags.field("evidence")], schema=FLAGS)


def with_doc_ids(table: pa.Table, doc_ids: pa.Array, schema: pa.Schema) -> pa.Table:
    """LINES, LABELS, FLAGS or VALUES with the final doc_id of each document in place of its number."""
    return table.set_column(0, "doc_id", doc_ids.take(table["document"])).cast(schema)
