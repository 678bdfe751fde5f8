"""The pipeline as one would first write it, with the libraries that tamis has too: `naive_script.py IN.jsonl OUT`.

pandas, ftfy on every text, one regular expression for tails, langdetect on every text, MinHash and LSH of datasketch,
Great Expectations over the frame, Parquet. Prints the CPU seconds that importing and the checks took.
"""

import json
import re
import resource
import sys
from pathlib import Path


def spent() -> float:
    now = resource.getrusage(resource.RUSAGE_SELF)
    return now.ru_utime + now.ru_stime


# text-dedup brings it here, and Great Expectations would import all of it.
sys.modules["pyspark"] = None  # type: ignore[assignment]

import ftfy  # noqa: E402
import great_expectations as gx  # noqa: E402
import pandas as pd  # noqa: E402
from datasketch import MinHash, MinHashLSH  # noqa: E402
from great_expectations import expectations as gxe  # noqa: E402
from langdetect import DetectorFactory, detect  # noqa: E402
from langdetect.lang_detect_exception import LangDetectException  # noqa: E402

TAIL = re.compile(r"\n(?:\d+ Comments?|Comments|Explore|Related|Share|기사제보|무단전재)\b.*\Z", re.DOTALL)
WORD = re.compile(r"\w+")
THRESHOLD, PERMUTATIONS, SIZE = 0.7, 128, 5


def language(text: str) -> str:
    try:
        return str(detect(text))
    except LangDetectException:
        return "und"


def duplicates(texts: list[str]) -> list[bool]:
    lsh = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    found = []
    for row, text in enumerate(texts):
        words = WORD.findall(text.lower())
        shingles = {" ".join(words[i : i + SIZE]).encode() for i in range(max(1, len(words) - SIZE + 1))}
        sketch = MinHash(num_perm=PERMUTATIONS)
        sketch.update_batch(list(shingles))
        found.append(bool(lsh.query(sketch)))
        if not found[-1]:
            lsh.insert(row, sketch)
    return found


def check(frame: pd.DataFrame) -> bool:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    asset = context.data_sources.add_pandas("pandas").add_dataframe_asset("articles")
    suite = gx.ExpectationSuite(
        name="articles",
        expectations=[
            *(gxe.ExpectColumnValuesToNotBeNull(column=name) for name in ("id", "text", "language")),
            gxe.ExpectColumnValuesToBeUnique(column="id"),
            gxe.ExpectColumnValueLengthsToBeBetween(column="text", min_value=100),
            gxe.ExpectColumnValuesToMatchRegex(column="language", regex="^[a-z-]{2,7}$"),
            gxe.ExpectTableRowCountToBeBetween(min_value=1),
        ],
    )
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    return bool(batch.validate(suite).success)


def main(source: str, out: str) -> None:
    DetectorFactory.seed = 0
    imported = spent()
    with Path(source).open(encoding="utf-8") as rows:
        frame = pd.DataFrame(map(json.loads, rows))
    frame["text"] = frame["text"].map(ftfy.fix_text).str.replace(TAIL, "", regex=True).str.strip()
    frame["language"] = frame["text"].map(language)
    frame = frame[frame["text"].str.len() >= 100]
    frame = frame[[not copy for copy in duplicates(frame["text"].tolist())]].reset_index(drop=True)
    before = spent()
    check(frame)
    checks = spent() - before
    frame.to_parquet(out)
    print(imported, checks)


if __name__ == "__main__":
    main(*sys.argv[1:])
