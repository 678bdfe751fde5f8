"""Texts into what duplicates are told by: a fingerprint, a template, and the set of their word 5-grams.

Texts are compared by their tokens: words; single characters in Chinese, Japanese and Korean, single letters
in Thai, Lao, Burmese and Khmer. Case, width, punctuation, quotes and white space do not count.
"""

from __future__ import annotations

import errno
import functools
import hashlib
import json
import mmap
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cleaning.duplicates import kernels
from cleaning.duplicates.characters import figure_words, table
from cleaning.duplicates.scan import scan

# So much text is tokenised at a time; the working memory is four times that.
_SLICE_BYTES = 1 << 22
_ARRAYS = ("fingerprint", "template", "words", "offsets", "values")
# To be raised with every change of the compiled loop that changes a hash.
_VERSION = 1


@dataclass(frozen=True)
class Shingles:
    """What is known of n texts. Hashes are the same on every machine and in every run of one `algorithm`."""

    fingerprint: npt.NDArray[np.uint64]
    """(n, 2): 128 bits over the letters and digits, in order. Equal means the same normalised text.

    Where one token ends counts between figures only: '1.5' is not '15', but 'news paper' is 'newspaper'.
    """
    template: npt.NDArray[np.uint64]
    """(n,): the same with every run of digits, months, days of the week and number words masked."""
    words: npt.NDArray[np.int32]
    """(n,): how many words the text has. A Han character, kana or Hangul syllable counts as half a word, a letter
    of Thai, Lao, Burmese or Khmer as a quarter, rounded up; 0: nothing to compare."""
    offsets: npt.NDArray[np.int64]
    """(n + 1,): the shingles of text d are values[offsets[d]:offsets[d + 1]]."""
    values: npt.NDArray[np.uint64]
    """Hashes of the token n-grams of each text, distinct and ascending. A shorter text is one shingle."""
    size: int = 5
    """Tokens in a shingle."""
    source: Path | None = None
    """The file that `values` are mapped from, where they are."""

    def held(
        self, *rows: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64], list[npt.NDArray[np.int64]]]:
        """`values` and `offsets` of these texts in memory, and `rows` as places among them.

        All values as they are, where they are not mapped. Else they are read: looked at where they are mapped, each
        text would keep its pages and those around in memory, since Linux 6.18 a whole folio of up to 2 MB.
        """
        if self.source is None:
            return self.values, self.offsets, list(rows)
        wanted = np.unique(np.concatenate(rows))
        starts, ends = self.offsets[wanted], self.offsets[wanted + 1]
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(ends - starts)])
        values = np.empty(int(offsets[-1]), np.uint64)
        room = memoryview(values.view(np.uint8))  # type: ignore[arg-type]  # numpy says Buffer from 3.12 on
        # Texts that stand one behind the other are read together.
        first = np.flatnonzero(np.concatenate([[True], starts[1:] != ends[:-1]]))
        last = np.append(first[1:], len(wanted)) - 1
        runs = zip(starts[first].tolist(), offsets[first].tolist(), offsets[last + 1].tolist(), strict=True)
        with self.source.open("rb", buffering=0) as source:
            for start, begin, end in runs if len(wanted) else ():
                read = 8 * begin
                while read < 8 * end:
                    more = os.preadv(source.fileno(), [room[read : 8 * end]], 8 * (start - begin) + read)
                    if not more:
                        raise OSError(errno.EIO, "the file of shingles ends too early", str(self.source))
                    read += more
        return values, offsets, [np.searchsorted(wanted, some) for some in rows]

    def __len__(self) -> int:
        return len(self.words)

    def of(self, text: int) -> npt.NDArray[np.uint64]:
        """The shingles of one text."""
        return self.values[self.offsets[text] : self.offsets[text + 1]]

    def table(self) -> pa.Table:
        """A row for each text: fingerprint (a list of 2), template, words, values (a list)."""
        lists = pa.LargeListArray.from_arrays(pa.array(self.offsets), pa.array(self.values))
        prints = pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(self.fingerprint).ravel()), 2)
        return pa.table({"fingerprint": prints, "template": self.template, "words": self.words, "values": lists})

    @staticmethod
    def from_table(table: pa.Table, size: int) -> Shingles:
        """What `table` gave, of shingles of `size` tokens. Where the table is a mapped file, so are the arrays."""
        prints, lists = table["fingerprint"].combine_chunks(), table["values"].combine_chunks()
        values, offsets = lists.flatten().to_numpy(), lists.offsets.to_numpy()
        return Shingles(
            fingerprint=prints.flatten().to_numpy().reshape(len(prints), 2),
            template=table["template"].combine_chunks().to_numpy(),
            words=table["words"].combine_chunks().to_numpy(),
            offsets=offsets - offsets[0],
            values=values,
            size=size,
        )


