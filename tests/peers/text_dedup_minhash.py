"""text-dedup's MinHash on one core: `text_dedup_minhash.py TEXTS.parquet CLUSTERS.parquet`."""

import os
import pickle
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def main(source: str, out: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["HF_HOME"] = scratch
        from text_dedup.minhash import main as minhash

        options = {
            "path": "parquet", "data_files": source, "split": "train", "cache_dir": scratch, "output": f"{scratch}/out",
            "num_proc": 1, "column": "text", "ngram": 5, "min_length": 5, "threshold": 0.7, "hash_func": "xxh3",
        }  # fmt: skip
        call = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        minhash([*call, "--debug"], standalone_mode=False)
        parents = pickle.loads(Path(f"{scratch}/out/uf.pkl").read_bytes())
    parents = getattr(parents, "parent", parents)
    ids = pq.read_table(source, columns=["id"])["id"]
    of = []
    for row in range(len(ids)):
        while parents.get(row, row) != row:
            row = parents[row]
        of.append(row)
    pq.write_table(pa.table({"id": ids, "cluster": of}), out)


if __name__ == "__main__":
    main(*sys.argv[1:])
