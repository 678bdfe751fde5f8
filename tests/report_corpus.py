"""A corpus whose texts would run if a page let them: markup, templates, handlers, control characters."""

from __future__ import annotations

import json
from pathlib import Path

from cleaning.config import Config
from pipelines.run import run

ATTACKS = (
    "<script>executed.push('script')</script>",
    "</script><script>executed.push('closed')</script>",
    "<!--<script>executed.push('comment')",
    "<img src=x onerror=\"executed.push('image')\">",
    "<svg onload=\"executed.push('svg')\"></svg>",
    "<a href=\"javascript:executed.push('link')\" onmouseover=\"executed.push('over')\">here</a>",
    "<style>@import 'https://evil.example/style.css';</style>",
    "<iframe src=\"https://evil.example/frame\"></iframe><meta http-equiv=refresh content=\"0;url=https://evil.example\">",
    "{{ 7 * 191 }} {% raw %}{{ executed }} ${7 * 191} <%= 7 * 191 %> #{7 * 191}",
    "\"];executed.push('json');[\" '];executed.push('quote');['",
    "line\u2028separator\u2029and \u202eturned around\u202c and \x1b[31mred\x1b[0m and \x07 and \x00 end",
    "&lt;script&gt;executed.push('entity')&lt;/script&gt; &#60;b&#62;",
)  # fmt: skip


def hostile_records() -> list[dict[str, str]]:
    """A record for each attack: in its body, its title, its url, its id, in lines that are dropped, and twice."""
    records = []
    for number, attack in enumerate(ATTACKS):
        body = [
            f"The council of Port Ellery met on day {number} and heard that the harbour wall will be mended this year.",
            f"A visitor wrote {attack} on the wall behind the speakers, and the clerk read it out to the council.",
            f"Work on section {number} begins in spring, said the harbour master, and the ferry goes on as before.",
        ]
        lines = ["Share", "By Ada Example", *body, "Related Articles", f"Why {attack} matters", f"More {attack}"]
        record = {
            "id": f"attack-{number} {attack}",
            "url": f"https://harbour{number}.example/news?q={attack}",
            "title": f"Wall {number}: {attack}",
            "text": "\n\n".join([*lines, "Subscribe to our newsletter", "0 comments"]),
        }
        records += [record, record | {"id": f"copy {number}", "url": f"https://copies.example/{number}"}]
        near = [body[0], body[1].replace("on the wall", "in the sand"), body[2]]
        records.append(
            record
            | {
                "id": f"near {number}",
                "url": f"https://near.example/{number}",
                "text": "\n\n".join([*near, *lines[-3:]]),
            }
        )
    return records


def make_hostile(folder: Path, *more: Path) -> Path:
    """A dataset of them, made as `tamis run` makes one; `more` are further inputs."""
    source = folder / "hostile.jsonl"
    broken = "\n".join(f'{{"id": "broken", "text": "{attack!r}' for attack in ATTACKS)
    lines = [json.dumps(record, ensure_ascii=False) for record in hostile_records()]
    source.write_text("\n".join([*lines, broken]) + "\n", "utf-8")
    run([source, *more], folder / "dataset", Config(workers=1))
    return folder / "dataset"
