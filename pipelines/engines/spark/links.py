"""Candidates verified, parts proved, stars gathered: the functions of `cleaning.dedupe` over batches of a cluster.

Texts are named by their rank. A batch holds the shingles of the texts that it compares, and no others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from cleaning import dedupe
from cleaning.duplicates import stars
from cleaning.duplicates.links import COMMON, Texts, are_apart, bucket_bits, is_proved, verified
from cleaning.shingles import Shingles
from pipelines.engines.spark.components import components
from pipelines.engines.spark.frames import Rows, Words, lists, map_tables, words
from pipelines.engines.spark.saved import Scratch

LINKS = pa.schema([("a", pa.int64()), ("b", pa.int64()), ("part", pa.bool_())])
"""Two texts; of a part and its whole, the part first."""
LEADERS = pa.schema([("rank", pa.int64()), ("leader", pa.int64())])
_STAR = ("component", "rank", "template", "before", "values", "neighbours")


@dataclass(frozen=True)
class Rule:
    """What decides a link: see `dedupe.find_duplicates`."""

    threshold: float
    containment: float | None
    figures: bool


def find_links(candidates: DataFrame, values: DataFrame, rule: Rule) -> DataFrame:
    """LINKS of candidates. `values`: of every text that is in a pair its rank, template and shingles."""
    pairs = _joined(_joined(candidates, values, "a"), values, "b")
    return map_tables(pairs, partial(_verify, rule=rule), LINKS)


def _joined(pairs: DataFrame, values: DataFrame, name: str) -> DataFrame:
    columns = {"rank": name, "template": f"template_{name}", "values": f"values_{name}", "size": f"size_{name}"}
    return pairs.join(values.select([F.col(old).alias(new) for old, new in columns.items()]), name)


def _pairs(values: tuple[Words, Rows], templates: Words | None = None) -> tuple[Texts, Rows, Rows]:
    """The texts of n pairs, first all that come first, and the numbers of both sides."""
    count = (len(values[1]) - 1) // 2
    keys = np.arange(2 * count, dtype=np.uint64) if templates is None else templates
    texts = Texts(_shingles(*values), np.arange(2 * count), keys)
    return texts, np.arange(count), np.arange(count, 2 * count)


def _shingles(values: Words, offsets: Rows) -> Shingles:
    """Texts of which nothing but their shingles is looked at: each has words and a template of its own."""
    every = np.arange(len(offsets) - 1)
    own = every.astype(np.uint64)
    return Shingles(np.stack([own, own], axis=1), own, np.zeros(len(every), np.int32), offsets, values)


def _verify(pairs: pa.Table, rule: Rule) -> pa.Table:
    templates = np.concatenate([words(pairs["template_a"]), words(pairs["template_b"])])
    texts, a, b = _pairs(lists(pairs["values_a"], pairs["values_b"]), None if rule.figures else templates)
    near, parts = verified(texts, a, b, rule.threshold, rule.containment)
    ranks = np.concatenate([pairs["a"].to_numpy(), pairs["b"].to_numpy()])
    found = ranks[np.concatenate([near, parts])]
    part = np.arange(len(found)) >= len(near)
    return pa.table([found[:, 0], found[:, 1], part], schema=LINKS)


def prove(parts: DataFrame, values: DataFrame, standing: DataFrame, containment: float, scratch: Scratch) -> DataFrame:
    """The links of parts that hold for rare shingles too, and whose whole is not a digest; see `links`.

    `parts`: a, the part, and b, the whole. `standing`: size and shingles of every text that stands for itself so far.
    The driver gets their number of shingles.
    """
    total = standing.agg(F.coalesce(F.sum("size"), F.lit(0))).first()[0]
    shift = 64 - bucket_bits(total)

    def buckets(frame: DataFrame, *columns: str) -> DataFrame:
        hashes = frame.select(*columns, F.explode("values").alias("hash"))
        return hashes.select(*columns, F.shiftrightunsigned("hash", shift).alias("bucket"))

    common = buckets(standing).groupBy("bucket").count().filter(F.col("count") > COMMON).select("bucket")
    common = scratch.save(common, "common")
    of_parts = values.join(parts.select(F.col("a").alias("rank")).distinct(), "rank", "semi")
    found = buckets(of_parts, "rank").join(common, "bucket").groupBy("rank")
    found = found.agg(F.collect_set("bucket").alias("common")).withColumnRenamed("rank", "a")
    pairs = _joined(_joined(parts, values, "a"), values, "b").join(found, "a", "left")
    schema = pa.schema([("a", pa.int64()), ("b", pa.int64()), ("size", pa.int64())])
    proved = scratch.save(map_tables(pairs, partial(_prove, shift=shift, containment=containment), schema), "proved")

    # A digest holds articles that have nothing in common: compare the parts of a whole with its largest.
    by_size = Window.partitionBy("b").orderBy(F.desc("size"), "a")
    others = proved.select(F.col("b").alias("whole"), "a", F.first("a").over(by_size).alias("b")).filter("a != b")
    digests = map_tables(_joined(_joined(others, values, "a"), values, "b"), _digests, pa.schema([("b", pa.int64())]))
    return proved.join(digests.distinct(), "b", "anti").select("a", "b")


def _prove(pairs: pa.Table, shift: int, containment: float) -> pa.Table:
    hashes, bounds = lists(pairs["values_a"])
    common, ends = lists(pairs["common"])
    of = np.repeat(np.arange(len(pairs)), np.diff(bounds))
    # Which of a part's shingles are common: few of them are, so each is looked for among all.
    is_common = np.zeros(len(hashes), np.bool_)
    buckets = hashes >> np.uint64(shift)
    for row in np.flatnonzero(np.diff(ends)).tolist():
        here = slice(bounds[row], bounds[row + 1])
        is_common[here] = np.isin(buckets[here], common[ends[row] : ends[row + 1]])
    own = np.bincount(of[~is_common], minlength=len(pairs))
    wholes, starts = lists(pairs["values_b"])
    rare = np.concatenate([hashes[~is_common], wholes]), np.concatenate([[0], np.cumsum(own), starts[1:] + own.sum()])
    texts, part, whole = _pairs(rare)
    proved = is_proved(own, texts.shared(part, whole), containment)
    return pa.table({"a": pairs["a"], "b": pairs["b"], "size": np.diff(bounds)}).filter(pa.array(proved))


def _digests(pairs: pa.Table) -> pa.Table:
    values = lists(pairs["values_a"], pairs["values_b"])
    texts, part, largest = _pairs(values)
    apart = are_apart(texts.shared(part, largest), texts.sizes()[part])
    return pa.table({"b": pairs["whole"].filter(pa.array(apart))})


def gather(
    links: DataFrame, values: DataFrame, before: DataFrame | None, rule: Rule, scratch: Scratch, name: str
) -> DataFrame:
    """LEADERS of the texts that have a link: what stands for each. `before`: LEADERS when only near links counted."""
    links = links.select("a", "b")
    both = links.union(links.select("b", "a")).toDF("rank", "other")
    neighbours = both.groupBy("rank").agg(F.collect_list("other").alias("neighbours"))
    parts = components(links, scratch, f"{name}-components").withColumnRenamed("node", "rank")
    texts = values.select("rank", "template", "values").join(neighbours, "rank").join(parts, "rank")
    if before is None:
        texts = texts.withColumn("before", F.lit(0).cast("long"))
    else:
        earlier = before.withColumnRenamed("leader", "before")
        texts = texts.join(earlier, "rank", "left").withColumn("before", F.coalesce("before", "rank"))
    sorted_texts = texts.select(*_STAR).repartition("component").sortWithinPartitions("component", "rank")
    stars = sorted_texts.mapInArrow(partial(_gather, rule=rule), from_arrow_schema(LEADERS))
    return scratch.save(stars, name)


def _gather(batches: Iterator[pa.RecordBatch], rule: Rule) -> Iterator[pa.RecordBatch]:
    """Whole components at a time, so the memory is that of the largest one."""
    held: list[pa.Table] = []
    for batch in batches:
        if not len(batch):
            continue
        table = pa.Table.from_batches([batch])
        # The last component of a batch may go on in the next one.
        cut = int(np.searchsorted(table["component"].to_numpy(), table["component"][-1].as_py()))
        if cut:
            yield from _stars(pa.concat_tables([*held, table.slice(0, cut)]), rule)
            held = []
        held.append(table.slice(cut))
    if held:
        yield from _stars(pa.concat_tables(held), rule)


def _stars(table: pa.Table, rule: Rule) -> list[pa.RecordBatch]:
    rank = table["rank"].to_numpy()
    order = np.argsort(rank)

    def places(ranks: Rows) -> Rows:
        found: Rows = order[np.searchsorted(rank[order], ranks)]
        return found

    lengths = pc.list_value_length(table["neighbours"]).to_numpy()
    one = np.repeat(np.arange(len(rank)), lengths)
    other = places(table["neighbours"].combine_chunks().flatten().to_numpy())
    links = np.column_stack([one, other])[one < other]
    keys = np.arange(len(rank), dtype=np.uint64) if rule.figures else words(table["template"])
    texts = Texts(_shingles(*lists(table["values"])), np.arange(len(rank)), keys)
    before = table["before"].to_numpy()
    before = before if not before.any() else places(before)
    leader = stars.gather(texts, links, rule.threshold, before)
    found: list[pa.RecordBatch] = pa.table([rank, rank[leader]], schema=LEADERS).to_batches()
    return found


EVIDENCE = pa.schema([("rank", pa.int64()), ("rule", pa.int8()), ("similarity", pa.float32())])


def find_evidence(copies: DataFrame, rule: Rule) -> DataFrame:
    """EVIDENCE of texts that stand for themselves no longer, and say other words than what stands for them.

    `copies`: rank, as_near, values_a of the text and values_b of what stands for it.
    """
    return map_tables(copies, partial(_evidence, rule=rule), EVIDENCE)


def _evidence(copies: pa.Table, rule: Rule) -> pa.Table:
    shingles = _shingles(*lists(copies["values_a"], copies["values_b"]))
    count, every = len(copies), np.arange(len(shingles))
    stands = np.concatenate([every[count:], every[count:]])
    as_near = np.concatenate([copies["as_near"].to_numpy(), np.ones(count, np.bool_)])
    found, similarity = dedupe.evidence(shingles, stands, as_near, rule.threshold, rule.containment)
    return pa.table([copies["rank"], found[:count], similarity[:count]], schema=EVIDENCE)
