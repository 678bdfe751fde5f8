"""`tamis rules stats`: what each rule did to a dataset, as queries over its audit tables."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cleaning.labels import dropping
from pipelines.audit_lines import Bools, LabelledLines, Names, Said, read_lines
from pipelines.audit_order import Ints
from pipelines.checks.measures import DatasetError
from pipelines.dataset import read_manifest
from pipelines.dataset_rules import notes_of
from pipelines.errors import first_line
from pipelines.parquet_views import MEMORY, connection

if TYPE_CHECKING:
    import duckdb

EXAMPLES = 5
# Of a dropped line so many characters are shown.
_CHARS = 200
# A number of a rule and a label has this below that of its document.
_PAIR_BITS = 24
# Lines that were taken out, as they are held before they are written.
_HELD_BYTES = 32 * 2**20


class RuleStat(NamedTuple):
    """What a rule did."""

    rule_id: str
    label: str
    """The label it gave; '' for a rule that takes another's and has not hit."""
    hits: int
    """Lines it labelled."""
    documents: int
    """Documents that these stand in."""
    dropped: int
    """Lines that left the body on its account: of several rules the ledger charges one."""
    alone: int
    """Lines that only this rule takes out: no other rule's label on them leaves the body under the policy."""
    examples: tuple[str, ...]
    """Up to five different lines charged to it, the commonest first."""
    why: str = ""
    """What it is for, as the dataset's packs and those of tamis say; '' where nobody asked, or for an unknown rule."""


# Most dropped lines are copies of each other, so they are counted before they are cut.
_EXAMPLES = """
    with whole as (select pair, text, sum(times) as times from dropped group by all),
    cut as (select pair, left(trim(text), $chars) as text, sum(times) as times from whole group by all)
    select pair, min_by(text, {'times': -times, 'text': text}, $examples) as texts from cut group by pair"""


def rule_stats(folder: Path, *, unused: bool = False) -> list[RuleStat]:
    """What each rule did, most hits first; with `unused` also the rules that never hit, at the end.

    A rule that gave several labels has an entry for each. Raises DatasetError where the folder is no dataset
    or its audit cannot be read.
    """
    manifest = read_manifest(folder)
    notes = notes_of(folder)
    stats = count_rules(folder, str(manifest.get("config", {}).get("policy", "balanced")))
    if unused:
        hit = {stat.rule_id for stat in stats}
        idle = sorted(note for note in notes.values() if note.id not in hit and note.match != "record")
        stats += [RuleStat(note.id, note.label, 0, 0, 0, 0, ()) for note in idle]
    return [stat._replace(why=notes[stat.rule_id].why) if stat.rule_id in notes else stat for stat in stats]


def count_rules(folder: Path, policy: str, memory: str = MEMORY) -> list[RuleStat]:
    """The same for a folder that has its audit and no manifest yet; `policy` says which labels leave the body."""
    with connection(memory) as db:
        sums = RuleSums(db, policy)
        read_lines([folder / "audit/lines.parquet"], [folder / "audit/labels.parquet"], [sums.take], memory)
        return sums.stats()


