"""Every line of a dataset with the labels on it, read once, some at a time, for all who count or look at them.

The tables `lines` and `labels` stand in one order, that of their documents and of the lines in these, so that the two
are read side by side, as a merge, and no table of either is held. Of files in another order sorted copies are read.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cleaning.tables import LABELS, LINES
from pipelines.checks.measures import DatasetError
from pipelines.engines.memory import give_back
from pipelines.errors import first_line
from pipelines.parquet_views import MEMORY, connection, open_parquet

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# Rows of either table that are read at a time: their texts are some 5 MB, a writer's row group of them 64 at most.
_BATCH = 65_536
# Above the number of a line in its key stands that of its document.
_LINE_BITS = 32


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
    the labels are those of the first (of more than `_BATCH` of one number some of the first).
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
            if (places := _places(lines, labels)) is None:
                lines, labels = _sorted(Path(scratch), lines, labels, memory)
                places = _places(lines, labels)
            if places is None:
                raise DatasetError(f"cannot sort {lines[0].name}")
            give_back()
            names, looking = Names(), tuple(takes)
            for some in _labelled(lines, labels, places, names):
                for take in looking:
                    take(some, names)
    except (pa.ArrowException, OSError, KeyError, UnicodeError) as error:
        raise DatasetError(f"cannot read the lines of the audit: {first_line(error)}") from error


def _sorted(scratch: Path, lines: Sequence[Path], labels: Sequence[Path], memory: str) -> tuple[list[Path], list[Path]]:
    """Copies of the tables by document and line."""
    import duckdb

    with connection(memory) as db:
        for name, paths, schema in (("lines", lines, LINES), ("labels", labels, LABELS)):
            copy = str(scratch / f"{name}.parquet").replace("'", "''")
            try:
                open_parquet(db, name, paths, schema)
                columns = ", ".join(schema.names)
                rows = f"select {columns} from {name} order by coalesce(doc_id, ''), coalesce(line_no, 0)"
                db.execute(f"copy ({rows}) to '{copy}' (format parquet)")
            except duckdb.Error as error:
                raise DatasetError(f"cannot sort the lines of the audit: {first_line(error)}") from error
    return [scratch / "lines.parquet"], [scratch / "labels.parquet"]


def _batches(paths: Sequence[Path], schema: pa.Schema, words: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Columns of files as declared, those named by `words` as dictionaries; what has no value reads as none at all.

    Raises DatasetError, naming the file, for one that cannot be read.
    """
    for path in paths:
        try:
            # Without reading ahead, which holds the whole file: 340 MB of lines took 340 MB and take 16.
            file = pq.ParquetFile(path, read_dictionary=list(words), pre_buffer=False)
            for batch in file.iter_batches(_BATCH, columns=schema.names, use_threads=False):
                if len(batch):
                    yield pa.RecordBatch.from_arrays([_column(batch, one, words) for one in schema], schema.names)
        except (pa.ArrowException, OSError, KeyError, UnicodeError) as error:
            raise DatasetError(f"cannot read {path}: {_why(error)}") from error


def _column(batch: pa.RecordBatch, field: pa.Field, words: Sequence[str]) -> pa.Array:
    column = batch[field.name]
    if field.name not in words:
        column = column.cast(field.type)
        return column.fill_null(_NOTHING[field.type]) if column.null_count else column
    column = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    column = pa.DictionaryArray.from_arrays(column.indices.cast(pa.int64()), column.dictionary.cast(field.type))
    return column.cast(field.type).fill_null("").dictionary_encode() if column.null_count else column


def _why(error: Exception) -> str:
    """What is wrong with a file, in the words of the system where it says anything."""
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    if isinstance(error, KeyError):
        return f"{first_line(error)}: another version of tamis wrote it"
    return f"it is damaged, or no table of tamis ({first_line(error)})"


_NOTHING = {pa.string(): "", pa.int32(): 0, pa.bool_(): False}