def shingle(texts: pa.Array | pa.ChunkedArray, size: int = 5) -> Shingles:
    """Shingle a column of strings; null counts as empty. `size`: tokens in a shingle, at least 1.

    >>> found = shingle(pa.array(["Prices “rose” 3%.", "PRICES ROSE 4 %", "prices rose 3"]))
    >>> prints = found.fingerprint.tolist()
    >>> prints[0] == prints[2], prints[0] == prints[1], found.template[0] == found.template[1]
    (True, False, np.True_)
    >>> found.words.tolist(), shingle(pa.array(["", None, "大会は年"])).words.tolist()
    ([3, 3, 3], [0, 0, 2])
    """
    if size < 1:
        raise ValueError(f"a shingle has at least 1 token, not {size}")
    chunks = texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]
    parts = [_shingle(data, starts, size) for chunk in chunks for data, starts in _slices(chunk)]
    return concatenate(parts) if parts else _shingle(np.zeros(0, np.uint8), np.zeros(1, np.int64), size)


def concatenate(parts: Sequence[Shingles]) -> Shingles:
    """Parts in order as one. Raises ValueError for none, and for parts of different shingle sizes."""
    if not parts:
        raise ValueError("no shingles to put together")
    if len({part.size for part in parts}) > 1:
        raise ValueError("shingles of different sizes cannot be put together")
    if len(parts) == 1:
        return parts[0]
    ends = np.cumsum([part.offsets[-1] for part in parts])
    shifted = [part.offsets[1:] + end for part, end in zip(parts, [0, *ends], strict=False)]
    return Shingles(
        fingerprint=np.concatenate([part.fingerprint for part in parts]),
        template=np.concatenate([part.template for part in parts]),
        words=np.concatenate([part.words for part in parts]),
        offsets=np.concatenate([np.zeros(1, np.int64), *shifted]),
        values=np.concatenate([part.values for part in parts]),
        size=parts[0].size,
    )


def join(parts: Iterable[Shingles], path: Path) -> Shingles:
    """Parts in order as one, their values in a file that is mapped into memory: 36 bytes of memory a text.

    Raises ValueError for none, and for parts of different shingle sizes.
    """
    held: list[Shingles] = []
    total = 0
    with path.open("wb") as sink:
        for part in parts:
            if held and part.size != held[0].size:
                raise ValueError("shingles of different sizes cannot be put together")
            sink.write(np.ascontiguousarray(part.values).data)
            small = Shingles(
                np.array(part.fingerprint),
                np.array(part.template),
                np.array(part.words),
                part.offsets + total,
                np.empty(0, np.uint64),
                part.size,
            )
            held.append(small)
            total += len(part.values)
    if not held:
        raise ValueError("no shingles to put together")
    source, values = None, np.empty(0, np.uint64)
    if total:
        source = path
        with path.open("rb") as whole:
            values = np.frombuffer(mmap.mmap(whole.fileno(), 0, access=mmap.ACCESS_READ), np.uint64)
    return Shingles(
        fingerprint=np.concatenate([part.fingerprint for part in held]),
        template=np.concatenate([part.template for part in held]),
        words=np.concatenate([part.words for part in held]),
        offsets=np.concatenate([np.zeros(1, np.int64), *(part.offsets[1:] for part in held)]),
        values=values,
        size=held[0].size,
        source=source,
    )


@functools.cache
def algorithm() -> str:
    """Names what hashes depend on: the loop, Python's Unicode tables, the list of figure words."""
    codes, several = table()
    digest = hashlib.sha256(codes.astype("<u4").tobytes())
    digest.update(several.astype("<u4").tobytes())
    digest.update(figure_words().astype("<u8").tobytes())
    return f"shingles-{_VERSION}-{digest.hexdigest()[:12]}"


