"""Runs the `run:` steps of a workflow or composite action as GitHub's runner would; `uses:` of others are noted.

It knows what our files use of the syntax (docs.github.com, Workflow syntax and Metadata syntax) and refuses the rest.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail")
_STEP_KEYS = {"name", "id", "if", "uses", "with", "run", "shell", "env"}


def read_yaml(path: Path) -> Any:
    """The content of a YAML file, as plain data."""
    return YAML(typ="safe").load(path.read_text("utf-8"))


def environment(folder: Path) -> dict[str, str]:
    """What a step finds in its environment, and of it only what a test may depend on."""
    folder.mkdir(exist_ok=True)
    for name in ("output", "summary"):
        (folder / name).touch()
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "GITHUB_ACTIONS": "true",
        "CI": "true",
        "RUNNER_TEMP": str(folder),
        "GITHUB_WORKSPACE": str(folder),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        "GITHUB_OUTPUT": str(folder / "output"),
        "NO_COLOR": "1",
    }


@dataclass
class Job:
    """What became of the steps."""

    env: dict[str, str]
    cwd: Path
    ran: list[str] = field(default_factory=list)
    """Names of the steps that ran, in their order; `uses: …` for those of others."""
    used: dict[str, dict[str, str]] = field(default_factory=dict)
    """What `uses:` of others were given."""
    out: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    """Outputs of the last composite action."""
    failed: bool = False

    def run_steps(self, steps: list[Mapping[str, Any]], inputs: Mapping[str, str], action: Path | None = None) -> None:
        """One after another; after one that fails only those that `always()` run."""
        contexts: dict[str, str] = {f"inputs.{key}": value for key, value in inputs.items()}
        for step in steps:
            assert step.keys() <= _STEP_KEYS, step
            if not self._wanted(str(step.get("if", "")), contexts):
                continue
            name = str(step.get("name") or f"uses: {step.get('uses')}")
            if "uses" in step:
                self._use(step["uses"], {k: fill(str(v), contexts) for k, v in step.get("with", {}).items()}, name)
                continue
            self.ran.append(name)
            assert "${{" not in step["run"], f"{name}: an expression in a script is executed, whatever it says"
            assert action is None or step.get("shell") == "bash", f"{name}: a composite action names its shell"
            env = self.env | {key: fill(value, contexts) for key, value in step.get("env", {}).items()}
            if action:
                env["GITHUB_ACTION_PATH"] = str(action)
            output = Path(self.env["GITHUB_OUTPUT"])
            output.write_text("")
            script = output.with_name("script.sh")
            script.write_text(step["run"])
            done = subprocess.run(
                [*BASH, str(script)], env=env, cwd=self.cwd, capture_output=True, text=True, timeout=300
            )
            self.out += done.stdout + done.stderr
            self.failed |= done.returncode != 0
            for line in output.read_text().splitlines():
                key, _, value = line.partition("=")
                contexts[f"steps.{step.get('id')}.outputs.{key}"] = value
        self.contexts = contexts

    def _wanted(self, condition: str, contexts: Mapping[str, str]) -> bool:
        expression = condition.removeprefix("${{").removesuffix("}}").strip()
        terms = [term.strip() for term in expression.split("&&")] if expression else []
        always = "always()" in terms
        for term in terms:
            if term != "always()":
                match = re.fullmatch(r"([\w.-]+) (==|!=) '([^']*)'", term)
                assert match, f"this runner does not know {term!r}"
                if (contexts.get(match[1], "") == match[3]) != (match[2] == "=="):
                    return False
        return always or not self.failed

    def _use(self, uses: str, given: dict[str, str], name: str) -> None:
        if "/.github/actions/check" not in uses:
            assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", uses), uses
            self.ran.append(f"uses: {uses}")
            self.used[uses] = given
            return
        self.ran.append(name)
        folder = ROOT / ".github/actions/check"
        action = read_yaml(folder / "action.yml")
        assert given.keys() <= action["inputs"].keys(), given
        inputs = {key: given.get(key, str(one.get("default", ""))) for key, one in action["inputs"].items()}
        assert all(inputs[key] for key, one in action["inputs"].items() if one.get("required"))
        self.run_steps(action["runs"]["steps"], inputs, folder)
        self.outputs = {key: fill(one["value"], self.contexts) for key, one in action["outputs"].items()}


def fill(text: str, contexts: Mapping[str, str]) -> str:
    """A value with its expressions filled in; what is not known is empty, as with GitHub."""
    return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda hit: contexts.get(hit[1], ""), text)
