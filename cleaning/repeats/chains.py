"""What a document says again, token by token: each token with its place in an earlier line.

Each run of six tokens is linked to the nearest earlier line that has it. From a link a chain is
followed along its diagonal (target minus source) as an ungapped alignment is, scored and cut where its
score falls too far below its best (X-drop: Altschul et al., "Basic local alignment search tool", 1990).
At most eight chains are open at a time, so the cost is linear whatever the text is. Where chains overlap,
the better one has the say. What lies between two chains is aligned by its longest common subsequence.

All of it is compiled, see `cleaning.native`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cleaning.native import native

_GRAM = 6
_OPEN = 8
"""Chains followed at a time; a new one takes the place of the one with the lowest score."""
_STRANGE, _DROP = 2, 20
"""An equal token scores +1, another -2; a chain ends where it has lost 20, after ten strange tokens."""
_LEAST = 6
"""Score of a chain that counts."""
_BACK = 64
"""Tokens before its first link that a chain may take in."""
_PATCH = 32
"""Tokens between two chains, on either side, that are aligned by their longest common subsequence."""

I32 = npt.NDArray[np.int32]
U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]


def _link(
    token: U64,
    row_of: I32,
    link: I32,
    table: U64,
    latest: I32,
    stamp: I64,
    mark: int,
) -> int:
    """Put the place of the gram at each position in the nearest earlier line that has it into `link`; count them."""
    links = 0
    mask = np.uint64(len(table) - 1)
    base = np.uint64(0x9E3779B97F4A7C15)
    top = np.uint64(1)
    for _ in range(_GRAM):
        top *= base
    gram = np.uint64(0)
    for end in range(len(token)):
        link[end] = -1
        gram = gram * base + token[end]
        if end >= _GRAM:
            gram -= top * token[end - _GRAM]
        at = end - _GRAM + 1
        if at < 0:
            continue
        slot = (gram ^ (gram >> np.uint64(32))) & mask
        while stamp[slot] == mark and table[slot] != gram:
            slot = (slot + np.uint64(1)) & mask
        if stamp[slot] != mark:
            stamp[slot], table[slot], latest[slot] = mark, gram, at
        elif row_of[latest[slot]] < row_of[at]:
            link[at] = latest[slot]
            latest[slot] = at
            links += 1
    return links


def _keep(chains: I64, count: int, score: int, begin: int, end: int, diagonal: int) -> int:
    chains[count, 0] = -score
    chains[count, 1] = begin
    chains[count, 2] = end
    chains[count, 3] = diagonal
    return count + 1


def _chains(token: U64, row_of: I32, link: I32, chains: I64, order: I64, open_: I64) -> int:
    """Chains as rows of (minus the score, first position, end, diagonal); and in 32 bits their order, best first."""
    size = len(token)
    count = 0
    open_[:] = 0
    begin, diagonal, score, best, end = open_[0], open_[1], open_[2], open_[3], open_[4]  # diagonal 0: it is free
    for at in range(size + 1):
        known = False
        for place in range(_OPEN):
            distance = diagonal[place]
            if distance == 0:
                continue
            if at < size:
                source = at - distance
                if token[source] == token[at] and row_of[source] < row_of[at]:
                    score[place] += 1
                    if score[place] > best[place]:
                        best[place] = score[place]
                        end[place] = at + 1
                else:
                    score[place] -= _STRANGE
                known = known or link[at] == source
            if at == size or score[place] < best[place] - _DROP:
                diagonal[place] = 0
                if best[place] >= _LEAST and count < size:
                    count = _keep(chains, count, best[place], begin[place], end[place], distance)
        if at == size or link[at] < 0 or known:
            continue
        place = 0
        for other in range(_OPEN):
            if diagonal[other] == 0:
                place = other
                break
            if score[other] < score[place]:
                place = other
        if diagonal[place] and best[place] >= _LEAST and count < size:
            count = _keep(chains, count, best[place], begin[place], end[place], diagonal[place])
        distance = at - link[at]
        start, gain, most = at, 0, 0
        for back in range(at - 1, max(distance, at - _BACK) - 1, -1):
            if token[back] == token[back - distance] and row_of[back - distance] < row_of[back]:
                gain += 1
                if gain > most:
                    start, most = back, gain
            else:
                gain -= _STRANGE
                if gain < most - _DROP:
                    break
        diagonal[place] = distance
        begin[place] = start
        score[place] = best[place] = most + 1
        end[place] = at + 1
    for chain in range(count):
        order[chain] = (chains[chain, 0] << 32) + chain
    _sort(order, count)
    return count


def _sort(values: I64, size: int) -> None:
    """Heapsort of the first `size` values, ascending: it needs no memory."""
    for start in range(size // 2 - 1, -1, -1):
        _sift(values, start, size)
    for last in range(size - 1, 0, -1):
        values[0], values[last] = values[last], values[0]
        _sift(values, 0, last)


def _sift(values: I64, place: int, size: int) -> None:
    while True:
        below = 2 * place + 1
        if below >= size:
            return
        if below + 1 < size and values[below + 1] > values[below]:
            below += 1
        if values[place] >= values[below]:
            return
        values[place], values[below] = values[below], values[place]
        place = below


def _patch(match: I32, token: U64, row_of: I32, common: I32) -> None:
    """Align what is left between two matches that follow each other: where words were added or left out.

    `common`: (_PATCH + 1, _PATCH + 1) zeros, and left so.
    """
    last = -1
    for at in range(len(token)):
        if match[at] < 0:
            continue
        hole, gap = at - last - 1, match[at] - match[last] - 1
        if last >= 0 and 0 < hole <= _PATCH and 0 < gap <= _PATCH and hole + gap > 2:
            target, source = last + 1, match[last] + 1
            for i in range(hole - 1, -1, -1):
                for j in range(gap - 1, -1, -1):
                    if token[target + i] == token[source + j] and row_of[source + j] < row_of[target + i]:
                        common[i, j] = common[i + 1, j + 1] + 1
                    else:
                        common[i, j] = max(common[i + 1, j], common[i, j + 1])
            i = j = 0
            while i < hole and j < gap:
                if common[i, j] == common[i + 1, j]:
                    i += 1
                elif common[i, j] == common[i, j + 1]:
                    j += 1
                else:
                    match[target + i] = source + j
                    i += 1
                    j += 1
            for i in range(hole + 1):
                for j in range(gap + 1):
                    common[i, j] = 0
        last = at


def _align(token: U64, row_of: I32, link: I32, match: I32, chains: I64, order: I64, open_: I64, common: I32) -> None:
    for place in range(_chains(token, row_of, link, chains, order, open_)):
        chain = order[place] & 0xFFFFFFFF
        distance = chains[chain, 3]
        for at in range(chains[chain, 1], chains[chain, 2]):
            source = at - distance
            if match[at] < 0 and token[at] == token[source] and row_of[source] < row_of[at]:
                match[at] = source
    _patch(match, token, row_of, common)


@native("u8[] i4[] i8[] u8[] i4[] i8[] i4[] i8[,] i8[] i8[,] i4[,] i4[] u1[]")
def _align_each(
    token: U64,
    row_of: I32,
    bounds: I64,
    table: U64,
    latest: I32,
    stamp: I64,
    link: I32,
    chains: I64,
    order: I64,
    open_: I64,
    common: I32,
    match: I32,
    found: npt.NDArray[np.uint8],
) -> None:
    """Compiled: see `align`. `match` is -1, `stamp`, `common` and `found` 0."""
    for document in range(len(bounds) - 1):
        first, end = bounds[document], bounds[document + 1]
        words, rows, links = token[first:end], row_of[first:end], link[: end - first]
        if _link(words, rows, links, table, latest, stamp, document + 1) >= 2:
            _align(words, rows, links, match[first:end], chains, order, open_, common)
            found[document] = 1


def align(token: U64, row_of: I32, bounds: I64) -> tuple[I32, npt.NDArray[np.bool_]]:
    """For each token the place in its document of its like in an earlier line, or -1; and who has any.

    Tokens of document d are bounds[d] to bounds[d + 1], `row_of` says which line each is in, ascending.
    """
    longest = int(np.diff(bounds).max(initial=0))
    slots = 1 << max(4, (2 * longest - 1).bit_length())
    match, found = np.full(len(token), -1, np.int32), np.zeros(len(bounds) - 1, np.uint8)
    _align_each(
        token,
        row_of,
        bounds,
        np.empty(slots, np.uint64),  # the gram
        np.empty(slots, np.int32),  # where it stands first in the last line that has it
        np.zeros(slots, np.int64),  # which document filled the slot
        np.empty(longest, np.int32),
        np.empty((longest, 4), np.int64),
        np.empty(longest, np.int64),
        np.empty((5, _OPEN), np.int64),
        np.zeros((_PATCH + 1, _PATCH + 1), np.int32),
        match,
        found,
    )
    return match, found.view(np.bool_)
