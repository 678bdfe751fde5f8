"""rensa's MinHash and LSH, driven from Python: `rensa_lsh.py TEXTS.parquet CLUSTERS.parquet`."""

import re
import sys

import pyarrow as pa
import pyarrow.parquet as pq
from rensa import RMinHash, RMinHashLSH

WORD = re.compile(r"\w+")
THRESHOLD, PERMUTATIONS, BANDS, SIZE = 0.7, 128, 32, 5


def main(source: str, out: str) -> None:
    table = pq.read_table(source)
    lsh = RMinHashLSH(THRESHOLD, PERMUTATIONS, BANDS)
    sketches = []
    for row, text in enumerate(table["text"].to_pylist()):
        words = WORD.findall(text.lower())
        sketch = RMinHash(PERMUTATIONS, 1)
        sketch.update({" ".join(words[i : i + SIZE]) for i in range(max(1, len(words) - SIZE + 1))})
        lsh.insert(row, sketch)
        sketches.append(sketch)
    parent = list(range(len(sketches)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = row = parent[parent[row]]
        return row

    for row, sketch in enumerate(sketches):
        for other in lsh.query(sketch):
            if other < row and sketch.jaccard(sketches[other]) >= THRESHOLD:
                parent[root(row)] = root(other)
    clusters = [root(row) for row in range(len(sketches))]
    pq.write_table(pa.table({"id": table["id"], "cluster": clusters}), out)


if __name__ == "__main__":
    main(*sys.argv[1:])
