"""To the Hugging Face hub: one commit for the version, and a tag for it once it has been read back."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.errors import CallError
from pipelines.publishing.release import Asset, PublishError, Release, version_in
from pipelines.store import MANIFEST, sha256_of

# Files of a repository that are the hub's, or its users'.
_KEPT = (".gitattributes", ".gitignore")


class Repository(NamedTuple):
    """A dataset repository, made if it was not there."""

    id: str
    api: Any
    public: bool

    @property
    def address(self) -> str:
        """As the clients have it, such as `hf://datasets/org/name`."""
        return f"hf://datasets/{self.id}"


def find_repository(address: str, *, public: bool) -> Repository:
    """The repository of `hf://datasets/org/name`; a new one is private unless `public`.

    The token is the one that huggingface_hub finds. Raises CallError without the extra `hub`.
    """
    try:
        from huggingface_hub import HfApi
        from huggingface_hub.errors import RepositoryNotFoundError
        from huggingface_hub.utils.tqdm import disable_progress_bars
    except ImportError as error:
        raise CallError("hf:// needs more than is installed: pip install 'tamis[hub]'") from error
    disable_progress_bars()
    api: Any = HfApi(library_name="tamis")
    name = address.removeprefix("hf://datasets/")
    try:
        info = api.repo_info(name, repo_type="dataset")
    except RepositoryNotFoundError:
        api.create_repo(name, repo_type="dataset", private=not public, exist_ok=True)
        info = api.repo_info(name, repo_type="dataset")
    if public and info.private:
        raise PublishError(f"{address} is private: make it public on the hub, or leave --public out")
    return Repository(name, api, not info.private)


def push_to_hub(
    repository: Repository, release: Release, scratch: Path, say: Callable[[str], None]
) -> tuple[str, str, int, int]:
    """Publish a release: state, address, files put there, files that were there.

    Large files that an interrupted publishing has uploaded are not sent again: the hub knows them by their sha256.
    The commit names its parent, so of two at once one is first. Raises PublishError.
    """
    api, where = repository.api, f"{repository.address}@{release.tag}"
    tags = {ref.name: ref.target_commit for ref in api.list_repo_refs(repository.id, repo_type="dataset").tags}
    everything = (*release.assets, release.manifest)
    if release.tag in tags:
        _check_version(_manifest_at(repository, release.tag, scratch), release, where)
        _verify(repository, tags[release.tag], everything, scratch, say)
        return "there already", where, 0, len(everything)
    head = api.repo_info(repository.id, repo_type="dataset", revision="main").sha
    standing = _manifest_at(repository, head, scratch)
    commit, uploaded, state = head, 0, "published"
    if standing is None or version_in(standing) != release.version:
        commit, uploaded = _commit(repository, release, head, say)
    else:
        # The commit is there and its tag is not: a publishing was interrupted, or is at its last step now.
        _check_version(standing, release, where)
    _verify(repository, commit, everything, scratch, say)
    if not _tag(repository, release, commit):
        _check_version(_manifest_at(repository, release.tag, scratch), release, where)
        state = "another was first"
    return state, where, uploaded, len(everything) - uploaded


def _commit(repository: Repository, release: Release, head: str, say: Callable[[str], None]) -> tuple[str, int]:
    """One commit with all files of the release and none but them; returns it and how many files changed."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete
    from huggingface_hub.errors import HfHubHTTPError

    api = repository.api
    everything = (*release.assets, release.manifest)
    there = set(api.list_repo_files(repository.id, repo_type="dataset", revision=head))
    stale = sorted(there - {asset.path for asset in everything} - set(_KEPT))
    operations: list[Any] = [CommitOperationAdd(asset.path, str(asset.source)) for asset in everything]
    operations += [CommitOperationDelete(path) for path in stale]
    say(f"uploading {len(everything)} files, {sum(asset.bytes for asset in everything):,} bytes")
    try:
        commit = api.create_commit(
            repository.id,
            operations,
            commit_message=f"{release.name} {release.version}",
            repo_type="dataset",
            parent_commit=head,
        )
    except HfHubHTTPError as error:
        if error.response is not None and error.response.status_code in (409, 412):
            raise PublishError(
                f"another publishing to {repository.address} was first: nothing of this one is there. "
                "Run it again to see what stands"
            ) from error
        raise
    return str(commit.oid), len(everything)


def _tag(repository: Repository, release: Release, commit: str) -> bool:
    """Tag the commit; False where somebody else has just done so."""
    from huggingface_hub.errors import HfHubHTTPError

    try:
        repository.api.create_tag(
            repository.id,
            tag=release.tag,
            revision=commit,
            repo_type="dataset",
            tag_message=f"Version {release.version}",
        )
    except HfHubHTTPError as error:
        if error.response is not None and error.response.status_code == 409:
            return False
        raise
    return True


def _check_version(found: bytes | None, release: Release, where: str) -> None:
    if found != release.manifest.source.read_bytes():
        raise PublishError(
            f"{where} holds another content: a published version stays as it is, so declare the next one "
            "(tamis run --dataset-version)"
        )


def _manifest_at(repository: Repository, revision: str, scratch: Path) -> bytes | None:
    """manifest.json as a revision has it; None: it has none."""
    from huggingface_hub.errors import EntryNotFoundError

    try:
        path = _download(repository, revision, MANIFEST, scratch)
    except EntryNotFoundError:
        return None
    content = path.read_bytes()
    _forget(path)
    return content


def _download(repository: Repository, revision: str, path: str, scratch: Path) -> Path:
    found = repository.api.hf_hub_download(
        repository.id, path, repo_type="dataset", revision=revision, cache_dir=scratch / "hub", force_download=True
    )
    return Path(found)


def _forget(path: Path) -> None:
    """Delete a download, the file that the client's cache links to included."""
    Path(os.path.realpath(path)).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def _verify(
    repository: Repository, revision: str, assets: tuple[Asset, ...], scratch: Path, say: Callable[[str], None]
) -> None:
    """Read all files of a revision back, one at a time. Raises PublishError where one is not what it should be."""
    for asset in assets:
        say(f"reading back {asset.path}")
        path = _download(repository, revision, asset.path, scratch)
        if (path.stat().st_size, sha256_of(path)) != (asset.bytes, asset.sha256):
            raise PublishError(f"{repository.address} has another {asset.path} than was sent to it; it got no tag")
        _forget(path)
