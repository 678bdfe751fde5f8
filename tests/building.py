"""A dataset's data/ and audit/, built without validation; `python -m tests.building INPUT OUTPUT` as a run does it.

`python -m tests.building` alone forks a run for each line it is given, one at a time, so that it starts at once.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from cleaning.config import Config, make_config
from pipelines.against import EarlierDataset
from pipelines.articles import build
from pipelines.engines.local import Local
from pipelines.ledger import Ledger
from pipelines.sources import find_sources
from pipelines.staging import SCRATCH, staging
from pipelines.store import MANIFEST, sha256_of, write_json
from tests.small_corpus import sentence


def build_here(
    inputs: Sequence[Path],
    folder: Path,
    config: Config,
    *,
    isolated: bool = False,
    against: Sequence[EarlierDataset] = (),
) -> Ledger:
    """Build `inputs` into a folder that is there."""
    with Local(config, folder / SCRATCH, isolated=isolated) as engine:
        ledger = build(find_sources(inputs)[0], folder, config, engine, against=against)
    shutil.rmtree(folder / SCRATCH)
    return ledger


def build_staged(source: Path, output: Path, config: Config, *, isolated: bool = True) -> None:
    """Build in a staging folder, going on with what an earlier call has left."""
    with staging(output, force=False) as stage:
        with Local(config, stage / SCRATCH, isolated=isolated) as engine:
            build(find_sources([source])[0], stage, config, engine)
        # As a run does: the manifest comes before scratch goes.
        write_json(stage / MANIFEST, {"format": 1, "pipeline_version": "", "ledger": {}})


def files_of(folder: Path) -> dict[str, str]:
    """sha256 of each file, by its path."""
    return {p.relative_to(folder).as_posix(): sha256_of(p) for p in sorted(folder.rglob("*")) if p.is_file()}


def write_corpus(path: Path, count: int, faults: Sequence[str] = ()) -> None:
    """Articles of two sites, some of them twice; `faults` stand in the last ones."""
    rng = random.Random(5)
    texts = ["\n".join(["Share this story", *(sentence(rng, "en") for _ in range(9))]) for _ in range(count)]
    texts[count // 2] = texts[3]
    for place, fault in enumerate(faults, 1):
        texts[-place] += f"\nfault: {fault}"
    with path.open("w", encoding="utf-8") as sink:
        for number, text in enumerate(texts):
            url = f"https://www.{'ab'[number % 2]}.example/{number}"
            sink.write(json.dumps({"id": str(number), "url": url, "text": text}) + "\n")


def fork_runs() -> None:
    """Of each line, [INPUT, OUTPUT] in JSON, a run in a process of its own: prints its number, and after the next line,
    whatever it says, its exit code."""
    import pipelines.engines.loaded  # noqa: F401  # loads all that a run needs

    for line in sys.stdin:
        source, output = map(Path, json.loads(line))
        process = os.fork()
        if not process:
            try:
                build_staged(source, output, make_config({"workers": 1, "shard_records": 10}), isolated=False)
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        print(process, flush=True)
        sys.stdin.readline()  # until then the number is not given to another process
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)


if __name__ == "__main__":
    if sys.argv[1:]:
        build_staged(Path(sys.argv[1]), Path(sys.argv[2]), make_config({"workers": 2, "shard_records": 10}))
    else:
        fork_runs()
