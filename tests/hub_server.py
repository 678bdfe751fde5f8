"""A small Hugging Face hub on loopback: what the real client asks of one to make, fill, tag and read a dataset.

Repositories are kept in memory: commits as maps from paths to contents, large files by their sha256. Like the hub it
takes a commit only on the parent that it names, a tag only once, and shows a private repository to its owner alone.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "hf_" + "".join(["n0b0dy", "Sh0uld", "S33", "This"])


@dataclass
class Repo:
    private: bool
    commits: dict[str, dict[str, tuple[bytes, bool]]] = field(default_factory=dict)
    """By oid: path to content, and whether it is a large file."""
    log: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)

    def add(self, files: dict[str, tuple[bytes, bool]], message: str) -> str:
        oid = hashlib.sha1(f"{len(self.log)} {message}".encode()).hexdigest()
        self.commits[oid] = files
        self.log.append(oid)
        self.messages.append(message)
        return oid

    def find(self, revision: str) -> str | None:
        oid = self.log[-1] if revision in ("main", "refs/heads/main") else self.tags.get(revision, revision)
        return oid if oid in self.commits else None


@dataclass
class Hub:
    """The state of the server, and what it has been asked."""

    url: str = ""
    repos: dict[str, Repo] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    fail: str = ""
    """A request whose line has this in it is refused with 500, once."""
    before_commit: Any = None
    """Called once, before a commit is looked at."""
    lock: threading.RLock = field(default_factory=threading.RLock)

    def writes(self) -> list[str]:
        return [line for line in self.asked if re.match(r"PUT|POST \S+(/commit/|/tag/)", line)]


class Refused(Exception):
    def __init__(self, status: int, code: str = "", message: str = "") -> None:
        super().__init__(message or code)
        self.status, self.code = status, code


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, format: str, *args: object) -> None:
        """No line for each request."""

    def do_GET(self) -> None:
        self._answer()

    do_HEAD = do_POST = do_PUT = do_GET

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.hub.lock:
            line = f"{self.command} {self.path}"
            self.hub.asked.append(line)
            try:
                if self.hub.fail and self.hub.fail in line:
                    self.hub.fail = ""
                    raise Refused(403, message="no room here now")
                status, headers, content = self._route(body)
            except Refused as error:
                status, content = error.status, json.dumps({"error": str(error)}).encode()
                headers = {"X-Error-Code": error.code, "X-Error-Message": str(error)} if error.code else {}
        if status == 206 or self.headers.get("Range"):
            pass
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _route(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        url = urlsplit(self.path)
        path = unquote(url.path)
        if path == "/api/validate-yaml":
            return self._json({"errors": [], "warnings": []})
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if found := re.fullmatch(r"/lfs/([0-9a-f]{64})", path):
            if hashlib.sha256(body).hexdigest() != found[1]:
                raise Refused(422, message="another sha256")
            self.hub.large[found[1]] = body
            return 200, {}, b""
        if found := re.fullmatch(r"/datasets/([^/]+/[^/]+)\.git/info/lfs/objects/batch", path):
            self._repo(found[1], write=True)
            return self._json(
                {"transfer": "basic", "objects": [self._large(one) for one in json.loads(body)["objects"]]}
            )
        if found := re.fullmatch(r"/datasets/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            return self._resolve(self._repo(found[1]), found[2], found[3])
        if found := re.fullmatch(r"/api/datasets/([^/]+/[^/]+)(?:/([a-z-]+)(?:/([^/]+)(?:/(.+))?)?)?", path):
            write = found[2] in ("preupload", "commit", "tag")
            return self._api(found[1], self._repo(found[1], write=write), found[2], found[3], found[4] or "", body)
        raise Refused(404, message=f"nothing at {path}")

    def _json(self, value: Any) -> tuple[int, dict[str, str], bytes]:
        return 200, {"Content-Type": "application/json"}, json.dumps(value).encode()

    def _repo(self, name: str, *, write: bool = False) -> Repo:
        known = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        repo = self.hub.repos.get(name)
        if repo is None or (repo.private and not known):
            raise Refused(404 if known else 401, "RepoNotFound", "Repository not found")
        if write and not known:
            raise Refused(403, message="no right to write")
        return repo

    def _create(self, wanted: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Refused(401, message="Invalid username or password.")
        name = f"{wanted['organization']}/{wanted['name']}"
        if name in self.hub.repos:
            raise Refused(409, message="You already created this dataset repo")
        private = wanted.get("private", wanted.get("visibility") == "private")
        self.hub.repos[name] = Repo(bool(private))
        self.hub.repos[name].add({".gitattributes": (b"*.parquet filter=lfs\n", False)}, "initial commit")
        return self._json({"url": f"{self.hub.url}/datasets/{name}", "name": name})

    def _large(self, one: dict[str, Any]) -> dict[str, Any]:
        if one["oid"] in self.hub.large:
            return dict(one)
        return one | {"actions": {"upload": {"href": f"{self.hub.url}/lfs/{one['oid']}"}}}

    def _api(
        self, name: str, repo: Repo, what: str | None, revision: str | None, path: str, body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        if what == "refs":
            tags = [{"name": tag, "ref": f"refs/tags/{tag}", "targetCommit": oid} for tag, oid in repo.tags.items()]
            main = {"name": "main", "ref": "refs/heads/main", "targetCommit": repo.log[-1]}
            return self._json({"branches": [main], "converts": [], "tags": tags})
        oid = repo.find(revision or "main")
        if oid is None:
            raise Refused(404, "RevisionNotFound", "Revision not found")
        files = repo.commits[oid]
        if what in (None, "revision"):
            siblings = [{"rfilename": each} for each in sorted(files)]
            return self._json(
                {"_id": "0" * 24, "id": name, "sha": oid, "private": repo.private, "tags": [], "siblings": siblings}
            )
        if what == "preupload":
            said = [
                {
                    "path": one["path"],
                    "uploadMode": "lfs" if one["path"].endswith(".parquet") else "regular",
                    "shouldIgnore": False,
                }
                for one in json.loads(body)["files"]
            ]
            return self._json({"files": said})
        if what == "commit":
            return self._commit(name, repo, body)
        if what == "tag":
            tag = json.loads(body)["tag"]
            if tag in repo.tags:
                raise Refused(409, message=f"Tag {tag} exists already")
            repo.tags[tag] = oid
            return self._json({})
        if what == "tree":
            inside = {each for each in files if each.startswith(f"{path}/")} if path else set(files)
            if path and not inside:
                raise Refused(404, "EntryNotFound", "Entry not found")
            if "true" not in str(parse_qs(urlsplit(self.path).query).get("recursive")).lower():
                return self._json(self._level(files, path, inside))
            return self._json([_entry(each, files[each]) for each in sorted(inside)])
        if what == "paths-info":
            wanted = json.loads(body) if body[:1] == b"{" else parse_qs(body.decode())
            found = [each for each in wanted["paths"] if each in files]
            folders = [one for one in wanted["paths"] if any(each.startswith(f"{one}/") for each in files)]
            return self._json([_entry(each, files[each]) for each in found] + [_folder(one) for one in folders])
        raise Refused(404, message=f"nothing called {what}")

    def _level(self, files: dict[str, tuple[bytes, bool]], path: str, inside: set[str]) -> list[dict[str, Any]]:
        start = len(path) + 1 if path else 0
        folders = {each[: each.index("/", start)] for each in inside if "/" in each[start:]}
        plain = [each for each in inside if "/" not in each[start:]]
        return [_folder(one) for one in sorted(folders)] + [_entry(each, files[each]) for each in sorted(plain)]

    def _commit(self, name: str, repo: Repo, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if self.hub.before_commit:
            meanwhile, self.hub.before_commit = self.hub.before_commit, None
            meanwhile()
        header, *operations = [json.loads(line) for line in body.splitlines() if line]
        parent = header["value"].get("parentCommit")
        if parent is not None and parent != repo.log[-1]:
            raise Refused(412, message="A commit has happened since. Please refresh and try again.")
        files = dict(repo.commits[repo.log[-1]])
        for operation in operations:
            value = operation["value"]
            if operation["key"] == "file":
                files[value["path"]] = (base64.b64decode(value["content"]), False)
            elif operation["key"] == "lfsFile":
                if value["oid"] not in self.hub.large:
                    raise Refused(422, message="a large file that was not uploaded")
                files[value["path"]] = (self.hub.large[value["oid"]], True)
            elif operation["key"] == "deletedFile":
                del files[value["path"]]
            else:
                raise Refused(400, message=f"no operation {operation['key']}")
        oid = repo.add(files, header["value"]["summary"])
        return self._json(
            {"success": True, "commitOid": oid, "commitUrl": f"{self.hub.url}/datasets/{name}/commit/{oid}"}
        )

    def _resolve(self, repo: Repo, revision: str, path: str) -> tuple[int, dict[str, str], bytes]:
        oid = repo.find(revision)
        if oid is None:
            raise Refused(404, "RevisionNotFound", "Revision not found")
        if path not in repo.commits[oid]:
            raise Refused(404, "EntryNotFound", "Entry not found")
        content, large = repo.commits[oid][path]
        digest = hashlib.sha256(content).hexdigest() if large else hashlib.sha1(content).hexdigest()
        headers = {"X-Repo-Commit": oid, "ETag": f'"{digest}"', "Accept-Ranges": "bytes"}
        if large:
            headers |= {"X-Linked-Size": str(len(content)), "X-Linked-Etag": f'"{digest}"'}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if not asked:
            return 200, headers | {"Content-Length": str(len(content))}, content
        first, last = int(asked[1]), min(int(asked[2] or len(content) - 1), len(content) - 1)
        part = content[first : last + 1]
        headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        return 206, headers | {"Content-Length": str(len(part))}, part


def _entry(path: str, file: tuple[bytes, bool]) -> dict[str, Any]:
    content, large = file
    entry: dict[str, Any] = {"type": "file", "path": path, "size": len(content)}
    entry["oid"] = hashlib.sha1(content).hexdigest()
    if large:
        entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
    return entry


def _folder(path: str) -> dict[str, Any]:
    return {"type": "directory", "path": path, "size": 0, "oid": hashlib.sha1(path.encode()).hexdigest()}


@contextmanager
def serve() -> Iterator[Hub]:
    """The server on a free port of loopback."""
    hub = Hub()
    handler = type("HubHandler", (Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
