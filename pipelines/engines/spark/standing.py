"""What stands for each record of a corpus, found by shuffles: what `cleaning.corpus.find_standing` does on one machine.

Every decision is that of a function of `cleaning.dedupe`; here stands only what has to come together for it.
A text is named by its rank: 64 bits, ascending from the best. Of the texts themselves only shingles are moved.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from cleaning.config import Config
from cleaning.corpus import DAY, LENGTHS, STANDING
from cleaning.dedupe import RULES, TINY
from cleaning.duplicates.candidates import sample
from cleaning.records import doc_id
from pipelines.against import EarlierDataset
from pipelines.engines.spark.candidates import find_candidates
from pipelines.engines.spark.earlier import find_earlier
from pipelines.engines.spark.frames import lists, map_tables
from pipelines.engines.spark.links import Rule, find_evidence, find_links, gather, prove
from pipelines.engines.spark.saved import Scratch


def find_standing(cleaned: DataFrame, earlier: Sequence[EarlierDataset], config: Config, scratch: Scratch) -> DataFrame:
    """A row of STANDING, and the id, of each record. `cleaned`: id, fates and, unless duplicates are off, shingles.

    Raises ReadError where an earlier dataset cannot be read.
    """
    named = scratch.save(_told_apart(cleaned.select("id", "fates.*")), "named")
    nothing = {field.name: F.lit(None).cast("string") for field in STANDING}
    nothing |= {"similarity": F.lit(None).cast("float"), "members": F.lit(0)}
    if config.duplicates == "off":
        return named.select("id", "doc_id", *(nothing[name].alias(name) for name in STANDING.names[1:]))
    rule = Rule(config.near_threshold, config.containment or None, config.same_template == "drop")
    shingles = cleaned.select("id", F.inline("shingles"))  # of each record one, or none
    signed = map_tables(shingles, _sign, _SIGNED)
    texts = named.withColumn("known", F.lit(None).cast("string"))
    if earlier:
        known = find_earlier(scratch.save(signed, "signed"), earlier, config, scratch)
        texts = named.join(known.exact, "id", "left").unionByName(
            known.texts.select(
                "id",
                "doc_id",
                "char_count",
                F.lit(False).alias("capitals"),
                F.lit(0).cast("byte").alias("cited"),
                F.lit(None).cast("long").alias("published_at"),
                F.col("doc_id").alias("known"),
            )
        )
        shingles = shingles.unionByName(known.texts.select(shingles.columns))
        signed = map_tables(shingles, _sign, _SIGNED)
    texts = _ranked(texts.join(signed, "id"), scratch)
    stands = _stands(texts, shingles, rule, scratch)
    found = _named(stands, texts, shingles, rule)
    columns = [F.coalesce(name, nothing[name]).alias(name) for name in STANDING.names[1:]]
    return named.select("id", "doc_id").join(found, "id", "left").select("id", "doc_id", *columns)


_NAMED = pa.schema(
    [
        ("id", pa.int64()),
        ("doc_id", pa.string()),
        ("char_count", pa.int64()),
        ("capitals", pa.bool_()),
        ("cited", pa.int8()),
        ("published_at", pa.int64()),
    ]
)


def _told_apart(fates: DataFrame) -> DataFrame:
    """The final doc_id of each record: records of one identity are told apart by their order."""
    twin = F.row_number().over(Window.partitionBy("doc_id").orderBy("source_file", "source_row")) - 1
    fates = fates.withColumn("twin", twin).withColumn("identity", F.when(F.col("twin") > 0, F.col("identity")))
    return map_tables(fates.select(*_NAMED.names, "identity", "twin"), _twins, _NAMED)


def _twins(rows: pa.Table) -> pa.Table:
    named = zip(rows["doc_id"].to_pylist(), rows["identity"].to_pylist(), rows["twin"].to_pylist(), strict=True)
    ids = [first if not twin else doc_id(identity, twin) for first, identity, twin in named]
    columns = {name: rows[name] for name in _NAMED.names} | {"doc_id": pa.array(ids, pa.string())}
    return pa.table([columns[field.name].cast(field.type) for field in _NAMED], schema=_NAMED)


_SIGNED = pa.schema(
    [
        ("id", pa.int64()),
        ("print_a", pa.int64()),
        ("print_b", pa.int64()),
        ("template", pa.int64()),
        ("words", pa.int32()),
        ("size", pa.int64()),
        ("sample", pa.list_(pa.int64())),
    ]
)


def _sign(shingles: pa.Table) -> pa.Table:
    values, offsets = lists(shingles["values"])
    counts, hashes, _ = sample(values, offsets, np.arange(len(shingles)))
    ends = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
    prints = shingles["fingerprint"].combine_chunks().flatten().to_numpy().reshape(-1, 2)
    columns = {
        "id": shingles["id"],
        "print_a": pa.array(np.ascontiguousarray(prints[:, 0])),
        "print_b": pa.array(np.ascontiguousarray(prints[:, 1])),
        "template": shingles["template"],
        "words": shingles["words"],
        "size": pa.array(np.diff(offsets)),
        "sample": pa.ListArray.from_arrays(ends, pa.array(hashes.view(np.int64))),
    }
    return pa.table([columns[name] for name in _SIGNED.names], schema=_SIGNED)


def _ranked(texts: DataFrame, scratch: Scratch) -> DataFrame:
    """What is known of each published text by itself, its rank, and the rank of the best text of the same words.

    `texts`: `_NAMED`, `_SIGNED`, and `known`: of an earlier text, and of a record with the words of one, the doc_id of
    the earlier text; null of others. `compared`: whether it is the best, and not too short to be in a cluster.
    """
    moment = F.col("published_at") + F.when(F.col("published_at") % DAY == 0, DAY - 1).otherwise(0)
    weight = F.col("char_count") * (F.lit(LENGTHS) + F.col("cited"))
    alone = [weight.desc(), "capitals", moment.asc_nulls_last(), "doc_id", F.desc("id")]
    texts = texts.orderBy(F.col("known").isNull(), *alone)
    # Not dense, but ascending in the order of the rows. Once written it stays what it is.
    texts = scratch.save(texts.withColumn("rank", F.monotonically_increasing_id()), "ranked")
    tiny = F.col("words") < TINY
    words = Window.partitionBy("print_a", "print_b", F.when(tiny, F.col("rank")))
    best = F.min("rank").over(words)
    texts = texts.withColumn("text", best).withColumn("compared", ~tiny & (F.col("rank") == F.col("text")))
    return scratch.save(texts.drop("char_count", "capitals", "cited", "published_at"), "texts")


def _stands(texts: DataFrame, shingles: DataFrame, rule: Rule, scratch: Scratch) -> DataFrame:
    """Of each text the rank of what stands for it, and whether it does as a near duplicate: rank, stands, as_near."""
    compared = texts.filter("compared").select("rank", "id", "size", "template", "sample")
    pairs = scratch.save(find_candidates(compared, rule.threshold, rule.containment, rule.figures), "candidates")
    in_pairs = pairs.select(F.col("a").alias("rank")).union(pairs.select("b")).distinct()
    about = compared.drop("sample").join(in_pairs, "rank", "semi")
    values = scratch.save(about.join(shingles.select("id", "values"), "id").drop("id"), "values")
    links = scratch.save(find_links(pairs, values, rule), "links")
    near_links, parts = links.filter("not part"), links.filter("part")
    near = leaders = gather(near_links, values, None, rule, scratch, "near")
    if rule.containment is not None and not parts.isEmpty():
        first = (
            near.filter("rank = leader")
            .select("rank")
            .union(compared.select("rank").join(near.select("rank"), "rank", "anti"))
        )
        standing = compared.select("rank", "id", "size").join(first, "rank", "semi")
        standing = standing.join(shingles.select("id", "values"), "id")
        proved = prove(parts, values, standing, rule.containment, scratch)
        both = scratch.save(near_links.select("a", "b").union(proved), "proved-links")
        leaders = gather(both, values, near, rule, scratch, "leaders")
    found = texts.select("rank", "text")
    found = found.join(near.toDF("text", "near"), "text", "left").join(leaders.toDF("text", "leader"), "text", "left")
    stands = F.coalesce("leader", "text")
    as_near = stands == F.coalesce("near", "text")
    return scratch.save(found.select("rank", stands.alias("stands"), as_near.alias("as_near")), "stands")


def _named(stands: DataFrame, texts: DataFrame, shingles: DataFrame, rule: Rule) -> DataFrame:
    """STANDING of each text of the corpus but its doc_id, and its id."""
    names = texts.filter("known is null").select("rank", "id", "doc_id", "print_a", "print_b")
    other = texts.select("rank", "id", F.coalesce("known", "doc_id"), F.col("known").isNotNull(), *_PRINT)
    copies = stands.filter("stands != rank").join(names, "rank")
    copies = copies.join(other.toDF("stands", "id_b", "doc_b", "is_earlier", "a_b", "b_b"), "stands")
    same = (F.col("print_a") == F.col("a_b")) & (F.col("print_b") == F.col("b_b"))
    apart = copies.filter(~same).select("rank", "id", "id_b", "as_near")
    values = shingles.select("id", "values")
    apart = apart.join(values.withColumnRenamed("values", "values_a"), "id")
    apart = apart.join(values.toDF("id_b", "values_b"), "id_b").select("rank", "as_near", "values_a", "values_b")
    exact = copies.filter(same).select("rank", F.lit(1).cast("byte").alias("rule"), F.lit(1).cast("float"))
    evidence = find_evidence(apart, rule).union(exact)
    rules = F.array(*(F.lit(name) for name in RULES))
    evidence = evidence.select("rank", F.get(rules, F.col("rule").cast("int")).alias("rule_id"), "similarity")
    members = stands.filter("stands != rank").groupBy("stands").agg(F.count("*").cast("int").alias("members"))
    found = names.select("rank", "id").join(evidence, "rank", "left")
    found = found.join(copies.select("rank", F.col("doc_b").alias("stands"), "is_earlier"), "rank", "left")
    found = found.join(members.withColumnRenamed("stands", "rank"), "rank", "left")
    rule_id = F.when(F.col("is_earlier"), F.replace("rule_id", F.lit("dedupe."), F.lit("against."))).otherwise(
        F.col("rule_id")
    )
    # A record of an earlier text's very words is a copy of that text, whatever else it is like.
    known = texts.filter("known is not null and id >= 0").select(
        "rank",
        "id",
        F.lit("against.exact").alias("rule_id"),
        F.lit(1).cast("float").alias("similarity"),
        F.col("known").alias("stands"),
        F.lit(0).alias("members"),
    )
    found = found.withColumn("rule_id", rule_id).select(known.columns).union(known)
    return found.join(_same_template(texts, stands), "rank", "left").drop("rank")


_PRINT = ("print_a", "print_b")


def _same_template(texts: DataFrame, stands: DataFrame) -> DataFrame:
    """Of each text the doc_id of the best other one that differs only in figures or dates: rank, template.

    None where that one is a copy of it, as it can be where figures do not count. Instead of a record that has an
    earlier text's very words that text is named.
    """
    compared = texts.filter("compared").select("rank", F.col("template").alias("key"))
    by_rank = Window.partitionBy("key").orderBy("rank")
    first = compared.withColumn("place", F.row_number().over(by_rank)).filter("place <= 2").groupBy("key")
    best = first.agg(F.min("rank").alias("first"), F.max("rank").alias("second")).filter("first != second")
    other = F.when(F.col("rank") != F.col("first"), F.col("first")).otherwise(F.col("second"))
    others = compared.join(best, "key").select(F.col("rank").alias("text"), other.alias("other"))
    others = texts.select("rank", "text", "known").join(others, "text")
    about = texts.select("rank", F.coalesce("known", "doc_id").alias("doc_id"))
    about = about.join(stands.select("rank", "stands"), "rank")
    found = others.join(about.toDF("other", "template", "stands_other"), "other")
    return found.filter("stands_other != rank or known is not null").select("rank", "template")
