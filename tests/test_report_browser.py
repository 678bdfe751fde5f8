"""The pages in a real browser: charts, search, keyboard, themes, a phone, paper; and nothing of a record runs."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pipelines.dataset import read_manifest
from pipelines.report.quality import QUALITY_PAGE, quality_html, read_report
from tests.chromium import Browser, chromium
from tests.report_corpus import ATTACKS, make_hostile


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as window:
        yield window


@pytest.fixture(scope="module")
def dataset(browser: Browser, tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Path:
    """The sample and the hostile corpus in one; made only where there is a browser to show it."""
    return make_hostile(tmp_path_factory.mktemp("hostile"), sample)


@pytest.fixture(scope="module")
def pages(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    without = folder / "no-text.html"
    without.write_bytes(quality_html(dataset, read_manifest(dataset), read_report(dataset), text=False))
    return {"text": dataset / QUALITY_PAGE, "no text": without, "duplicates": dataset / "audit/duplicates.html"}


def embedded(page: Path) -> dict[str, Any]:
    """The data of a page, read as the page reads it."""
    text = page.read_text("utf-8")
    start = text.index('id="data">') + len('id="data">')
    data: dict[str, Any] = json.loads(text[start : text.index("</script>", start)])
    return data


@pytest.mark.parametrize("kind", ["text", "no text"])
def test_every_chart_is_drawn(browser: Browser, pages: dict[str, Path], kind: str) -> None:
    browser.open(pages[kind])
    charts = embedded(pages[kind])["charts"]
    assert len(charts) >= 10
    assert {"funnel", "families", "by_language", "by_site", "dates", "lengths", "repairs", "flags"} <= charts.keys()
    drawn = browser.js(
        """return Object.fromEntries([...document.querySelectorAll('[data-chart]')].map((figure) => [figure.dataset.chart, {
             bars: [...figure.querySelectorAll('svg .mark-rect path')].filter((bar) => bar.getBBox().height > 0).length,
             box: figure.querySelector('svg')?.getBoundingClientRect().toJSON() ?? null,
             named: figure.querySelector('svg, .chart')?.closest('.chart').querySelector('[aria-label]') !== null,
             place: figure.getBoundingClientRect().width}]))"""  # noqa: E501
    )
    assert drawn.keys() == charts.keys()
    for name, chart in drawn.items():
        assert chart["bars"] > 0 and chart["box"]["height"] > 40, name
        assert 0.9 * chart["place"] < chart["box"]["width"] <= chart["place"] + 1, name
        assert chart["named"], name
    assert drawn["families"]["bars"] == len(next(iter(charts["families"]["datasets"].values())))


@pytest.mark.parametrize("kind", ["text", "no text", "duplicates"])
def test_nothing_runs_and_nothing_leaves(browser: Browser, pages: dict[str, Path], kind: str) -> None:
    page = pages[kind]
    browser.open(page)
    # Every document is opened, and every list unfolded: what is shown late is shown too.
    browser.js("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    shown = browser.js(
        """const seen = [];
           for (const button of document.querySelectorAll('#results button')) {
             button.click();
             for (const drop of document.querySelectorAll('.drop')) {
               drop.dispatchEvent(new MouseEvent('mouseenter')); drop.focus();
             }
             seen.push(document.getElementById('document').innerText);
           }
           return seen;"""
    )
    assert browser.js("return window.executed") == []
    assert browser.console() == []
    assert {url for url in browser.requests() if not url.startswith("data:")} == {page.resolve().as_uri()}
    assert browser.js("return document.querySelectorAll('img, iframe, object, embed, base, form[action]').length") == 0
    assert browser.js("return document.querySelectorAll('script').length") == {"duplicates": 0}.get(kind, 5)
    handlers = """return [...document.querySelectorAll('*')].flatMap((element) => [...element.attributes])
        .filter((each) => each.name.startsWith('on') || each.value.startsWith('javascript:')).map(({name}) => name)"""
    assert browser.js(handlers) == []
    assert browser.js("return document.querySelectorAll('meta[http-equiv]').length") == 1
    text = browser.js("return document.body.textContent") + "".join(shown)
    assert "1337" not in browser.js("return document.body.innerText") + "".join(shown)
    if kind == "no text":
        assert "executed.push" not in text
    elif kind == "text":
        # It is all there to be read, as text.
        for attack in ATTACKS[:10]:
            assert attack in text
    else:
        assert "executed.push('" in text and "<script>" in text


def test_the_policy_holds_where_an_escape_is_forgotten(
    browser: Browser, pages: dict[str, Path], tmp_path: Path
) -> None:
    page = tmp_path / "forgotten.html"
    attack = "<script>executed.push('ran')</script><img src=x onerror=\"executed.push('ran')\">"
    page.write_text(pages["duplicates"].read_text("utf-8").replace("<main", f"{attack}<main", 1), "utf-8")
    browser.open(page)
    said = browser.js("return window.executed")
    assert {entry[0] for entry in said} == {"policy"} and len(said) >= 2


def search(browser: Browser, words: str) -> list[str]:
    browser.js(
        """const field = document.getElementById('search');
           field.value = arguments[0]; field.dispatchEvent(new Event('input'));""",
        words,
    )
    return browser.texts("#results .name")


def choose(browser: Browser, name: str, value: str) -> None:
    browser.js(
        """const field = document.getElementById(`filter-${arguments[0]}`);
           field.value = arguments[1]; field.dispatchEvent(new Event('input'));""",
        name, value,
    )  # fmt: skip


def test_search_and_filters(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["text"])
    documents = embedded(pages["text"])["documents"]
    assert len(browser.texts("#results .name")) == len(documents) > 40
    found = search(browser, "CASTLE wick")
    assert 0 < len(found) < 10 and "Oatcakes the way they bake them on Castle Wick" in found
    assert browser.texts("#found") == [f"{len(found)} of {len(documents)} documents in the sample"]
    assert search(browser, "온바다군"), "Korean is searched too"
    assert search(browser, documents[0]["id"]) and len(search(browser, documents[0]["id"])) == 1
    assert search(browser, "no document says this") == []
    assert browser.texts("#document") == ["No document of the sample is like that."]
    search(browser, "")
    for name, value, wanted in (
        ("language", "ko", lambda one: one.get("language") == "ko"),
        ("flag", "same-template", lambda one: "same-template" in [flag[0] for flag in one.get("flags", ())]),
        ("fate", "quarantined", lambda one: one["fate"] == "quarantined"),
        ("fate", "duplicate", lambda one: one["fate"] == "duplicate"),
        ("rule", "dedupe.exact", lambda one: one.get("rule") == "dedupe.exact"),
    ):
        choose(browser, name, value)
        assert len(browser.texts("#results .name")) == sum(map(wanted, documents)) > 0, value
        choose(browser, name, "")
    choose(browser, "rule", "ko.share.button")
    assert browser.texts("#results .name")
    assert "ko.share.button" in browser.js("return document.getElementById('document').textContent")
    browser.js("document.querySelector('#filters [type=reset]').click()")
    browser.js("return new Promise((done) => setTimeout(done, 50))")
    assert len(browser.texts("#results .name")) == len(documents)


def press(browser: Browser, *names: str) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    for name in names:
        ActionChains(browser.driver).send_keys(getattr(Keys, name)).perform()


FOCUSED = "return [document.activeElement.className, document.activeElement.innerText]"


def test_reasons_by_pointer_and_by_keyboard(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["text"])
    search(browser, "oatcakes")
    browser.js("document.querySelector('#results button').focus()")
    press(browser, "ENTER")
    assert browser.js("return document.activeElement.id") == "document"
    for _ in range(12):
        press(browser, "TAB")
        if browser.js(FOCUSED)[0] == "drop":
            break
    kind, first = browser.js(FOCUSED)
    assert kind == "drop" and first
    tip = "return getComputedStyle(tip).display === 'none' ? '' : tip.innerText"
    label, rule = browser.js(tip).split("\n")[:2]
    assert label and "." in rule
    described = "return document.getElementById(document.activeElement.getAttribute('aria-describedby')).textContent"
    assert f"Left out: {label}, says {rule}" in browser.js(described)
    assert "line-through" in browser.js("return getComputedStyle(document.activeElement.firstChild).textDecorationLine")
    press(browser, "ARROW_DOWN")
    kind, second = browser.js(FOCUSED)
    assert kind == "drop" and second and browser.js(tip)
    press(browser, "ARROW_UP")
    assert browser.js(FOCUSED)[1] == first
    press(browser, "ESCAPE")
    assert browser.js(tip) == ""
    # The first of its lines: between two lines of a broken one lies nothing.
    where = """const last = [...document.querySelectorAll('.drop')].at(-1);
        last.scrollIntoView({block: 'center', behavior: 'instant'});
        const [box] = last.firstChild.getClientRects();
        return [box.x + box.width / 2, box.y + box.height / 2];"""
    for _ in range(40):
        x, y = browser.js(where)
        browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        if browser.js(tip):
            break
        # Until the page has come to rest.
        browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=2, y=2)
        time.sleep(0.05)
    assert browser.js(tip), browser.js("return document.elementFromPoint(...arguments)?.outerHTML.slice(0, 300)", x, y)
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=2, y=2)
    assert browser.js(tip) == ""


def test_before_beside_after(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["text"])
    document = next(one for one in embedded(pages["text"])["documents"] if one.get("title", "").startswith("Oatcakes"))
    kept = [line for line in document["lines"] if not any(reason[2] for reason in (line[2] if len(line) > 2 else ()))]
    browser.open(pages["text"], fragment=f"#doc={document['id']}")
    assert browser.texts("#document h3") == [document["title"]]
    assert len(browser.texts("#document td.before")) == len(document["lines"])
    assert len(browser.texts("#document td.after")) == len(kept) < len(document["lines"])
    assert len(browser.texts("#document del")) == len(document["lines"]) - len(kept)
    browser.js("document.querySelector('#document input[value=after]').click()")
    assert [text.strip() for text in browser.texts("#document td.before")] == [line[1].strip() for line in kept]


def test_a_link_in_the_report_opens_its_document(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["text"])
    search(browser, "no document says this")
    who = browser.js(
        "const link = document.querySelector('#risks a[href^=\"#doc=\"]'); link.click(); return link.innerText"
    )
    browser.js("return new Promise((done) => setTimeout(done, 100))")
    assert who in browser.texts("#document")[0]
    assert browser.texts("#results [aria-current=true]")


def test_themes(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["text"])
    colours = """return [getComputedStyle(document.body).backgroundColor,
        getComputedStyle(document.querySelector('#chart-funnel .role-axis-label text')).fill,
        getComputedStyle(document.querySelector('#chart-funnel .mark-rect path')).fill]"""
    light = browser.js(colours)
    browser.show(scheme="dark")
    dark = browser.js(colours)
    assert all(before != after for before, after in zip(light, dark, strict=True))
    for _ in range(2):
        browser.js("document.getElementById('theme').click()")
    browser.show(scheme="light")
    assert browser.js(colours) == dark, "the button wins over the system"


def test_a_phone(browser: Browser, pages: dict[str, Path]) -> None:
    for kind in pages:
        browser.open(pages[kind], width=360, height=740)
        assert browser.js("return document.documentElement.scrollWidth") <= 360, kind
    browser.open(pages["text"], width=360, height=740)
    assert browser.js("return [...document.querySelectorAll('.chart')].every((each) => each.clientWidth <= 340)")
    assert browser.js("return document.querySelector('#document input[value=marked]').checked")


def test_paper(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["text"])
    browser.show(media="print", scheme="dark")
    hidden = "return ['.contents', '#filters', '#results'].map((each) => getComputedStyle(document.querySelector(each)).display)"  # noqa: E501
    assert browser.js(hidden) == ["none"] * 3
    assert browser.js("return getComputedStyle(document.documentElement).colorScheme") == "light"
    pdf = base64.b64decode(browser.call("Page.printToPDF", printBackground=True)["data"])
    assert pdf.startswith(b"%PDF") and len(pdf) > 50_000


def test_names_for_those_who_do_not_see(browser: Browser, pages: dict[str, Path]) -> None:
    browser.open(pages["text"])
    unnamed = """return [...document.querySelectorAll('input, select, button')].filter((each) => !each.labels?.length
        && !each.innerText.trim() && !each.getAttribute('aria-label')).map((each) => each.outerHTML.slice(0, 80))"""
    assert browser.js(unnamed) == []
    tree = browser.call("Accessibility.getFullAXTree")["nodes"]
    roles = [node["role"]["value"] for node in tree if not node.get("ignored")]
    assert {"main", "navigation", "heading", "search", "table", "status", "graphics-document"} <= set(roles)
    levels = browser.js(
        "return [...document.querySelectorAll('main h1, main h2, main h3')].map((each) => +each.tagName[1])"
    )
    assert levels[0] == 1 and all(after - before <= 1 for before, after in pairwise(levels))
    assert browser.js("return new Set([...document.querySelectorAll('[id]')].map((e) => e.id)).size"
                      " === document.querySelectorAll('[id]').length")  # fmt: skip


def test_data_docs_ask_for_nothing_from_elsewhere(browser: Browser, dataset: Path) -> None:
    """As Great Expectations makes them they load scripts, styles and icons from six networks."""
    docs = dataset / "reports/data-docs"
    pages = sorted(docs.rglob("*.html"))
    assert {page.stem for page in pages} == {"index", "articles", "release"}
    for page in pages:
        browser.open(page)
        asked = browser.requests()
        assert len(asked) >= 3, "the page, its style sheet and the logo"
        assert all(url.startswith(f"{docs.resolve().as_uri()}/") for url in asked)
        assert browser.console() == []
        assert browser.js("return getComputedStyle(document.body).margin") == "0px", "the style sheet holds"
    (release,) = (docs / "validations").rglob("release.html")
    browser.open(docs / "index.html")
    (hold,) = (text for text in browser.texts("td") if text.endswith(" of 31 expectations hold"))
    browser.open(release)
    assert any(browser.texts("td .show-scrollbars"))
    browser.js("document.querySelector('#option2').click()")
    shown = "return [...document.querySelectorAll('.ge-section')].filter((one) => one.offsetHeight).length"
    failed = 31 - int(hold.split()[0])
    assert browser.js(shown) == 1 + failed, "Failed Only leaves the overview and what failed"
