"""Who an article is from: persons, the agency or paper that sends it, and who published it."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import NamedTuple

from cleaning.fields.barenames import bare_names
from cleaning.fields.bylines import read_given_authors
from cleaning.fields.datelines import is_sender
from cleaning.fields.fieldlines import FieldLine, read_field_line, without_marker
from cleaning.fields.names import is_agency, is_organisation, split_names
from cleaning.fields.namewords import Byline, byline_words, copyright_words, dateline_words, section_words
from cleaning.fields.uncased import UNCASED, is_chinese_name
from cleaning.metadata.page import Page, Read, of_record


class People(NamedTuple):
    """Whom the byline names."""

    names: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    line_no: int = 0
    rule: str = ""


_NOBODY = People()
# Lines between two lines of one byline, at most; those of other articles stand further away.
_TOGETHER = 4


def read_people(page: Page, given: bool = True) -> People:
    """As the record says, else the first byline of the page, which may have several lines.

    `given`: whether the record is asked.
    """
    if given and (own := page.given.get("authors")):
        found = read_given_authors(own.value)
        if found.names or found.organisations:  # else it is a desk, `Staff report`: the page may name who wrote
            return People(found.names, found.organisations, own.line_no, own.rule)
    names: list[str] = []
    organisations: list[str] = []
    first = last = None
    for label in page.by_kind.get("byline", ()):
        if last is not None and names and label.row - last.row > _TOGETHER:
            break
        if names and _is_closing(label.rule_id):
            break  # the byline above the text has named them
        text = page.text(label.row)
        line = _byline(text, label.rule_id)
        if "I" in text and line.names and _is_turkish(page):
            line = line._replace(names=tuple(_dotless(name, text) for name in line.names))
        if label.rule_id == "fields.byline.beside-date" and last is not None and names and label.row == last.row + 1:
            line = line._replace(names=())  # right under who wrote it stands where: `Puerto Viejo - 15 NOV 2025`
        if line.names or line.organisations:
            first, last = label if not names else first, label
            names += line.names
            organisations += line.organisations
    if first is None:
        return _NOBODY
    if len(set(names)) > 1:
        names = [name for name in names if not _is_site(name, page.site)] or names
    elif names and _is_paper(names[0], page.site):
        names, organisations = [], [*names[:1], *organisations]
    return People(tuple(dict.fromkeys(names)), tuple(dict.fromkeys(organisations)), page.no(first.row), first.rule_id)


# The name of a site may have so many characters behind that of its paper: `examplenews`.
_LONGER = 6


def _is_site(name: str, site: str) -> bool:
    """Whether a name beside others has that of the site in it: `Example D` on examplenews.com, `La Muestra` on
    lamuestra.com."""
    host = site.split(".", 1)[0].replace("-", "")
    plain = unicodedata.normalize("NFKD", name.lower())
    if host and host == "".join(filter(str.isalnum, plain)):
        return True
    return any(len(w) >= 5 and host.startswith(w.lower()) and len(host) - len(w) <= _LONGER for w in name.split())


def _is_paper(name: str, site: str) -> bool:
    """Whether a name is an article with the name of the site behind it.

    >>> _is_paper("Le Quotidien", "quotidien.example"), _is_paper("Anne Colin", "annecolin.example")
    (True, False)
    """
    article, _, rest = name.partition(" ")
    return article.lower() in dateline_words()["articles"] and _is_site(rest, site)


# Rows and characters of a page that are looked at; of so many letters one is an `ı` in Turkish, which has one in
# twenty, and in no report on Mr Kılıçdaroğlu.
_TOP, _SAMPLE, _ONE_IN = 20, 2000, 30


def _is_turkish(page: Page) -> bool:
    text = " ".join(map(page.text, page.rows[:_TOP]))[:_SAMPLE]
    return text.count("ı") * _ONE_IN > sum(map(str.isalpha, text))


def _dotless(name: str, text: str) -> str:
    """A name out of a line in capitals, spelt as in Turkish, where `I` is `ı`.

    >>> _dotless("Emre Çalik", "Emre ÇALIK"), _dotless("Ali Demir", "ALİ DEMİR")
    ('Emre Çalık', 'Ali Demir')
    """
    words = [(word, word.replace("i", "I").upper()) for word in name.split()]
    return " ".join([word.replace("i", "ı") if "i" in word and capitals in text else word for word, capitals in words])


def is_own(sender: str, site: str) -> bool:
    """Whether the sender of a dateline has the page itself: a paper that signs so, or an agency on its own site.

    >>> is_own("Reuters", "reuters.com"), is_own("AP", "apnews.com"), is_own("Reuters", "example.com")
    (True, True, False)
    >>> is_own("HCN", "harbor-courier.example"), is_own("HCN", "coast-tribune.example")
    (True, False)
    """
    if UNCASED.search(sender) and not is_sender(sender):
        return True  # `[김포=한강데일리]`
    host, own = site.split(".", 1)[0].replace("-", ""), dateline_words()["own"]
    plain = "".join(filter(str.isalnum, _HOST.sub("", sender.lower())))
    behind = host.removeprefix(plain) if plain and host.startswith(plain) else None
    words = site.split(".", 1)[0].split("-")
    initials = "".join(word[:1] for word in words)  # `HCN` on harbor-courier.example
    if len(words) > 1 and sender.isupper() and plain in (initials, f"{initials}n", f"{initials}a"):
        return True
    return behind in own["behind"] or host in own["hosts"].get(sender, ())


_HOST = re.compile(r"\.(?:com|co\.id|id|net|co|ru|tv)$")


@cache
def _closing() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Who wrote, behind the words for it; and words behind which those stand who only helped."""
    intro = byline_words()["intro"]
    reported, helped = ("|".join(sorted(intro[name], key=len, reverse=True)) for name in ("reported", "helped"))
    return (
        re.compile(rf"\W*(?:{reported}) ([^;.]{{3,200}})", re.I),
        re.compile(rf"(?:^|[,.]?\s)(?:{helped})\s", re.I),
    )


