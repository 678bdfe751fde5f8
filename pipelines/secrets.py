"""Nothing secret in what is printed: messages and addresses are looked through before anyone sees them."""

from __future__ import annotations

import os
import re

# The environment variables of the clients that hold a secret, and their files.
_NAMES = re.compile(r"TOKEN|SECRET|PASSWORD|ACCESS_KEY|API_KEY|CREDENTIAL", re.I)
# A name and a password in an address; tokens of the hub; keys of AWS; a header.
_FORMS = re.compile(
    # a path that was an address has lost a slash
    r"(?<=://)[^/\s@]{1,2000}@|(?<=[a-z0-9]:/)[^/\s@:]{1,200}:[^/\s@]{1,2000}@|"
    r"\bhf_[A-Za-z0-9]{8,}|\b(?:AKIA|ASIA)[A-Z0-9]{12,}|(?<=[Bb]earer )[^\s;,]+"
    r"|(?<=Signature=)[0-9A-Za-z%/+=]+|(?<=X-Amz-Credential=)[^&\s]+"
)
# The query of an address, which may be a signature: of the web's whatever it is, of others where it names something.
_QUERY = re.compile(r"""((?i:https?)://[^\s'"<>?#]{0,4000})[?#][^\s'"<>]+|()\?[\w.%-]{1,200}=[^\s'"<>]*""")


def scrub(text: str) -> str:
    """The text without secrets.

    >>> scrub("cannot connect to http://me:secret@store.example/x?X-Amz-Signature=f00 now")
    'cannot connect to http://…@store.example/x?… now'
    >>> scrub("no such folder: http:/me:secret@store.example/x")
    'no such folder: http:/…@store.example/x'
    """
    for name, value in os.environ.items():
        if len(value) >= 8 and _NAMES.search(name):
            text = text.replace(value, "…")
    text = _QUERY.sub(lambda hit: f"{hit[1] or ''}?…", text)
    return _FORMS.sub(lambda hit: "…@" if hit.group().endswith("@") else "…", text)


def bare(url: str) -> str:
    """An address without user, password and query: what may be in a name.

    >>> bare("https://me:secret@store.example/a.jsonl?X-Amz-Signature=f00"), bare("s3://bucket/a?.jsonl")
    ('https://store.example/a.jsonl', 's3://bucket/a?.jsonl')
    """
    return re.sub(r"(?<=://)[^/\s@]{1,2000}@", "", _QUERY.sub(lambda hit: hit[1] or "", url, count=1))
