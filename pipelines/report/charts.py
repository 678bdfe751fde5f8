"""The charts of the report, as Vega-Lite by way of Altair. Colours are CSS variables, so they follow the page's theme.

Only counts go in. A chart is paired in the page with a table of the same numbers, for readers who cannot see it.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import altair as alt

from pipelines.report.numbers import Numbers, Removed, share

Spec = dict[str, Any]

FAMILIES = ("navigation", "widgets", "prompts", "metadata", "notices", "repeats", "learned", "layout")
"""Families of labels in the order of their colours, --family-1 and on."""
FATE_COLOURS = {
    "published": "var(--kept)",
    "duplicate": "var(--duplicate)",
    "rejected": "var(--rejected)",
    "quarantined": "var(--quarantined)",
}
# Pixels of a bar with its gap.
_STEP = 26
_CLIPPED = 200


def _chart(values: list[dict[str, Any]], description: str) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=values), description=description)


def _spec(chart: alt.Chart | alt.LayerChart) -> Spec:
    # As wide as its place in the page, as high as it says.
    fitted = chart.properties(width="container", autosize=alt.AutoSizeParams(type="fit-x", contains="padding"))
    spec: Spec = fitted.to_dict()
    # What the page says for all of its charts at once.
    spec.pop("config", None)
    return spec


def funnel(records: dict[str, int], fates: list[dict[str, Any]]) -> Spec:
    """From the records that went in to those that are published, each step taking away what did not go on."""
    reasons = {fate: [row for row in fates if row["fate"] == fate] for fate in FATE_COLOURS}
    left = records["in"]
    steps: list[dict[str, Any]] = [
        {"step": "read", "from": 0, "to": left, "records": left, "fate": "read", "why": "records in the input"}
    ]
    for fate in ("quarantined", "rejected", "duplicate"):
        gone = records[fate]
        why = ", ".join(f"{row['rule_id']} {row['records']:,}" for row in reasons[fate][:4]) or "none"
        steps.append({"step": fate, "from": left - gone, "to": left, "records": gone, "fate": fate, "why": why})
        left -= gone
    published = records["published"]
    why = f"{share(published, records['in']):.1%} of what was read"
    steps.append(
        {"step": "published", "from": 0, "to": published, "records": published, "fate": "published", "why": why}
    )
    for step in steps:
        gone = step["records"] and step["fate"] not in ("read", "published")
        step["shown"] = f"{'−' if gone else ''}{step['records']:,}"
    order = [step["step"] for step in steps]
    base = _chart(steps, "Funnel: records read, those quarantined, rejected or left out as duplicates, and published.")
    base = base.encode(
        y=alt.Y("step:N", sort=order, title=None, axis=alt.Axis(labelFontSize=13)),
        tooltip=[alt.Tooltip("step:N"), alt.Tooltip("records:Q", format=","), alt.Tooltip("why:N")],
    )
    bars = base.mark_bar(cornerRadius=3, minBandSize=2).encode(
        x=alt.X("from:Q", title="records", scale=alt.Scale(domain=[0, max(1, records["in"]) * 1.12], nice=False)),
        x2="to:Q",
        color=alt.Color("fate:N", legend=None, scale=_colours({"read": "var(--read)"} | FATE_COLOURS)),
    )
    words = base.mark_text(align="left", dx=6, fontSize=12, fontWeight=600, aria=False).encode(x="to:Q", text="shown:N")
    return _spec((bars + words).properties(height=38 * len(steps)))


def _colours(colours: dict[str, str]) -> alt.Scale:
    return alt.Scale(domain=list(colours), range=list(colours.values()))


def families(removed: Removed) -> Spec:
    """Lines that left the bodies, by family."""
    total = sum(removed.families.values())
    values = [
        {"family": name, "lines": lines, "share": share(lines, total)} for name, lines in removed.families.items()
    ]
    chart = _chart(values, "Lines that left the bodies, by family of their label.").mark_bar(cornerRadiusEnd=3)
    chart = chart.encode(
        y=alt.Y("family:N", sort=None, title=None),
        x=alt.X("lines:Q", title="lines dropped"),
        color=_family_colour(values, legend=False),
        tooltip=["family:N", alt.Tooltip("lines:Q", format=","), alt.Tooltip("share:Q", format=".1%")],
    )
    return _spec(chart.properties(height=_STEP * len(values)))


def families_by(rows: list[dict[str, Any]], what: str) -> Spec:
    """What left the bodies by language or by site, as shares of each one's dropped lines."""
    totals: dict[str, int] = {}
    for row in rows:
        totals[row[what]] = totals.get(row[what], 0) + row["lines"]
    rank = {name: at for at, name in enumerate(FAMILIES)}
    values = [
        {
            "who": row[what][:_CLIPPED],
            "family": row["family"],
            "lines": row["lines"],
            "share": share(row["lines"], totals[row[what]]),
            "rank": rank.get(row["family"], len(FAMILIES)),
        }
        for row in rows
    ]
    order = [name[:_CLIPPED] for name in sorted(totals, key=lambda name: (-totals[name], name))]
    chart = _chart(values, f"Families of the lines that left the bodies, by {what}.").mark_bar()
    chart = chart.encode(
        y=alt.Y("who:N", sort=order, title=None),
        x=alt.X("share:Q", title="share of its dropped lines", axis=alt.Axis(format="%"), stack="zero"),
        color=_family_colour(values, legend=True),
        order=alt.Order("rank:Q"),
        tooltip=[
            alt.Tooltip("who:N", title=what),
            "family:N",
            alt.Tooltip("lines:Q", format=","),
            alt.Tooltip("share:Q", format=".1%"),
        ],
    )
    return _spec(chart.properties(height=_STEP * len(order)))