class RuleSums:
    """What each rule did, as `read_lines` goes through a dataset. The lines it took out, each once, are in `db`."""

    def __init__(self, db: duckdb.DuckDBPyConnection, policy: str) -> None:
        self._db, self._drops, self._names = db, dropping(policy), Names()
        self._known: dict[int, int] = {}
        self._counts = {name: Counter[int]() for name in ("hits", "documents", "dropped", "alone")}
        # What was met with in the last document, which may go on.
        self._open: Ints = np.zeros(0, np.int64)
        self._held: list[pa.Table] = []
        self._bytes = 0
        db.execute("create temp table dropped (pair bigint, text varchar, times bigint)")

    def take(self, lines: LabelledLines, names: Names) -> None:
        """Count lines and the labels on them."""
        self._names, said = names, lines.said
        if not len(said.line):
            return
        pairs = self._pairs(said)
        leaving = np.array([name in self._drops for name in names.labels])[said.label]
        alone = leaving & (said.line >= 0) & ~_shared(lines, leaving)
        for name, which in (("hits", pairs), ("dropped", pairs[said.decides]), ("alone", pairs[alone])):
            self._add(name, which)
        by_document = pc.unique(pa.array((said.document << _PAIR_BITS) + pairs)).to_numpy()
        self._add("documents", by_document[~np.isin(by_document, self._open)] & (2**_PAIR_BITS - 1))
        last = np.append(self._open, by_document)
        self._open = last[last >> _PAIR_BITS == said.document[-1]]
        took = np.flatnonzero(said.decides & (said.line >= 0))
        self._hold(pairs[took], lines.text.take(pa.array(said.line[took])))

    def _pairs(self, said: Said) -> Ints:
        """Of each label the number of its rule and itself, as the two were met with: there are a few hundred."""
        coded = pa.array((said.rule << _PAIR_BITS) + said.label).dictionary_encode()
        numbers = [self._known.setdefault(pair, len(self._known)) for pair in coded.dictionary.to_pylist()]
        pairs: Ints = np.array(numbers, np.int64)[coded.indices.to_numpy()]
        return pairs

    def _add(self, name: str, pairs: Ints) -> None:
        self._counts[name].update(dict(enumerate(np.bincount(pairs).tolist())))

    def _hold(self, pairs: Ints, text: pa.Array) -> None:
        """Keep lines that were taken out until there are many, which are counted and written together."""
        some = pa.table({"pair": pairs, "text": text, "times": np.ones(len(pairs), np.int64)})
        self._held.append(_once(some))
        self._bytes += self._held[-1].nbytes
        if self._bytes > _HELD_BYTES:
            self._write()

    def _write(self) -> None:
        if self._held:
            dropped_now = _once(pa.concat_tables(self._held))
            self._held, self._bytes = [], 0
            self._db.register("dropped_now", dropped_now)
            self._ask("insert into dropped select pair, text, times from dropped_now")
            self._db.unregister("dropped_now")

    def _ask(self, query: str, **values: Any) -> list[Any]:
        import duckdb

        try:
            return self._db.execute(query, values).fetchall()
        except duckdb.Error as error:
            raise DatasetError(f"cannot count what rules took out: {first_line(error)}") from error

    def stats(self) -> list[RuleStat]:
        """What each rule did, most hits first. Raises DatasetError where a text cannot be read."""
        self._write()
        found = self._ask(_EXAMPLES, chars=_CHARS, examples=EXAMPLES)
        examples = {pair: tuple(texts) for pair, texts in found}
        rules, labels = list(self._names.rules), list(self._names.labels)
        stats = [
            RuleStat(
                rules[coded >> _PAIR_BITS],
                labels[coded & (2**_PAIR_BITS - 1)],
                hits=self._counts["hits"][pair],
                documents=self._counts["documents"][pair],
                dropped=self._counts["dropped"][pair],
                alone=self._counts["alone"][pair],
                examples=examples.get(pair, ()),
            )
            for coded, pair in self._known.items()
        ]
        return sorted(stats, key=lambda stat: (-stat.hits, stat.rule_id, stat.label))


def _once(some: pa.Table) -> pa.Table:
    """Each text of a rule once, with how often it stands there."""
    counted = some.group_by(["pair", "text"]).aggregate([("times", "sum")])
    return counted.select(["pair", "text", "times_sum"]).rename_columns(["pair", "text", "times"])


def _shared(lines: LabelledLines, leaving: Bools) -> Bools:
    """Which labels are on a line that another rule's label takes out as well.

    Of the labels that take a line out one decides, so only a line with one that does not may have two rules; but of a
    dataset that is broken several may.
    """
    said = lines.said
    several = np.zeros(len(lines.number) + 1, bool)  # with a place for those without a line, -1
    several[said.line[leaving & ~said.decides]] = True
    decided = said.line[leaving & said.decides]  # ascending, as the labels are
    several[decided[1:][decided[1:] == decided[:-1]]] = True
    some = leaving & several[said.line] & (said.line >= 0)
    lowest, highest = np.full(len(several), np.iinfo(np.int64).max), np.full(len(several), -1)
    np.minimum.at(lowest, said.line[some], said.rule[some])
    np.maximum.at(highest, said.line[some], said.rule[some])
    shared: Bools = (lowest < highest)[said.line]
    return shared
