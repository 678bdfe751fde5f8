"""Small corpora of one site: pages made from a form, each with an article of its own in the places left for it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from cleaning.records import Record

# Enough to say something new on each page, in four languages. Words are joined by what the language joins them with.
_WORDS = {
    "en": """
        council harbour teachers bridge farmers museum ferry hospital drivers school court library union announced
        closed opened asked refused bought delayed counted measured repaired voted promised new old northern wet
        costly third quiet broken early public river winter plan report road roof""",
    "ko": """
        시의회는 항구를 교사들이 다리를 농민들은 박물관이 병원에서 운전자들에게 학교와 법원은 도서관을 노조가 오래된
        새로운 북쪽 강변 겨울 계획을 보고서를 도로와 지붕을 조용히 일찍 천천히 다시 함께 내년에 오는""",
    "ja": """
        市議会は 港を 教師が 橋の 農家に 博物館で 病院と 運転手へ 学校も 裁判所 図書館 組合が 古い 新しい
        北の 川沿い 冬に""",
    "de": """
        Stadtrat Hafen Lehrer Brücke Bauern Museum Fähre Klinik Fahrer Schule Gericht Bücherei Verband beschloss
        öffnete fragte verweigerte kaufte verschob zählte prüfte neue alte nasse teure stille frühe""",
}
_ENDS = {"ko": "고 밝혔다.", "ja": "と発表した。"}


def _words(rng: random.Random, language: str, count: int) -> str:
    return ("" if language == "ja" else " ").join(rng.choices(_WORDS[language].split(), k=count))


def sentence(rng: random.Random, language: str) -> str:
    words = _words(rng, language, rng.randint(11, 19))
    return words[0].upper() + words[1:] + _ENDS.get(language, ".")


def _fill(form: str, rng: random.Random, language: str) -> str:
    """A page. `{body}`: three paragraphs; `{headline}`: a short line; `{name}`: a shorter one; `{n}`: a number."""
    out = []
    for line in form.strip().split("\n"):
        if line == "{body}":
            out += [" ".join(sentence(rng, language) for _ in range(rng.randint(1, 3))) for _ in range(3)]
            continue
        while "{" in line:
            name = line[line.index("{") + 1 : line.index("}")]
            value = {
                "paragraph": lambda: sentence(rng, language),
                "headline": lambda: _words(rng, language, 6).capitalize(),
                "name": lambda: _words(rng, language, 2).title(),
                "n": lambda: str(rng.randint(2, 9_000)),
            }[name]()
            line = line.replace(f"{{{name}}}", value, 1)
        out.append(line)
    return "\n".join(out)


def _edited(text: str, rng: random.Random, share: float, language: str) -> str:
    """The text with that share of the words of its longer lines changed."""
    lines = []
    for line in text.split("\n"):
        words = line.split(" ")
        if len(words) > 8:
            words = [_words(rng, language, 1) if rng.random() < share else word for word in words]
        lines.append(" ".join(words))
    return "\n".join(lines)


def make_pages(case: Mapping[str, Any]) -> list[Record]:
    """The pages of a case, mixed: `count` of each form; `copies` of each article under other urls, with `edits`."""
    rng, language = random.Random(case["name"]), case.get("language", "en")
    pages = []
    for form in case["page"]:
        for _ in range(form["count"]):
            text = _fill(form["text"], rng, language)
            pages += [_edited(text, rng, form.get("edits", 0.0), language) for _ in range(form.get("copies", 1))]
    rng.shuffle(pages)
    site = case.get("site", "example.com")
    if not site:
        return [Record("case", n, content=text) for n, text in enumerate(pages)]
    urls = [f"https://www.{site}/{number}" for number in range(len(pages))]
    if case.get("one_url"):
        urls = [urls[0]] * len(pages)
    return [Record("case", n, content=text, given={"url": urls[n]}) for n, text in enumerate(pages)]