def _family_colour(values: list[dict[str, Any]], *, legend: bool) -> alt.Color:
    present = {value["family"] for value in values}
    colours = {name: f"var(--family-{at})" for at, name in enumerate(FAMILIES, 1) if name in present}
    colours |= dict.fromkeys(sorted(present - colours.keys()), "var(--read)")
    where = alt.Legend(title=None, orient="top", symbolType="square") if legend else None
    return alt.Color("family:N", scale=_colours(colours), legend=where)


def bars(rows: list[dict[str, Any]], name: str, *, colour: str = "var(--accent)", description: str) -> Spec:
    """Documents by the value of `name`, in the order of the rows."""
    values = [{"name": str(row[name])[:_CLIPPED], "documents": row["documents"]} for row in rows]
    chart = _chart(values, description).mark_bar(cornerRadiusEnd=3, color=colour)
    chart = chart.encode(
        y=alt.Y("name:N", sort=None, title=None),
        x=alt.X("documents:Q", title="documents", axis=alt.Axis(tickMinStep=1)),
        tooltip=[alt.Tooltip("name:N", title=name), alt.Tooltip("documents:Q", format=",")],
    )
    return _spec(chart.properties(height=_STEP * len(values)))


def lengths(numbers: Numbers) -> Spec:
    """Documents by the characters of their bodies."""
    bounds = [row["at_least"] for row in numbers.lengths]
    values = []
    for at, row in enumerate(numbers.lengths):
        until = bounds[at + 1] if at + 1 < len(bounds) else None
        label = f"{row['at_least']:,} to {until - 1:,}" if until else f"{row['at_least']:,} and more"
        values.append({"from": _short(row["at_least"]), "documents": row["documents"], "characters": label})
    return _columns(values, "from", "characters of the body, from", "characters", "Documents by length of their body.")


def _short(number: int) -> str:
    return f"{number / 1000:g}k" if number >= 1_000 else str(number)


def losses(numbers: Numbers) -> Spec:
    """Documents by the share of their source that was left out."""
    values = [
        {
            "from": f"{row['at_least']}%",
            "documents": row["documents"],
            "lost": f"{row['at_least']} to {row['at_least'] + 5} % of the characters",
        }
        for row in numbers.losses
    ]
    return _columns(
        values, "from", "share of the source left out, from", "lost",
        "Documents by the share of their source's characters that was left out.", "var(--dropped)",
    )  # fmt: skip


def _columns(
    values: list[dict[str, Any]], name: str, title: str, label: str, description: str, colour: str = "var(--accent)"
) -> Spec:
    chart = _chart(values, description).mark_bar(cornerRadiusEnd=3, color=colour)
    chart = chart.encode(
        x=alt.X(f"{name}:N", sort=None, title=title, axis=alt.Axis(labelAngle=0, labelOverlap="greedy")),
        y=alt.Y("documents:Q", title="documents", axis=alt.Axis(tickMinStep=1)),
        tooltip=[alt.Tooltip(f"{label}:N"), alt.Tooltip("documents:Q", format=",")],
    )
    return _spec(chart.properties(height=220))


def dates(numbers: Numbers) -> Spec:
    """Documents by the day, month or year of their publication; one that is without any is drawn as 0."""
    counted = {row["start"]: row["documents"] for row in numbers.dates}
    values = [
        {"start": start, "documents": counted.get(start, 0), "when": _when(start, numbers.date_unit)}
        for start in _every(min(counted), max(counted), numbers.date_unit)
    ]
    chart = _chart(values, f"Documents by the {numbers.date_unit} of their publication.")
    chart = chart.mark_bar(color="var(--accent)", cornerRadiusEnd=2).encode(
        # Bars of their own, not a time axis: the browser's zone must not move a date.
        x=alt.X("when:N", sort=None, title=numbers.date_unit, axis=alt.Axis(labelOverlap="greedy", labelAngle=0)),
        y=alt.Y("documents:Q", title="documents", axis=alt.Axis(tickMinStep=1)),
        tooltip=[alt.Tooltip("when:N", title=numbers.date_unit), alt.Tooltip("documents:Q", format=",")],
    )
    return _spec(chart.properties(height=220))


_DIGITS = {"day": 10, "month": 7, "year": 4}


def _when(start: str, unit: str) -> str:
    return start[: _DIGITS[unit]]


def _every(first: str, last: str, unit: str) -> list[str]:
    """All days, months or years from the first to the last, as ISO dates."""
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    if unit == "day":
        return [date.fromordinal(at).isoformat() for at in range(begin.toordinal(), end.toordinal() + 1)]
    if unit == "year":
        return [f"{year:04}-01-01" for year in range(begin.year, end.year + 1)]
    months = range(begin.year * 12 + begin.month - 1, end.year * 12 + end.month)
    return [f"{at // 12:04}-{at % 12 + 1:02}-01" for at in months]
