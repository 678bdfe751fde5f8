"""Data and code inside a page of HTML, so that neither can be taken for the other."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

# In a script element these could end it, open a comment, or break a line of JavaScript.
_ESCAPED = {each: f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"}


def json_for_html(value: Any) -> str:
    r"""JSON for a script element that is data: the same value, and no character that HTML would act on.

    A surrogate without its partner becomes a question mark; a number that is none raises ValueError.

    >>> json_for_html({"text": "</script><!-- &"})
    '{"text":"\\u003c/script\\u003e\\u003c!-- \\u0026"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    text = text.encode("utf-8", "replace").decode()
    for each, escaped in _ESCAPED.items():  # a tenth of what str.translate takes
        text = text.replace(each, escaped)
    return text


def source_hash(content: str) -> str:
    """What a Content-Security-Policy says to allow an element with exactly this content (CSP 3, 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
