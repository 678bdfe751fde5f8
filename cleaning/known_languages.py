"""Which languages a text can be told to be in, and what somebody may have meant by the code of another."""

from __future__ import annotations

import tomllib
from importlib import resources

from cleaning.language import known_tags

__all__ = ["is_told", "known_tags", "meant"]


def is_told(tag: str) -> bool:
    """Whether some text can be given the tag, or one that begins with it: `zh` stands for `zh-Hans` and `zh-Hant`."""
    return any(known == tag or known.startswith(f"{tag}-") for known in known_tags())


def meant(tag: str) -> str:
    """`; Korean is 'ko'` for `kr`, `; 'pt' is` for `pt-BR`; '' where nothing is known."""
    codes = tomllib.loads(resources.files("cleaning").joinpath("data/language_codes.toml").read_text("utf-8"))
    language = tag.split("-")[0]
    if language in codes:
        name, code = codes[language]
        return f"; {name} is {code!r}"
    return f"; {language!r} is" if is_told(language) else ""
