"""Connected components as shuffles: what is linked, directly or over others, gets the smallest of its names.

Large-star and small-star by turns (Kiveris, Lattanzi, Mirrokni, Rastogi and Vassilvitskii, Connected Components in
MapReduce and Beyond, SoCC 2014): each link is moved to the smallest neighbour until every component is a star. The
number of rounds grows with the logarithm of the longest chain, where handing labels on takes as many as it is long.
"""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from pipelines.engines.spark.saved import Scratch


def components(links: DataFrame, scratch: Scratch, name: str) -> DataFrame:
    """The component of each node that has a link: columns node and component, which is its smallest node.

    `links`: its first two columns name nodes by whole numbers, in any direction, as often as one likes.
    """
    one, other = links.columns[:2]
    stars = links.select(F.greatest(one, other).alias("node"), F.least(one, other).alias("low"))
    stars = scratch.save(stars.filter("node > low").distinct(), name)
    state = _state(stars)
    while True:
        stars = scratch.save(_small_star(_large_star(stars)), name)
        before, state = state, _state(stars)
        if state == before:
            roots = stars.select(F.col("low").alias("node"), "low").distinct()
            return stars.union(roots).withColumnRenamed("low", "component")


def _state(stars: DataFrame) -> tuple[object, ...]:
    """Equal for equal sets of links: how many there are, and a sum over the hash of each."""
    return tuple(stars.agg(F.count("*"), F.sum(F.xxhash64("node", "low").cast("decimal(38,0)"))).first())


def _large_star(links: DataFrame) -> DataFrame:
    """Each node's larger neighbours are linked to the smallest of its neighbours and itself."""
    both = links.union(links.select("low", "node"))
    smallest = F.min("low").over(Window.partitionBy("node"))
    moved = both.withColumn("smallest", F.least("node", smallest)).filter("low > node")
    return moved.select(F.col("low").alias("node"), F.col("smallest").alias("low")).distinct()


def _small_star(links: DataFrame) -> DataFrame:
    """Each node and its smaller neighbours are linked to the smallest of them."""
    smallest = F.min("low").over(Window.partitionBy("node"))
    found = links.withColumn("smallest", smallest)
    moved = found.filter("low > smallest").select(F.col("low").alias("node"), F.col("smallest").alias("low"))
    return moved.union(found.select("node", F.col("smallest").alias("low"))).distinct()