def read_closing_credits(text: str) -> Byline | None:
    """Who wrote, of those whom an agency names below its text; None where it names nobody who did.

    >>> read_closing_credits("(Reporting by Ann Lee in Oslo and Bo Ek; Editing by Cy Hale)").names
    ('Ann Lee', 'Bo Ek')
    >>> read_closing_credits("Additional reporting by Ann Lee; Editing by Cy Hale")
    """
    reported, helped = _closing()
    for piece in re.split(r"[;.]\s?", text[:300]):
        if match := reported.match(piece):
            return split_names(helped.split(match[1].rstrip(") "))[0])
    return None


def _is_closing(rule: str) -> bool:
    return rule == "fields.byline.credits" or rule.endswith((".byline.closing", ".byline.desk"))


def _byline(text: str, rule: str) -> FieldLine:
    if _is_closing(rule):
        found = read_closing_credits(text)
        return FieldLine(names=found.names, organisations=found.organisations) if found else FieldLine()
    if rule == "fields.byline.role-alone":
        return FieldLine()
    line = read_field_line(text)
    if not line.names and not line.organisations:
        if line.bare:
            return line._replace(names=line.bare)
        name = without_marker(text)
        if rule in ("fields.byline.opens", "fields.byline.name") and is_chinese_name(name):
            return line._replace(names=(name,))
        if rule == "fields.byline.opens" and is_organisation(name):
            return line._replace(organisations=(name,))
    return line


def read_source_credit(page: Page, people: People) -> Read | None:
    """What a line `Source: …` names, else the agencies of the byline."""
    for label in page.by_kind.get("source-credit", ()):
        text = page.text(label.row)[:300].removeprefix("SOURCE ")  # as wires close releases
        value = (
            read_field_line(text).source or _helped(text) or re.split(r"[:：=]", text, maxsplit=1)[-1].strip(" ()[]/")
        )
        if value and len(value) <= 150 and not _helped_alone(text, value):
            return Read(value, page.no(label.row), label.rule_id)
    if not people.organisations:
        return None
    agencies = [name for name in people.organisations if is_agency(name)]
    return Read(", ".join(agencies), people.line_no, people.rule) if agencies else None


_BY = re.compile(r"\W*(?:\w+ ){0,2}(?:reporting|writing|editing|research|reported|written|edited|compiled) by ", re.I)


def _helped_alone(text: str, value: str) -> bool:
    """Whether a line names persons and nobody else for their help: `Additional reporting by Ann Lee and Bo Ek`. The
    publisher has the story from none of them."""
    if _BY.match(text) is None and not _helped(text):
        return False
    found = split_names(_PARTS.split(_BY.sub("", value, count=1))[0])
    return found is not None and bool(found.names) and not found.organisations


_PARTS = re.compile(r"[;.] ?(?:additional|writing|editing|reporting)\b", re.I)


def _helped(text: str) -> str:
    """Who helped, by a line such as `With inputs from agencies`; '' for another line.

    >>> _helped("(Con información de EFE y AP)"), _helped("Avec AFP"), _helped("Avec elle")
    ('EFE y AP', 'AFP', '')
    """
    plain = text.strip(" ()[].:")
    low = plain.lower()
    for phrase in sorted(section_words()["helped"], key=len, reverse=True):
        if low.startswith(phrase):
            name = plain[len(phrase) :].lstrip(" :")
            return name if name and (name[0].isupper() or name[0] in '«"“' or low.startswith("with ")) else ""
    return ""


