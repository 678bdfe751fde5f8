"""Functions of arrays as machine code that is loaded without numba.

numba needs a second of each process to get ready, also for code that it compiled long ago. Its code needs only
llvmlite to be loaded, which takes a hundredth. So the code is kept, beside its module or in the user's cache
folder, under a name that says all it depends on; numba is imported where that name is not there yet.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import importlib
import importlib.util
import os
import platform
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple, ParamSpec, TypeVar

import numpy as np

_P = ParamSpec("_P")
_R = TypeVar("_R")


class _Argument(NamedTuple):
    """One parameter: a number, or the elements of an array."""

    dtype: np.dtype[Any]
    dimensions: int
    """0: a number."""


def native(signature: str) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Compile a function of numbers and arrays, without the GIL.

    `signature`: numpy's type codes, as in `"u8[] u8[,] f8 -> i8"`; `-> i8` is left out where nothing is returned.
    Functions of its own module that it calls are compiled with it. It may neither raise nor keep memory; where its
    code cannot be had without numba, numba runs it.
    The compiled function raises TypeError for an array of another type, or one that is not contiguous.

    >>> @native("i8[] -> i8")
    ... def total(numbers):
    ...     found = 0
    ...     for number in numbers:
    ...         found += number
    ...     return found
    """
    given, _, result = signature.partition("->")
    arguments = [_Argument(np.dtype(word.partition("[")[0]), _dimensions(word)) for word in given.split()]
    returns = np.dtype(result.strip()) if result.strip() else None

    def decorate(function: Callable[_P, _R]) -> Callable[_P, _R]:
        @functools.cache
        def entry() -> Callable[..., Any]:
            try:
                loaded = _load(function, arguments, returns)
            except (RuntimeError, AttributeError, ImportError, OSError):
                # The code of another numba or llvmlite may look otherwise; numba alone is as right, and starts later.
                jitted = _jitted(function)
                return lambda *values: jitted(*_checked(arguments, values))
            return lambda *values: loaded(*_flat(arguments, values))

        @functools.wraps(function)
        def call(*values: _P.args, **names: _P.kwargs) -> _R:
            if names:
                raise TypeError(f"{function.__name__}() takes its arguments by position")
            found: _R = entry()(*values)
            return found

        return call

    return decorate


def _dimensions(word: str) -> int:
    return word.count(",") + 1 if "[" in word else 0


def _checked(arguments: list[_Argument], values: tuple[Any, ...]) -> Iterator[Any]:
    """The arguments, numbers in their type; raises TypeError for an array that is not as the signature says."""
    for (dtype, dimensions), value in zip(arguments, values, strict=True):
        if dimensions and (value.dtype != dtype or value.ndim != dimensions or not value.flags.c_contiguous):
            raise TypeError(f"needs a contiguous array of {dimensions} dimensions of {dtype}, not {value.dtype}")
        yield value if dimensions else dtype.type(value)


def _flat(arguments: list[_Argument], values: tuple[Any, ...]) -> Iterator[Any]:
    """The arguments as C takes them: an array as its address and its shape."""
    for (_, dimensions), value in zip(arguments, _checked(arguments, values), strict=True):
        if dimensions:
            yield value.ctypes.data
            yield from value.shape
        else:
            yield value.item()


def _load(function: Callable[..., Any], arguments: list[_Argument], returns: np.dtype[Any] | None) -> Any:
    """The function's machine code, as something to call."""
    import llvmlite
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    # Functions of the running machine's processor: the name of the code says which.
    cpu, features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=cpu,
        features=features,
        opt=3,
        jit=True,
        codemodel="jitdefault",
        reloc="static" if platform.machine() in ("x86_64", "AMD64") else "default",
    )
    c = ctypes.CDLL(None)
    for name in _C:
        llvm.add_symbol(name, ctypes.cast(getattr(c, name), ctypes.c_void_p).value)
    depends = f"llvmlite {llvmlite.__version__} {cpu} {features} {arguments} {returns}"
    compile_it = functools.partial(_compile, function, arguments, returns, machine)
    code = kept(function.__module__, f"{function.__name__}.o", depends, compile_it)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.object_file.ObjectFileRef.from_data(code))
    engine.finalize_object()
    flat: list[Any] = []
    for dtype, dimensions in arguments:
        flat += (
            [ctypes.c_void_p] + [ctypes.c_int64] * dimensions if dimensions else [np.ctypeslib.as_ctypes_type(dtype)]
        )
    restype = np.ctypeslib.as_ctypes_type(returns) if returns else None
    address = engine.get_function_address(_ENTRY)
    assert address
    entry = ctypes.CFUNCTYPE(restype, *flat)(address)
    entry.engine = engine  # type: ignore[attr-defined]  # the code lives as long as it
    return entry


_ENTRY = "tamis_entry"
# What compiled code may call of the C library, and what numba names for errors and memory that never come up.
_C = ("memset", "memcpy", "memmove", "log", "log1p")
_UNUSED = re.compile(r"llvm\.|Py|numba_|NRT_(Free|MemInfo_call_dtor|decref|incref)$")


