"""What a dataset keeps of its texts, so that a later one can tell what it already has without reading them.

Of each text a fingerprint, which proves an exact copy, and the sample of shingles by which candidates are
looked up: about 250 bytes a text. Candidates are verified on their texts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cleaning.duplicates.candidates import LEAST, SAMPLE, Rows, sample
from cleaning.shingles import Shingles, algorithm

SIGNATURES = pa.schema(
    [
        pa.field("doc_id", pa.string(), nullable=False),
        # Shingles.fingerprint, little-endian.
        pa.field("fingerprint", pa.binary(16), nullable=False),
        pa.field("words", pa.int32(), nullable=False),
        pa.field("sample", pa.list_(pa.uint64()), nullable=False),
    ]
)


def signature_algorithm(size: int) -> str:
    """Names all that signatures depend on; those of another name cannot be compared. `size`: tokens in a shingle."""
    return f"{algorithm()}-of-{size}-below-2^{SAMPLE.bit_length() - 1}-least-{LEAST}"


def sign(shingles: Shingles, doc_ids: pa.Array) -> pa.Table:
    """SIGNATURES of texts; the schema says by which `signature_algorithm`.

    >>> from cleaning.shingles import shingle
    >>> table = sign(shingle(pa.array(["one two three four five six", ""])), pa.array(["a", "b"]))
    >>> table["words"].to_pylist(), [len(hashes) for hashes in table["sample"].to_pylist()]
    ([6, 0], [2, 0])
    """
    counts, hashes, _ = sample(shingles.values, shingles.offsets, np.arange(len(shingles)))
    ends = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
    columns = [
        doc_ids,
        _prints(shingles.fingerprint),
        pa.array(shingles.words),
        pa.ListArray.from_arrays(ends, pa.array(hashes)),
    ]
    schema = SIGNATURES.with_metadata({"algorithm": signature_algorithm(shingles.size)})
    return pa.table(columns, schema=schema)


def _prints(fingerprint: npt.NDArray[np.uint64]) -> pa.Array:
    little = np.ascontiguousarray(fingerprint, "<u8")
    return pa.Array.from_buffers(pa.binary(16), len(little), [None, pa.py_buffer(little)])


@dataclass(frozen=True)
class Wanted:
    """What of a new corpus is looked up among signatures; all ascending, without repeats."""

    hashes: npt.NDArray[np.uint64]
    short: npt.NDArray[np.uint64]
    """Those of texts that have no more than LEAST: one of them is enough."""


def wanted(parts: Iterable[Shingles]) -> Wanted:
    """What to look up of a corpus that is given in parts."""
    hashes, short = [np.empty(0, np.uint64)], [np.empty(0, np.uint64)]
    for part in parts:
        rows = np.arange(len(part))
        counts, found, of = sample(part.values, part.offsets, rows)
        hashes.append(np.unique(found))
        short.append(np.unique(found[counts[of] <= LEAST]))
    return Wanted(np.unique(np.concatenate(hashes)), np.unique(np.concatenate(short)))


def candidates(signatures: pa.Table, looked_up: Wanted) -> Rows:
    """Rows of `signatures` whose texts may be alike one of the corpus: as `find_candidates` chooses pairs.

    None that it would choose is missing; there are more, for two hashes may be those of two texts.
    """
    samples = signatures["sample"].combine_chunks()
    counts = samples.value_lengths().to_numpy(zero_copy_only=False).astype(np.int64)
    hashes = samples.flatten().to_numpy()
    of = np.repeat(np.arange(len(counts)), counts)
    shared = np.bincount(of[_among(hashes, looked_up.hashes)], minlength=len(counts))
    short = np.bincount(of[_among(hashes, looked_up.short)], minlength=len(counts))
    return np.flatnonzero((shared >= 2) | (short >= 1) | ((shared >= 1) & (counts <= LEAST)))


def _among(values: npt.NDArray[np.uint64], ascending: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    if not len(ascending):
        return np.zeros(len(values), np.bool_)
    at = np.minimum(np.searchsorted(ascending, values), len(ascending) - 1)
    found: npt.NDArray[np.bool_] = ascending[at] == values
    return found
