"""Every line of a dataset with the labels on it, read once, some at a time, for all who count or look at them.

The tables `lines` and `labels` stand in one order, that of their documents and of the lines in these, so that the two
are read side by side, as a merge, and no table of either is held. Of files in another order sorted copies are read.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cleaning.tables import LABELS, LINES
from pipelines import audit_order
from pipelines.audit_order import LINE_BITS, Ints, Runs, find_places, keys_of, read_batches, sort_tables
from pipelines.checks.measures import DatasetError
from pipelines.engines.memory import give_back
from pipelines.errors import first_line
from pipelines.parquet_views import MEMORY

Bools = npt.NDArray[np.bool_]


class Said(NamedTuple):
    """Labels, those of a line one after another; each array has an entry for each label."""

    line: Ints
    """Its line by its place in `LabelledLines`; -1: no line has its document and number."""
    document: Ints
    """The number of its document among all that have labels."""
    label: Ints
    """Its place in `Names.labels`."""
    rule: Ints
    """Its place in `Names.rules`."""
    evidence: pa.Array
    decides: Bools
    strays: pa.Array
    """The doc_ids of those that have no line."""


class LabelledLines(NamedTuple):
    """Lines that stand one after another in the audit, and all labels on them.

    A document may go on in the next ones. Where a document has a line number twice, its lines stand together here, and
    the labels are those of the first (of more than `audit_order.BATCH` of one number some of the first).
    """

    doc_ids: pa.Array
    """Of its documents, in their order."""
    document: Ints
    """Of each line the place of its document in `doc_ids`."""
    number: Ints
    """Of each line its line_no."""
    text: pa.Array
    said: Said


class Names:
    """The labels and rules that were met with, by their places in the order of that."""

    def __init__(self) -> None:
        self.labels: dict[str, int] = {}
        self.rules: dict[str, int] = {}


Take = Callable[[LabelledLines, Names], None]
"""What looks at lines: it is given all of a dataset, some at a time, in their order."""


def read_lines(lines: Sequence[Path], labels: Sequence[Path], takes: Iterable[Take], memory: str = MEMORY) -> None:
    """Give each of `takes` all lines of an audit, as the files have them, with their labels.

    `memory` is DuckDB's while it sorts, where that has to be done. Raises DatasetError where a file cannot be read.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="tamis-") as scratch:
            if (places := find_places(lines, labels)) is None:
                lines, labels = sort_tables(Path(scratch), lines, labels, memory)
                places = find_places(lines, labels)
            if places is None:
                raise DatasetError(f"cannot sort {lines[0].name}")
            give_back()
            names, looking = Names(), tuple(takes)
            for some in _labelled(lines, labels, places, names):
                for take in looking:
                    take(some, names)
    except (pa.ArrowException, OSError, KeyError, UnicodeError) as error:
        raise DatasetError(f"cannot read the lines of the audit: {first_line(error)}") from error


class _Lines(NamedTuple):
    keys: Ints
    doc_ids: pa.Array
    text: pa.Array


def _read(lines: Sequence[Path]) -> Iterator[_Lines]:
    runs = Runs()
    last: str | None = None
    for batch in read_batches(lines, LINES, ["doc_id"]):
        numbers, begun = runs.number(batch)
        goes_on = len(begun) < numbers[-1] - numbers[0] + 1
        doc_ids = pa.concat_arrays([pa.array([last], pa.string()), begun]) if goes_on else begun
        last = doc_ids[-1].as_py()
        yield _Lines(keys_of(numbers, batch["line_no"]), doc_ids, batch["text"])


def _unsplit(read: Iterable[_Lines]) -> Iterator[_Lines]:
    """The same with all rows of one line number together."""
    held: _Lines | None = None
    for some in read:
        if held and some.keys[0] == held.keys[-1] and len(held.keys) <= 2 * audit_order.BATCH:
            same = int(np.searchsorted(some.keys, held.keys[-1], "right"))
            text = pa.concat_arrays([held.text, some.text[:same]])
            held = _Lines(np.concatenate([held.keys, some.keys[:same]]), held.doc_ids, text)
            if same == len(some.keys):
                continue
            first = int((some.keys[same] >> LINE_BITS) - (some.keys[0] >> LINE_BITS))
            some = _Lines(some.keys[same:], some.doc_ids[first:], some.text[same:])
        if held:
            yield held
        held = some
    if held:
        yield held