def _compile(
    function: Callable[..., Any], arguments: list[_Argument], returns: np.dtype[Any] | None, machine: Any
) -> bytes:
    import llvmlite.binding as llvm

    numba: Any = importlib.import_module("numba")
    types = numba.types
    names, passed, kinds = list[str](), list[str](), list[Any]()
    for number, (dtype, dimensions) in enumerate(arguments):
        kind, shape = numba.from_dtype(dtype), [f"n{number}_{axis}" for axis in range(dimensions)]
        names += [f"x{number}", *shape]
        passed.append(f"carray(x{number}, ({', '.join(shape)},))" if dimensions else f"x{number}")
        kinds += [types.CPointer(kind), *[types.int64] * dimensions] if dimensions else [kind]
    source = f"def entry({', '.join(names)}):\n    return function({', '.join(passed)})\n"
    scope: dict[str, Any] = {"function": _jitted(function), "carray": numba.carray}
    exec(source, scope)
    signature = (numba.from_dtype(returns) if returns else types.void)(*kinds)
    compiled = numba.cfunc(signature, error_model="numpy")(scope["entry"])
    text = compiled.inspect_llvm().replace(f"@{compiled.native_name}(", f"@{_ENTRY}(")
    return bytes(machine.emit_object(llvm.parse_assembly(_without_python(text))))


def _without_python(text: str) -> str:
    """LLVM's code without what it would call to raise or to free memory, which never comes up: see `native`."""
    called = re.findall(r"^declare [^@]*@([\w.]+)\(", text, re.MULTILINE)
    if unknown := [name for name in called if name not in _C and not _UNUSED.match(name)]:
        raise RuntimeError(f"compiled code would call {', '.join(unknown)}, which is not there without numba")
    # References to arrays that numba does not own are counted nowhere.
    text = re.sub(
        r"^declare (void @NRT_(?:incref|decref)\(.*\)).*$", r"define internal \1 { ret void }", text, flags=re.MULTILINE
    )
    theirs = rf"@(?:llvm\.|(?:{'|'.join(_C)})\()"
    text = re.sub(rf"^declare ((?!.*{theirs}).*\)).*$", r"define internal \1 { unreachable }", text, flags=re.MULTILINE)
    return re.sub(r"^(@\w+ = )external (.*global \S+).*$", r"\1internal \2 zeroinitializer", text, flags=re.MULTILINE)


def _jitted(function: Callable[..., Any]) -> Any:
    """The function for numba, and those of its module that it calls."""
    numba: Any = importlib.import_module("numba")
    assert isinstance(function, FunctionType)
    own = {
        name: _jitted(other)
        for name in function.__code__.co_names
        if isinstance(other := function.__globals__.get(name), FunctionType) and other.__module__ == function.__module__
    }
    copy = FunctionType(function.__code__, function.__globals__ | own, function.__name__, function.__defaults__)
    return numba.njit(error_model="numpy")(copy)


_DIGEST = 32
"""Bytes of SHA-256 before what is kept."""


def kept(module_name: str, name: str, depends: str, make: Callable[[], bytes]) -> bytes:
    """What `make` gives, from where an earlier process has kept it; made, and kept if that can be, where it is not.

    It stands beside the module or in the user's cache folder, under `name` and a digest of all that it may depend
    on: `depends`, this module's source, and those of the other and of those beside it, from which it takes constants.
    """
    folders, name = _places(sys.modules[module_name].__file__, module_name, name, depends)
    if (found := _find(folders, name)) is not None:
        return found
    made = make()
    for folder in folders:
        draft = folder / f".{name}.{os.getpid()}"
        with suppress(OSError):  # where neither can be written, each process makes it
            folder.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(hashlib.sha256(made).digest() + made)
            draft.replace(folder / name)
            break
    return made


def is_kept(module_name: str, name: str, depends: str) -> bool:
    """Whether an earlier process has kept what `kept` would give; the module need not be imported."""
    spec = importlib.util.find_spec(module_name)
    return _find(*_places(spec.origin if spec else None, module_name, name, depends)) is not None


def _places(module: str | None, module_name: str, name: str, depends: str) -> tuple[list[Path], str]:
    """The folders where it may stand, and its name there. `module`: the module's file."""
    digest = hashlib.sha256(depends.encode())
    for path in (Path(__file__), *(sorted(Path(module).parent.glob("*.py")) if module else ())):
        digest.update(path.read_bytes())
    folders = [Path(module).parent / "__pycache__"] if module else []
    if cache := os.environ.get("XDG_CACHE_HOME") or (os.environ.get("HOME") and f"{os.environ['HOME']}/.cache"):
        folders.append(Path(cache) / "tamis")
    return folders, f"{module_name}.{name}-{digest.hexdigest()[:16]}"


def _find(folders: list[Path], name: str) -> bytes | None:
    for folder in folders:
        with suppress(OSError):
            found = (folder / name).read_bytes()
            if hashlib.sha256(found[_DIGEST:]).digest() == found[:_DIGEST]:  # else a disk or a crash has cut it
                return found[_DIGEST:]
    return None