class _Runs:
    """Documents as they follow each other in a table, numbered from 0."""

    def __init__(self) -> None:
        self.count = 0
        self._last: str | None = None

    def number(self, batch: pa.RecordBatch) -> tuple[Ints, pa.Array]:
        """The number of each row's document, and the doc_ids of those that begin in this batch."""
        codes = batch["doc_id"].indices.to_numpy()
        begins = np.flatnonzero(np.append(True, codes[1:] != codes[:-1]))
        named = batch["doc_id"].dictionary.take(pa.array(codes[begins]))
        on = int(named[0].as_py() == self._last)
        numbers = self.count - on + np.repeat(np.arange(len(begins)), np.diff(np.append(begins, len(codes))))
        self.count += len(begins) - on
        self._last = named[-1].as_py()
        return numbers, named.slice(on)


def _places(lines: Sequence[Path], labels: Sequence[Path]) -> Ints | None:
    """Of each document with labels its number among those with lines, -1 where it has none.

    None where the two tables are not in one order, or a document's rows do not stand together.
    """
    found = []
    for paths, schema in ((lines, LINES), (labels, LABELS)):
        runs, named, last = _Runs(), [], -1
        keys = pa.schema([schema.field("doc_id"), schema.field("line_no")])
        for batch in _batches(paths, keys, ["doc_id"]):
            numbers, begun = runs.number(batch)
            key = _keys(numbers, batch["line_no"])
            if key[0] < last or (key[1:] < key[:-1]).any():
                return None
            last = int(key[-1])
            named.append(begun)
        found.append(pa.chunked_array(named, pa.string()).combine_chunks())
    with_lines, with_labels = found
    if pc.count_distinct(with_lines).as_py() < len(with_lines):
        return None
    if pc.count_distinct(with_labels).as_py() < len(with_labels):
        return None
    places = pc.index_in(with_labels, with_lines).fill_null(-1).to_numpy().astype(np.int64)
    known = places[places >= 0]
    return None if (known[1:] < known[:-1]).any() else places


def _keys(document: Ints, line_no: pa.Array) -> Ints:
    """Numbers in the order of documents and of lines in them; equal for the same line of the same document."""
    keys: Ints = (document << _LINE_BITS) + (line_no.to_numpy().astype(np.int64) + 2 ** (_LINE_BITS - 1))
    return keys


class _Lines(NamedTuple):
    keys: Ints
    doc_ids: pa.Array
    text: pa.Array


def _read(lines: Sequence[Path]) -> Iterator[_Lines]:
    runs = _Runs()
    last: str | None = None
    for batch in _batches(lines, LINES, ["doc_id"]):
        numbers, begun = runs.number(batch)
        goes_on = len(begun) < numbers[-1] - numbers[0] + 1
        doc_ids = pa.concat_arrays([pa.array([last], pa.string()), begun]) if goes_on else begun
        last = doc_ids[-1].as_py()
        yield _Lines(_keys(numbers, batch["line_no"]), doc_ids, batch["text"])


def _unsplit(read: Iterable[_Lines]) -> Iterator[_Lines]:
    """The same with all rows of one line number together."""
    held: _Lines | None = None
    for some in read:
        if held and some.keys[0] == held.keys[-1] and len(held.keys) <= 2 * _BATCH:
            same = int(np.searchsorted(some.keys, held.keys[-1], "right"))
            text = pa.concat_arrays([held.text, some.text[:same]])
            held = _Lines(np.concatenate([held.keys, some.keys[:same]]), held.doc_ids, text)
            if same == len(some.keys):
                continue
            first = int((some.keys[same] >> _LINE_BITS) - (some.keys[0] >> _LINE_BITS))
            some = _Lines(some.keys[same:], some.doc_ids[first:], some.text[same:])
        if held:
            yield held
        held = some
    if held:
        yield held


def _labelled(lines: Sequence[Path], labels: Sequence[Path], places: Ints, names: Names) -> Iterator[LabelledLines]:
    waiting = _Labels(labels, places, names)
    for keys, doc_ids, text in _unsplit(_read(lines)):
        document = keys >> _LINE_BITS
        number = (keys & (2**_LINE_BITS - 1)) - 2 ** (_LINE_BITS - 1)
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
        runs = _Runs()
        for batch in _batches(paths, LABELS, ["doc_id", "label", "rule_id"]):
            numbers, _ = runs.number(batch)
            place = places[numbers]
            yield _Keyed(
                np.where(place < 0, -1, _keys(place, batch["line_no"])),
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
