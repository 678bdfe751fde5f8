"""The YAML at the head of a dataset card, as the Hugging Face hub and `datasets` read it.

https://huggingface.co/docs/hub/datasets-cards and `datasets.DatasetInfo`. Scalars are written as JSON, which is YAML.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cleaning.tables import ARTICLES
from pipelines.papers.licence import about_of, licence_of, title_of

# Hugging Face's names for sizes.
_SIZES = (
    (10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"), (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"), (10**9, "100M<n<1B"), (10**10, "1B<n<10B"),
)  # fmt: skip
DATA_FILES = "data/train-*.parquet"


def front_matter(manifest: Mapping[str, Any], languages: Iterable[str], arrow_bytes: int) -> str:
    """The front matter, with its fences. `arrow_bytes`: what `count_arrow_bytes` counts."""
    about, licence, rows = about_of(manifest), licence_of(manifest), manifest["rows"]
    tags = sorted({tag.split("-")[0] for tag in languages if tag != "und"})
    tasks = [task.strip() for task in about.get("task_categories", "text-generation").split(",") if task.strip()]
    download = sum(entry["bytes"] for entry in manifest["files"] if entry["path"].startswith("data/"))
    lines = [f"pretty_name: {_json(title_of(manifest))}"]
    if licence:
        lines.append(f"license: {_json(licence.hub)}")
        if licence.hub == "other":
            lines += [f"license_name: {_json(licence.name.lower())}"]
            lines += [f"license_link: {_json(licence.url or 'LICENSE')}"]
    lines += _listed("language", tags)
    lines += [f"size_categories:\n- {next((name for bound, name in _SIZES if rows < bound), 'n>1T')}"]
    lines += _listed("task_categories", tasks)
    lines += _listed("source_datasets", ["extended" if manifest.get("against") else "original"])
    lines += _listed("tags", ["news", "tamis"])
    lines += ["configs:", "- config_name: default", "  data_files:", "  - split: train", f"    path: {DATA_FILES}"]
    lines += ["dataset_info:", "  features:", *(f"  {line}" for line in features(ARTICLES)), "  splits:"]
    lines += ["  - name: train", f"    num_bytes: {arrow_bytes}", f"    num_examples: {rows}"]
    lines += [f"  download_size: {download}", f"  dataset_size: {arrow_bytes}"]
    return "\n".join(["---", *lines, "---", ""])


def _json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _listed(name: str, values: list[str]) -> list[str]:
    return [f"{name}:", *(f"- {_json(value)}" for value in values)] if values else [f"{name}: []"]


def features(columns: Iterable[pa.Field]) -> Iterator[str]:
    """Columns in the form that `datasets.Features` has in YAML, a line each.

    >>> list(features([pa.field("authors", pa.list_(pa.string()))]))
    ['- name: authors', '  list: string']
    """
    for column in columns:
        kind = column.type
        yield f"- name: {column.name}"
        if pa.types.is_list(kind) and pa.types.is_struct(kind.value_type):
            yield "  list:"
            yield from (f"  {line}" for line in features(kind.value_type))
        elif pa.types.is_list(kind):
            yield f"  list: {_dtype(kind.value_type)}"
        else:
            yield f"  dtype: {_dtype(kind)}"


def _dtype(kind: pa.DataType) -> str:
    if pa.types.is_dictionary(kind):
        return _dtype(kind.value_type)
    return {"float": "float32", "double": "float64"}.get(str(kind), str(kind))


def count_arrow_bytes(files: Iterable[Path]) -> int:
    """Bytes of the rows as `datasets` holds and counts them: in Arrow, by row groups of the first one's size."""
    total = 0
    for path in files:
        file = pq.ParquetFile(path)
        if not file.num_row_groups:
            continue
        rows = file.metadata.row_group(0).num_rows
        for name in file.schema_arrow.names:  # a column at a time, of which texts are the largest
            for batch in file.iter_batches(rows, columns=[name]):
                (column,) = pa.Table.from_batches([batch]).combine_chunks().columns
                plain = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
                total += plain.nbytes
    return total
