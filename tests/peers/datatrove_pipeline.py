"""datatrove on one core, without filters and without language: read, ftfy, MinHash, write.

`datatrove_pipeline.py IN.jsonl OUT`: the documents that its MinHash keeps, as Parquet.
"""

import sys
import tempfile
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.formatters import FTFYFormatter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import ParquetWriter


def main(source: str, out: str) -> None:
    config = MinhashConfig()
    folder, name = str(Path(source).parent), Path(source).name
    with tempfile.TemporaryDirectory() as scratch:

        def read() -> list[object]:
            return [JsonlReader(folder, glob_pattern=name), FTFYFormatter()]

        stages: list[tuple[list[object], int]] = [
            ([*read(), MinhashDedupSignature(f"{scratch}/signatures", config)], 1),
            ([MinhashDedupBuckets(f"{scratch}/signatures", f"{scratch}/buckets", config=config)], config.num_buckets),
            ([MinhashDedupCluster(f"{scratch}/buckets", f"{scratch}/remove", config)], 1),
            ([*read(), MinhashDedupFilter(f"{scratch}/remove"), ParquetWriter(out)], 1),
        ]
        for number, (steps, tasks) in enumerate(stages):
            LocalPipelineExecutor(steps, tasks=tasks, workers=1, logging_dir=f"{scratch}/logs{number}").run()


if __name__ == "__main__":
    main(*sys.argv[1:])
