"""Compiled functions that are kept, loaded without numba, and refuse what they cannot be given."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from cleaning import native as module
from cleaning.native import is_kept, kept, native
from tests.building import write_corpus


@native("i8[] u8 f8 -> f8")
def scaled(numbers: np.ndarray, shift: int, factor: float) -> float:
    total = 0
    for number in numbers:
        total += _double(number)
    return (total >> shift) * factor


def _double(number: int) -> int:
    return 2 * number


@native("u1[,] i4[]")
def sums(table: np.ndarray, out: np.ndarray) -> None:
    for row in range(table.shape[0]):
        out[row] = 0
        for column in range(table.shape[1]):
            out[row] += table[row, column]


@native("i8 -> i8")
def makes_an_array(size: int) -> int:
    return np.zeros(size).shape[0]  # type: ignore[no-any-return]


def test_numbers_and_arrays() -> None:
    assert scaled(np.array([1, 2, 3]), np.uint64(1), 0.5) == 3.0
    assert scaled(np.empty(0, np.int64), 0, 1) == 0
    out = np.empty(2, np.int32)
    assert sums(np.array([[1, 2, 3], [250, 251, 252]], np.uint8), out) is None
    assert out.tolist() == [6, 753]
    frozen = np.arange(4)
    frozen.flags.writeable = False
    assert scaled(frozen, 0, 1) == 12


def test_what_it_cannot_be_given() -> None:
    with pytest.raises(TypeError, match="contiguous array of 1 dimensions of int64, not float64"):
        scaled(np.zeros(3), 0, 1)
    with pytest.raises(TypeError, match="contiguous"):
        scaled(np.arange(6)[::2], 0, 1)
    with pytest.raises(TypeError, match="2 dimensions"):
        sums(np.zeros(3, np.uint8), np.zeros(3, np.int32))
    with pytest.raises(ValueError, match="argument"):
        scaled(np.arange(3), 0)


def test_code_that_cannot_be_had_without_numba_is_run_by_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    assert makes_an_array(3) == 3  # it keeps memory

    def fail(*_: object) -> None:
        raise RuntimeError("another version of numba")

    monkeypatch.setattr(module, "_load", fail)
    again = native("i8[] u8 f8 -> f8")(scaled.__wrapped__)  # type: ignore[attr-defined]
    assert again(np.array([1, 2, 3]), np.uint64(1), 0.5) == 3.0
    with pytest.raises(TypeError, match="contiguous"):
        again(np.zeros(3), 0, 1)


def test_a_process_that_finds_the_code_kept_imports_no_numba() -> None:
    code = (
        "import sys, pyarrow as pa; from cleaning.shingles import shingle\n"
        "shingle(pa.array(['one two three four five six'])); print('numba' in sys.modules)"
    )
    call = [sys.executable, "-c", code]
    for _ in range(2):  # the first may have to compile
        done = subprocess.run(call, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    assert done.stdout.strip() == "False"


def test_workers_have_all_compiled_code_from_the_process_they_are_forked_from(tmp_path: Path) -> None:
    """What each loads for itself is not shared, and llvmlite's own pages are many: 80 MB a worker."""
    write_corpus(tmp_path / "in.jsonl", 400)
    code = """
import sys
from pathlib import Path
import pipelines.engines.loaded
from cleaning import native
from cleaning.config import Config
from cleaning.sitelines import SiteLines
from pipelines.reading import read_shard
from pipelines.sources import cut_shards, find_sources
from pipelines.stages import CLEAN, COUNT

def loads(function, *_):
    sys.exit(f"{function.__module__}.{function.__name__} is loaded by each worker")

native._load = loads
folder = Path(sys.argv[1])
SiteLines().save(folder / "site-lines")
read = [read_shard(shard, Config()) for shard in cut_shards(find_sources([folder / "in.jsonl"])[0], Config(), folder)]
for records in read:
    COUNT.function(records, Config(), {})
    CLEAN.function(records, Config(), {"site-lines": folder / "site-lines"})
print(sum(map(len, read)))
"""
    call = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(call, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    assert (done.stdout.strip(), done.stderr) == ("400", "")


def test_it_is_made_once_for_all_that_it_depends_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "code.py").write_text("")
    monkeypatch.setattr(module, "__file__", str(folder / "code.py"))
    made: list[bytes] = []

    def make() -> bytes:
        made.append(b"code")
        return b"code"

    name = module.__name__
    assert [kept(name, "f", "a", make), kept(name, "f", "a", make), len(made)] == [b"code", b"code", 1]
    kept(name, "f", "b", make)
    kept(name, "g", "a", make)
    assert len(made) == 3
    (folder / "constants.py").write_text("LIMIT = 1")
    kept(name, "f", "a", make)
    assert len(made) == 4
    assert len(list((folder / "__pycache__").iterdir())) == 4


def test_where_the_module_cannot_be_written_it_is_kept_for_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "code.py").write_text("")
    (tmp_path / "package" / "__pycache__").write_text("in the way")
    monkeypatch.setattr(module, "__file__", str(tmp_path / "package" / "code.py"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert kept(module.__name__, "f", "a", lambda: b"1") == b"1"
    assert kept(module.__name__, "f", "a", lambda: b"2") == b"1"
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["tamis"]
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "package" / "code.py"))
    assert kept(module.__name__, "f", "a", lambda: b"3") == b"3"


def test_whether_it_is_made_already(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told without the module, which may load much where it is imported."""
    (tmp_path / "costly.py").write_text("raise RuntimeError")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert not is_kept("costly", "f", "a")
    monkeypatch.setitem(sys.modules, "costly", ModuleType("costly"))
    monkeypatch.setattr(sys.modules["costly"], "__file__", str(tmp_path / "costly.py"), raising=False)
    kept("costly", "f", "a", lambda: b"code")
    monkeypatch.delitem(sys.modules, "costly")
    assert is_kept("costly", "f", "a")
    assert not is_kept("costly", "f", "b")


@native("f8[] f8[]")
def logarithms(numbers: np.ndarray, out: np.ndarray) -> None:
    for at in range(len(numbers)):
        row = out[at : at + 1]  # a view, whose references nobody counts
        row[0] = np.log1p(numbers[at]) + np.log(numbers[at])


def test_functions_of_the_mathematics_library_and_views() -> None:
    numbers = np.array([0.5, 1, 1e300, np.inf])
    out = np.empty(4)
    logarithms(numbers, out)
    np.testing.assert_array_equal(out, np.log1p(numbers) + np.log(numbers))


def test_a_run_that_finds_its_code_compiled_loads_no_numba() -> None:
    code = (
        "import sys;"
        "from cleaning.config import make_config; from cleaning.documents import clean_records;"
        "from cleaning.records import Record; from cleaning.rows import article_rows;"
        "body = 'The council has voted on the bridge, after years of dispute on who pays for it. ' * 3;"
        "found = clean_records([Record('a', 0, content=f'{body}\\n{body}\\nShare')], make_config({}));"
        "article_rows(found, make_config({}));"
        "print('numba' in sys.modules, found.fates[0].fate)"
    )
    for _ in range(2):  # the first may have to compile
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "published"]
