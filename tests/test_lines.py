"""Texts cut into lines by compiled loops: what Python's own split and strip make of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cleaning.lines import Lines, split

# White space of every kind, what only looks like it, and characters of one to four bytes.
ANY = st.text(
    st.sampled_from("ab\t\x0b\x0c\r\x1c\x1f\x85\xa0\u1680\u2003\u2028\u3000\u200b\ufeff가😀é \n\n"), max_size=60
)


def by_python(texts: list[str]) -> tuple[list[int], list[int], list[str]]:
    starts, numbers, raw = [0], list[int](), list[str]()
    for text in texts:
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                numbers.append(number)
                raw.append(line)
        starts.append(len(raw))
    return starts, numbers, raw


@given(st.lists(ANY, max_size=5))
def test_lines_are_those_of_python(texts: list[str]) -> None:
    lines = split(texts)
    starts, numbers, raw = by_python(texts)
    assert (lines.starts.tolist(), lines.line_no.tolist(), lines.raw) == (starts, numbers, raw)
    assert lines.texts == [line.strip() for line in raw]
    assert lines.distinct == [*dict.fromkeys(lines.texts)]
    assert [lines.distinct[key] for key in lines.key.tolist()] == lines.texts
    assert lines.lasts.tolist() == [ord(text[-1]) for text in lines.distinct]


def test_long_lines_that_differ_in_one_character_are_not_one() -> None:
    line = "The ferry sank at noon, and nobody was on board. " * 20
    texts = [line[:at] + "x" + line[at + 1 :] for at in range(len(line.strip()))]
    assert len(set(split(["\n".join(texts)]).key.tolist())) == len({text.strip() for text in texts})


def test_rows_with_other_texts() -> None:
    lines = split(["  a@b.example \n\nwrites", "He\na@b.example"], ["https://one.example/1", None])
    rows = [row for row, text in enumerate(lines.texts) if "@" in text]
    changed = lines.with_texts(dict.fromkeys(rows, "[mail]"))
    assert changed.raw == ["  [mail] ", "writes", "He", "[mail]"]
    assert changed.texts == ["[mail]", "writes", "He", "[mail]"]
    assert _shape(changed) == _shape(lines)


def _shape(lines: Lines) -> tuple[object, ...]:
    return lines.starts.tolist(), lines.line_no.tolist(), lines.urls, lines.sites
