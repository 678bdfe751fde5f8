"""Texts that share sampled shingles, found by shuffles: what `cleaning.duplicates.candidates` does on one machine."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from cleaning.duplicates.candidates import EVERY, LEAST, NEIGHBOURS
from cleaning.duplicates.links import smallest


def find_candidates(texts: DataFrame, threshold: float, containment: float | None, figures: bool) -> DataFrame:
    """Pairs of ranks a and b, the better one first, each pair once, that can be linked for all their sizes say.

    `texts`: rank, size, template, and sample, the hashes that are looked up.
    """
    few = F.size("sample") <= LEAST
    postings = texts.select(F.explode("sample").alias("hash"), F.struct("rank", few.alias("few")).alias("text"))
    count = F.count("*").over(Window.partitionBy("hash"))
    postings = postings.withColumn("texts", count).filter("texts > 1")
    pairs = _all_pairs(postings.filter(F.col("texts") <= EVERY)).union(
        _some_pairs(postings.filter(F.col("texts") > EVERY))
    )
    shared = pairs.groupBy("a", "b").agg(F.count("*").alias("shared"), F.max("few").alias("few"))
    found = shared.filter("shared >= 2 or few").select("a", "b")
    about = texts.select("rank", "size", "template")
    found = found.join(about.toDF("a", "size_a", "template_a"), "a").join(about.toDF("b", "size_b", "template_b"), "b")
    small, large = F.least("size_a", "size_b"), F.greatest("size_a", "size_b")
    worth = small >= F.lit(smallest(threshold, containment)) * large
    if not figures:
        worth &= F.col("template_a") != F.col("template_b")
    return found.filter(worth).select("a", "b")


def _all_pairs(postings: DataFrame) -> DataFrame:
    """Of each posting's texts all pairs."""
    texts = F.sort_array(F.collect_list("text"))
    after = F.transform("texts", lambda one, at: F.transform(F.slice("texts", at + 2, F.size("texts")), _pair(one)))
    return postings.groupBy("hash").agg(texts.alias("texts")).select(F.inline(F.flatten(after)))


def _some_pairs(postings: DataFrame) -> DataFrame:
    """The first text of each posting with all others, and each of those with some that follow it."""
    by_rank = Window.partitionBy("hash").orderBy("text.rank")
    first = F.first("text").over(by_rank)
    others = postings.select(
        "text",
        first.alias("first"),
        *(F.lead("text", by).over(by_rank).alias(f"next{by}") for by in range(1, NEIGHBOURS + 1)),
    ).filter("text != first")
    near = [_pair(F.col("first"))(F.col("text"))]
    near += [F.when(F.col(name).isNotNull(), _pair(F.col("text"))(F.col(name))) for name in others.columns[2:]]
    return others.select(F.explode(F.array_compact(F.array(*near))).alias("pair")).select("pair.*")


def _pair(one: Column) -> Callable[[Column], Column]:
    def with_other(other: Column) -> Column:
        return F.struct(one["rank"].alias("a"), other["rank"].alias("b"), (one["few"] | other["few"]).alias("few"))

    return with_other