_OUTLETS = re.compile(r"\s?(?:[,;/&|+]|\band\b|\bund\b)\s?")


def read_publisher(page: Page, people: People, credit: Read | None) -> Read | None:
    """As the record says, else the first outlet of the source credit or byline, else who holds the copyright.

    Where nobody says it, the domain of the page's address.
    """
    if own := of_record(page, "publisher"):
        return own
    owned = _owned(page)
    if credit is not None and any(not _helped(page.text(label.row)[:300]) for label in page.of("source-credit")):
        first, *others = map(str.strip, _OUTLETS.split(credit.value))
        if first.islower() and first.isalpha() and "/" in credit.value and any(map(is_agency, others)):
            first = ""  # the sign of who edited an agency's text: `(amü/dpa)`
        # where somebody else holds the copyright, the source may be one of figures
        if first and not is_agency(first) and len(first) <= 40 and (owned is None or is_organisation(first)):
            return credit._replace(value=first)
    host = page.site
    for name in people.organisations:
        # an acronym may be anything: `AI`
        if not is_agency(name) and (len(name) > 5 or " " in name or name.lower() in host):
            return Read(name, people.line_no, people.rule)
    if owned is not None:
        return owned
    return Read(host, 0, "fields.publisher.address") if host else None


def _owned(page: Page) -> Read | None:
    """Who holds the copyright of the page."""
    for label in page.by_kind.get("copyright", ()):
        text = page.text(label.row)
        name = read_owner(text)
        if name and page.site and is_agency(name) and not is_own(name, page.site):
            continue  # of the text, on somebody else's page
        if name and not _is_photographer(text, name):
            return Read(name, page.no(label.row), label.rule_id)
    return None


def _is_photographer(text: str, name: str) -> bool:
    """Whether a line is only the sign and a person's name, as pictures have it."""
    return text[0] in "©ⓒ" and text.endswith(name) and bare_names(name) == (name,)


_SIGN = re.compile(r"©|ⓒ|\(c\)|copyright", re.I)
_BEFORE = re.compile(r"(?:copyright|저작권자|©|ⓒ|\(c\)|\d{4}(?:[–-]\d\d\b)?|provided by\b|[\s:,.<\[(|/–-])+", re.I)
_YEAR = re.compile(r"[\s,]+(?:19|20)\d\d$")
_ADDRESS = re.compile(r"(?<=\w)\s*(?:&|/|,|\band\b)\s*(?:www\.)?[\w-]{1,40}\.[a-z]{2,10}(?:\.[a-z]{2})?\b", re.I)
_END = re.compile(r"[,.;|<>()\[\]]|\s[-–—]\s")


@cache
def _company() -> re.Pattern[str]:
    """A form of companies that has full stops inside: `Sdn. Bhd.`."""
    forms = sorted(copyright_words()["companies"], key=len, reverse=True)
    either = "|".join(
        re.escape(form).replace(r"\ ", r"\s?").replace(r"\.", r"\.\s?").removesuffix(r"\s?") for form in forms
    )
    return re.compile(rf"(?<=\s)(?:{either})(?!\w)", re.I)


def read_owner(text: str) -> str:
    """Whom a copyright line names; '' where it names nobody.

    >>> read_owner("© 2025 The Daily Example, Inc. All rights reserved."), read_owner("저작권자 © 무단전재 금지")
    ('The Daily Example', '')
    """
    return _read_owner(text) if len(text) <= 200 else ""


@lru_cache(1024)  # a site has one such line on all its pages
def _read_owner(text: str) -> str:
    if (sign := _SIGN.search(text[:60])) is None:
        return ""
    if sign.start() and text.lower().startswith(copyright_words()["rights"]):
        text = text[sign.start() :]  # the notice stands first: `All rights reserved © The Daily Example`
    if (before := _BEFORE.match(text)) is None:
        return ""
    name = text[before.end() :]
    name = _ADDRESS.sub("", name) or name  # `The Daily Example & example.com`
    low = name.lower()
    ends = [at for word in copyright_words()["rights"] if (at := low.find(word)) >= 0]
    name = name[: min(ends, default=len(name))]
    company = _company().search(name)
    end = _END.search(name, company.end() if company and not _END.search(name[: company.start()]) else 0)
    name = _YEAR.sub("", name[: end.start() if end else None].strip(" :"))
    return name if 1 < len(name) <= 60 and not name[0].islower() and name.count(" ") <= 6 else ""
