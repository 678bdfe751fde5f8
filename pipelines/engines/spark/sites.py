"""The lines that recur on the pages of sites, counted by shuffles: what `merge_counts` does on one machine."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from cleaning.sitelines import SiteLines, thresholds
from pipelines.engines.spark.components import components
from pipelines.engines.spark.frames import from_arrow, words
from pipelines.engines.spark.saved import Scratch


def find_site_lines(counted: DataFrame, scratch: Scratch) -> SiteLines:
    """The lines that recur, of the tables `pages` and `page_lines` of a corpus.

    `counted`: id, pages, page_lines. The driver gets two tables: the sites that have enough pages, and the lines that
    recur on them. A line stands on at least `share * beside` of its site's pages, a twelfth, so of one site there
    are at most twelve times as many as a page of it has on average, however many pages there are.
    """
    limits = thresholds()
    pages = counted.filter("pages.site != 0").select("id", "pages.site", "pages.same", "page_lines")
    enough = pages.groupBy("site").count().filter(F.col("count") >= limits.least_pages).select("site")
    pages = scratch.save(pages.join(enough, "site"), "pages")
    if pages.isEmpty():
        return SiteLines()
    pages = pages.join(_same_pages(pages, scratch), "id", "left").withColumn("page", F.coalesce("component", "id"))
    sites = pages.groupBy("site").agg(F.countDistinct("page").alias("pages")).toArrow()
    sites = sites.filter(pa.array(sites["pages"].to_numpy() >= limits.least_pages))
    count = sites["pages"].to_numpy()
    least = np.maximum(limits.least_count, np.ceil(limits.share * count)) * limits.beside
    wanted = from_arrow(scratch.session, pa.table({"site": sites["site"], "least": least}))
    lines = pages.select("site", "page", F.explode("page_lines.line").alias("line"))
    lines = lines.groupBy("site", "line").agg(F.countDistinct("page").alias("count"))
    found = lines.join(F.broadcast(wanted), "site").filter("count >= least").select("line", "count").toArrow()
    site, line = words(sites["site"]), words(found["line"])
    by_site, by_line = np.argsort(site), np.argsort(line)
    return SiteLines(site[by_site], count[by_site], line[by_line], found["count"].to_numpy()[by_line])


def _same_pages(pages: DataFrame, scratch: Scratch) -> DataFrame:
    """Records that are one page, as components; those that share a value in one place of `same` are one."""
    values = pages.select("id", F.posexplode("same").alias("place", "value")).filter("value != 0")
    shared = values.groupBy("place", "value").agg(F.min("id").alias("first"), F.count("*").alias("records"))
    links = values.join(shared.filter("records > 1"), ["place", "value"]).select("id", "first")
    return components(links, scratch, "same-pages").withColumnRenamed("node", "id")
