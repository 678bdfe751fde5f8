"""datatrove's MinHash, stages 1 to 3, on one core: `datatrove_minhash.py TEXTS.parquet CLUSTERS.parquet`."""

import struct
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupSignature,
)
from datatrove.pipeline.readers import ParquetReader


def main(source: str, out: str) -> None:
    config = MinhashConfig()  # its defaults: word 5-grams, 14 buckets of 8 hashes, a threshold of about .72
    with tempfile.TemporaryDirectory() as scratch:
        stages = [
            ([ParquetReader(source), MinhashDedupSignature(f"{scratch}/signatures", config)], 1),
            ([MinhashDedupBuckets(f"{scratch}/signatures", f"{scratch}/buckets", config=config)], config.num_buckets),
            ([MinhashDedupCluster(f"{scratch}/buckets", f"{scratch}/remove", config, save_cluster_id=True)], 1),
        ]
        for number, (steps, tasks) in enumerate(stages):
            LocalPipelineExecutor(steps, tasks=tasks, workers=1, logging_dir=f"{scratch}/logs{number}").run()
        clusters = dict(struct.iter_unpack("<II", Path(f"{scratch}/remove/000000.clusters").read_bytes()))
    ids = pq.read_table(source, columns=["id"])["id"]
    of = [f"c{clusters[row]}" if row in clusters else f"d{row}" for row in range(len(ids))]
    pq.write_table(pa.table({"id": ids, "cluster": of}), out)


if __name__ == "__main__":
    main(*sys.argv[1:])