def save(shingles: Shingles, folder: Path) -> None:
    """Write five .npy files and, last, shingles.json into `folder`, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in _ARRAYS:
        np.save(folder / f"{name}.npy", getattr(shingles, name), allow_pickle=False)
    about = {"algorithm": algorithm(), "size": shingles.size, "texts": len(shingles)}
    (folder / "shingles.json").write_text(json.dumps(about, sort_keys=True) + "\n", "utf-8")


def load(*folders: Path) -> Shingles:
    """What `save` wrote; of several folders, in order, as one.

    One is mapped into memory as it is asked for; several are read into new arrays, one after the other, so
    that the memory is that of the result. Raises FileNotFoundError where nothing complete was saved,
    ValueError where another algorithm or shingle size made it.
    """
    if len(folders) == 1:
        return _mapped(folders[0])
    sizes = [(len(part), int(part.offsets[-1])) for part in map(_mapped, folders)]
    texts, values = np.cumsum([(0, 0), *sizes], axis=0).T.tolist()
    whole = Shingles(
        fingerprint=np.empty((texts[-1], 2), np.uint64),
        template=np.empty(texts[-1], np.uint64),
        words=np.empty(texts[-1], np.int32),
        offsets=np.zeros(texts[-1] + 1, np.int64),
        values=np.empty(values[-1], np.uint64),
        size=_mapped(folders[0]).size,
    )
    for number, part in enumerate(map(_mapped, folders)):
        if part.size != whole.size:
            raise ValueError(f"{folders[number]}: shingles of {part.size} tokens, others have {whole.size}")
        here = slice(texts[number], texts[number + 1])
        whole.fingerprint[here], whole.template[here], whole.words[here] = (
            part.fingerprint, part.template, part.words
        )  # fmt: skip
        whole.offsets[1:][here] = part.offsets[1:] + values[number]
        whole.values[values[number] : values[number + 1]] = part.values
    return whole


def _mapped(folder: Path) -> Shingles:
    about = json.loads((folder / "shingles.json").read_text("utf-8"))
    if about["algorithm"] != algorithm():
        raise ValueError(f"{folder}: made by {about['algorithm']}, this is {algorithm()}; shingle the texts again")
    arrays = (np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)) for name in _ARRAYS)
    fingerprint, template, words, offsets, values = arrays
    return Shingles(fingerprint, template, words, offsets, values, about["size"])


def _slices(chunk: pa.Array) -> Iterator[tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]]:
    """UTF-8 and the starts of texts in it, for some `_SLICE_BYTES` at a time, or one text if it is longer."""
    if not len(chunk):
        return
    array = chunk.cast(pa.large_string())
    if array.null_count:
        array = pc.fill_null(array, "")  # imports pandas, where that is
    _, starts_buffer, data_buffer = array.buffers()
    starts = np.frombuffer(starts_buffer, np.int64)[array.offset : array.offset + len(array) + 1]
    data = np.frombuffer(data_buffer or b"", np.uint8)
    low = 0
    while low < len(array):
        full = int(np.searchsorted(starts, starts[low] + _SLICE_BYTES, "right")) - 1
        high = min(max(low + 1, full), len(array))
        yield data, starts[low : high + 1]
        low = high


def _shingle(data: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], size: int) -> Shingles:
    texts = len(starts) - 1
    raw = np.empty(int(starts[-1] - starts[0]) // 2 + texts + 1, np.uint64)
    counts, words = np.empty(texts, np.int64), np.empty(texts, np.int32)
    fingerprint, template = np.empty((texts, 2), np.uint64), np.empty(texts, np.uint64)
    codes, several = table()
    scan(
        data,
        starts,
        np.zeros(size, np.uint64),
        codes,
        several,
        figure_words(),
        raw,
        counts,
        words,
        fingerprint,
        template,
    )
    bounds = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    for begin, end in pairwise(bounds.tolist()):
        raw[begin:end].sort()
    used = kernels.distinct(raw, bounds)
    return Shingles(fingerprint, template, words, bounds, raw[:used].copy(), size)
