"""tamis' near duplicates, as a run finds them: `tamis_dedupe.py TEXTS.parquet CLUSTERS.parquet`.

The same work as the others: near duplicates only, those that differ only in figures among them.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cleaning.dedupe import find_duplicates
from cleaning.shingles import load, save, shingle

# Texts whose shingles are made at a time and then wait on disk, as those of a run's shards do.
SHARD = 5_000


def main(source: str, out: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folders, ids, lengths = [], [], []
        for number, batch in enumerate(pq.ParquetFile(source).iter_batches(SHARD)):
            folders.append(Path(scratch) / str(number))
            save(shingle(batch["text"]), folders[-1])
            ids.append(batch["id"])
            lengths.append(pc.utf8_length(batch["text"]))
        pa.default_memory_pool().release_unused()
        shingles = load(*folders)
        texts = pa.table({"id": pa.chunked_array(ids), "length": pa.chunked_array(lengths)})
        ranked = pc.sort_indices(texts, sort_keys=[("length", "descending"), ("id", "ascending")])
        order = np.empty(len(shingles), np.int64)
        order[np.frombuffer(ranked.buffers()[1], np.uint64)] = np.arange(len(shingles))
        found = find_duplicates(shingles, order, containment=None, figures=True).representative
    # Not pa.array(found), which imports pandas.
    clusters = pa.Array.from_buffers(pa.int64(), len(found), [None, pa.py_buffer(found)])
    pq.write_table(pa.table({"id": texts["id"], "cluster": clusters}), out)


if __name__ == "__main__":
    main(*sys.argv[1:])