def _labelled(lines: Sequence[Path], labels: Sequence[Path], places: Ints, names: Names) -> Iterator[LabelledLines]:
    waiting = _Labels(labels, places, names)
    for keys, doc_ids, text in _unsplit(_read(lines)):
        document = keys >> LINE_BITS
        number = (keys & (2**LINE_BITS - 1)) - 2 ** (LINE_BITS - 1)
        yield LabelledLines(doc_ids, document - document[0], number, text, waiting.on(keys))
    nothing = np.zeros(0, np.int64)
    left = waiting.on(nothing)
    if len(left.line):
        yield LabelledLines(pa.array([], pa.string()), nothing, nothing, pa.array([], pa.string()), left)


class _Labels:
    """The labels that no line was held against yet."""

    def __init__(self, paths: Sequence[Path], places: Ints, names: Names) -> None:
        self._unread = self._read(paths, places, names)
        self._left: list[_Keyed] = []

    def _read(self, paths: Sequence[Path], places: Ints, names: Names) -> Iterator[_Keyed]:
        runs = Runs()
        for batch in read_batches(paths, LABELS, ["doc_id", "label", "rule_id"]):
            numbers, _ = runs.number(batch)
            place = places[numbers]
            yield _Keyed(
                np.where(place < 0, -1, keys_of(place, batch["line_no"])),
                numbers,
                _coded(batch["label"], names.labels),
                _coded(batch["rule_id"], names.rules),
                batch["evidence"],
                batch["decides"].to_numpy(zero_copy_only=False),
                batch["doc_id"],
            )

    def on(self, lines: Ints) -> Said:
        """The labels up to the last of these lines, by their keys; of no lines, all that are left."""
        last = lines[-1] if len(lines) else np.iinfo(np.int64).max
        taken: list[_Keyed] = []
        left, self._left = self._left, []
        for some in chain(left, self._unread):
            # Those of documents without lines stand among the others, and go with what they follow.
            end = int(np.searchsorted(np.maximum.accumulate(some.keys), last, "right"))
            taken.append(some.cut(slice(0, end)))
            if end < len(some.keys):
                self._left = [some.cut(slice(end, None))]
                break
        return _joined(taken, lines)


class _Keyed(NamedTuple):
    """Labels with the keys that their lines should have; -1 where their document has no lines."""

    keys: Ints
    document: Ints
    label: Ints
    rule: Ints
    evidence: pa.Array
    decides: Bools
    doc_id: pa.DictionaryArray

    def cut(self, rows: slice) -> _Keyed:
        """Some of them."""
        columns: list[Any] = [column[rows] for column in self]
        return _Keyed(*columns)


def _joined(some: Sequence[_Keyed], lines: Ints) -> Said:
    """Labels as one, each with the place of its line among those with these keys."""
    none = np.zeros(0, np.int64)
    keys = np.concatenate([none, *(each.keys for each in some)])
    at = np.searchsorted(lines, keys)
    found = at < len(lines)
    found[found] = lines[at[found]] == keys[found]
    without = np.split(~found, np.cumsum([len(each.keys) for each in some])[:-1])
    strays = [each.doc_id.filter(pa.array(which)) for each, which in zip(some, without, strict=False) if which.any()]
    texts = [pa.array([], pa.string())]
    return Said(
        np.where(found, at, -1),
        np.concatenate([none, *(each.document for each in some)]),
        np.concatenate([none, *(each.label for each in some)]),
        np.concatenate([none, *(each.rule for each in some)]),
        pa.concat_arrays(texts + [each.evidence for each in some]),
        np.concatenate([none.astype(bool), *(each.decides for each in some)]),
        pa.concat_arrays(texts + [each.cast(pa.string()) for each in strays]),
    )


def _coded(column: pa.DictionaryArray, known: dict[str, int]) -> Ints:
    """The places of words in a list of all that there are, which grows by those that are new."""
    places = [known.setdefault(word, len(known)) for word in column.dictionary.to_pylist()]
    coded: Ints = np.array(places, np.int64)[column.indices.to_numpy()]
    return coded
