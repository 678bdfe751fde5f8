"""The flow of `tamis publish`: check, choose the files, put them where others load them, read them back.

    dataset → check → Release (what is published) → Folder | Bucket → read back → manifest
                                                  → hub: one commit  → read back → tag

A version is never changed once it is published. So nothing is written over, an interrupted publish goes on where
it broke off, and of two at once one is first and the other finds what the first has put there.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipelines.checks.validate import validate
from pipelines.dataset import UNPRINTABLE, read_manifest
from pipelines.errors import CallError
from pipelines.manifest import version_of
from pipelines.papers.licence import licence_of
from pipelines.publishing.hub import find_repository, push_to_hub
from pipelines.publishing.places import Bucket, Folder, Place, place_errors, read_back
from pipelines.publishing.release import Asset, PublishError, Release, make_release, version_in
from pipelines.publishing.secrets import without_secrets
from pipelines.store import MANIFEST

# Stands beside the files of a version until its manifest is there; it holds the manifest's sha256.
CLAIM = ".publishing"
# Two letters at least: C:/ is a disk.
_SCHEME = re.compile(r"(?:s3|hf):|[A-Za-z][A-Za-z0-9+.-]+:/", re.I)
# Names as S3 has them (Bucket naming rules), and as huggingface_hub's validate_repo_id has them.
_BUCKET = re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REPOSITORY = re.compile(r"(?!.*(?:\.\.|--|\.git$))\w(?:[\w.-]{0,94}\w)?", re.ASCII)
Say = Callable[[str], None]


@dataclass(frozen=True)
class Published:
    """How a publishing ended."""

    name: str
    version: str
    where: str
    """The folder or address of the version."""
    state: str
    """`published`; `there already`, `nothing new` (no rows): nothing was uploaded; `another was first`: with the same
    content."""
    uploaded: int
    """Files put there now."""
    found: int
    """Files that were there already, as an interrupted publishing left them, or somebody else."""

    def in_words(self) -> str:
        """One line for a person."""
        what = f"{self.name} {self.version}"
        if self.state == "there already":
            return f"{what} is published already at {self.where}: nothing was uploaded"
        if self.state == "nothing new":
            return f"{what} has no row that an earlier dataset has not: nothing was uploaded"
        if self.state == "another was first":
            return f"another publishing of {what} was first at {self.where}: the same content, and it stands"
        went_on = f", {self.found} were there already" if self.found else ""
        return f"{what} is published at {self.where}: {self.uploaded} files{went_on}, all read back"


def publish(
    dataset: Path,
    target: str,
    *,
    audit: bool = False,
    public: bool = False,
    suites: Path | None = None,
    say: Say = lambda line: None,
) -> Published:
    """Publish a dataset to a folder, `s3://bucket/prefix` or `hf://datasets/org/name`.

    `audit`: audit/ as well. `public`: others can read the target, so a licence must be declared. `suites`: as
    `tamis check --suite`. Raises CallError for a target that is none, PublishError where a check fails or the
    version is taken, ReadError where the target cannot be read or written.
    """
    manifest = read_manifest(dataset)
    kind, address = parse_target(target)
    if public and licence_of(manifest) is None:
        raise PublishError(
            f"{dataset} declares no licence, so it is not published where others can read it: "
            "say [about] license in the settings of its run"
        )
    say("checking")
    validation = validate(dataset, manifest, suites=suites)
    if not validation.passed:
        failed = [check.name for check in validation.checks if check.level == "critical" and not check.passed]
        raise PublishError(
            f"{dataset} is not published, for it fails its checks: {', '.join(failed[:5]) or 'none ran'}"
        )
    if not manifest["rows"]:
        return Published(str(manifest["name"]), version_of(manifest), address, "nothing new", 0, 0)
    with tempfile.TemporaryDirectory(prefix="tamis-") as scratch, without_secrets(), place_errors(address):
        release = make_release(dataset, manifest, Path(scratch), audit=audit)
        if kind == "hub":
            repository = find_repository(address, public=public)
            if repository.public and licence_of(manifest) is None:
                raise PublishError(f"{address} is public and {dataset} declares no licence: say [about] license")
            state, where, uploaded, found = push_to_hub(repository, release, Path(scratch), say)
            return Published(release.name, release.version, where, state, uploaded, found)
        place: Place
        if kind == "s3":
            place = Bucket(f"{address}/{release.tag}")
        else:
            folder = Path(address)
            if (folder / MANIFEST).exists() or folder.is_file():
                raise CallError(f"{folder} is a dataset or a file: versions go into a folder of their own, beside it")
            if folder.resolve().is_relative_to(dataset.resolve()):
                raise CallError(
                    f"{folder} lies in the dataset itself: versions go into a folder of their own, beside it"
                )
            place = Folder(folder / release.tag)
        state, uploaded, found = push_files(place, release, say)
        return Published(release.name, release.version, place.name, state, uploaded, found)


def parse_target(target: str) -> tuple[str, str]:
    """Kind (`folder`, `s3`, `hub`) and address of a target. What it refuses it does not repeat: it may be secret.

    >>> parse_target("hf://datasets/org/name/"), parse_target("s3://bucket/news")
    (('hub', 'hf://datasets/org/name'), ('s3', 's3://bucket/news'))
    """
    if UNPRINTABLE.search(target):
        raise CallError("the target has a line feed or another character that no folder or address should have")
    scheme, found, rest = target.partition("://")
    if not found:
        if not target.strip():
            raise CallError("the target is empty: a folder, s3://BUCKET/PREFIX or hf://datasets/ORG/NAME")
        if _SCHEME.match(target):
            raise CallError("the target begins like an address, without ://. A folder of that name is ./NAME")
        return "folder", target
    if "@" in rest or "?" in rest or "#" in rest:
        raise CallError(
            "a target has no key, password or revision in it: credentials are read where the client has them"
        )
    rest = rest.rstrip("/")
    if scheme == "s3":
        bucket, *parts = rest.split("/")
        if not _BUCKET.fullmatch(bucket) or any(part in ("", ".", "..") for part in parts):
            raise CallError("s3:// is followed by BUCKET/PREFIX, such as s3://datasets/harbour")
        return "s3", f"s3://{rest}"
    if scheme == "hf":
        kind, *parts = rest.split("/")
        if kind != "datasets" or len(parts) != 2 or not all(map(_REPOSITORY.fullmatch, parts)):
            raise CallError("hf:// is followed by datasets/ORG/NAME, such as hf://datasets/harbour/news")
        return "hub", f"hf://{rest}"
    raise CallError("the target is of no kind that tamis knows: a folder, s3://BUCKET/PREFIX or hf://datasets/ORG/NAME")


def push_files(place: Place, release: Release, say: Say) -> tuple[str, int, int]:
    """Put a release into a place: state, files put there, files that were there. Raises PublishError, ReadError."""
    if _has_manifest(place, release):
        _check_alone(place, release)
        _verify(place, release.assets, say)
        # Whoever wrote the manifest may have died before it lifted its claim.
        place.delete(CLAIM)
        return "there already", 0, len(release.assets) + 1
    claim = Asset(CLAIM, release.manifest.source.with_name(CLAIM), 0, "")
    claim.source.write_text(f"{release.manifest.sha256}\n", "utf-8")
    claimed = place.create(CLAIM, claim.source)
    if not claimed:
        _check_claim(place, release)
    elif _has_manifest(place, release, mine=True):  # it was finished, and its claim lifted, in between
        _verify(place, release.assets, say)
        return "another was first", 0, len(release.assets) + 1
    try:
        _check_alone(place, release)
    except PublishError:
        if claimed:
            place.delete(CLAIM)
        raise
    uploaded = 0
    for asset in release.assets:
        say(f"{asset.path} ({asset.bytes:,} bytes)")
        uploaded += place.create(asset.path, asset.source)
    _verify(place, release.assets, say)
    _check_alone(place, release)
    first = place.create(MANIFEST, release.manifest.source)
    _has_manifest(place, release)
    _verify(place, [release.manifest], say)
    if not first:
        return "another was first", uploaded, len(release.assets) - uploaded + 1
    place.delete(CLAIM)
    return "published", uploaded + 1, len(release.assets) - uploaded


def _has_manifest(place: Place, release: Release, *, mine: bool = False) -> bool:
    """Whether the release is complete there. Raises PublishError where its place is another's.

    `mine`: the claim there is ours, and goes if we do.
    """
    found = read_back(place, MANIFEST)
    if found is None:
        return False
    if mine:
        place.delete(CLAIM)
    if found.sha256 != release.manifest.sha256:
        stated = version_in(b"".join(place.blocks(MANIFEST))) or "another version"
        raise PublishError(
            f"{place.name} holds {stated} with another content: a published version stays as it is, "
            "so declare the next one (tamis run --dataset-version)"
        )
    return True


def _check_alone(place: Place, release: Release) -> None:
    """Raises PublishError where something stands there that the release does not have: it would count as published."""
    known = {asset.path for asset in release.assets} | {MANIFEST, CLAIM}
    if strange := place.strangers(known):
        named = ", ".join(ascii(path)[1:-1] for path in strange[:3])
        raise PublishError(
            f"{place.name} has what is no file of {release.name} {release.version}, or a link: {named}"
            f"{' …' if strange[3:] else ''}. Take it away, then publish again"
        )


def _check_claim(place: Place, release: Release) -> None:
    try:
        held = b"".join(place.blocks(CLAIM)).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return  # lifted just now: what its holder put there is found file by file
    if held != release.manifest.sha256:
        raise PublishError(
            f"another content of version {release.version} is being published to {place.name}, or was broken off: "
            f"wait for it, or delete {place.name} to start anew"
        )


def _verify(place: Place, assets: tuple[Asset, ...] | list[Asset], say: Say) -> None:
    """Read files back. Raises PublishError where one is not what it should be."""
    for asset in assets:
        say(f"reading back {asset.path}")
        found = read_back(place, asset.path)
        if found is None:
            raise PublishError(f"{asset.path} is not there after it was put to {place.name}")
        if found != (asset.bytes, asset.sha256):
            raise PublishError(
                f"{place.name} has another {asset.path} ({found.bytes:,} bytes, sha256 {found.sha256[:12]}…; "
                f"ours: {asset.bytes:,}, {asset.sha256[:12]}…): it is left as it is, and no manifest written"
            )
