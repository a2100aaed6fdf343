"""What the doctor says about the layers, and what happens where one is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sandboxing import limits, needs_full_isolation, run

from autograder.sandbox import IsolationError, SandboxSpec, WarmParent, layers, probe, shared_parent
from autograder.sandbox.names import LAYERS

REPOSITORY = Path(__file__).parents[2]


def test_every_layer_is_reported_with_its_cost() -> None:
    found = probe()
    assert {layer.name for layer in found} == {*LAYERS, "gpu devices kept out"}
    for layer in found:
        assert layer.state in {"active", "missing", "not needed"}
        assert layer.costs.endswith(".")
        assert layer.remedy or layer.state != "missing"
        assert bool(layer.reason) == (layer.state == "missing") or layer.state == "not needed"


def test_a_missing_layer_stops_full_isolation_and_is_left_out_of_weak(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    needs_full_isolation()
    warm = shared_parent("tensorflow")
    monkeypatch.setattr(warm, "_layers", {**warm.layers, "landlock": "Function not implemented"})
    with pytest.raises(
        IsolationError, match=r"landlock \(Function not implemented\).*autograder doctor.*weak"
    ):
        warm.layers_for(SandboxSpec())
    weak = SandboxSpec(limits=limits(), isolation="weak")
    assert set(LAYERS) - set(warm.layers_for(weak)) == {"landlock"}
    assert run("'weak'", spec=weak).text == "'weak'"


def test_a_kernel_without_cgroup_namespaces_still_isolates_fully(monkeypatch: pytest.MonkeyPatch) -> None:
    needs_full_isolation()
    warm = shared_parent("tensorflow")
    monkeypatch.setattr(warm, "_layers", {**warm.layers, "cgroup": "Invalid argument"})
    assert "cgroup" not in warm.layers_for(SandboxSpec())
    assert layers._layer("cgroup", "Invalid argument").state == "not needed"


def test_with_nothing_but_processes_a_notebook_still_runs_and_nothing_stays() -> None:
    """The weakest mode: every layer that a kernel may lack is switched off."""
    spec = SandboxSpec(
        limits=limits(),
        isolation="weak",
        layers_off=frozenset(LAYERS) - {"rlimits", "watchdog", "capabilities"},
    )
    ran = run(
        "import os, subprocess, numpy\n"
        "subprocess.Popen(['sleep', '9876'], start_new_session=True)\n"
        "open('file', 'w').write('x'); print(os.path.expanduser('~'))",
        "print(1 / 0)",
        spec=spec,
    )
    assert ran.error == "ZeroDivisionError: division by zero"
    assert not Path(ran.texts[0].strip()).exists()
    assert subprocess.run(["pgrep", "-f", "sleep 9876"], capture_output=True, check=False).stdout == b""


@pytest.mark.parametrize("missing", ["libseccomp", "user namespaces"])
def test_the_probe_names_what_is_missing(missing: str) -> None:
    """In a process where the library is not found, or where user namespaces are used up."""
    script = {
        "libseccomp": "import ctypes.util; ctypes.util.find_library = lambda name: None\n",
        "user namespaces": "import os\nfrom autograder.sandbox import linux\n"
        "def unshare(flags):\n    raise OSError(28, 'No space left on device')\nlinux.unshare = unshare\n",
    }[missing]
    script += "from autograder.sandbox.namespaces import try_layers\n"
    script += "print(sorted(name for name, reason in try_layers().items() if reason))"
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout
    if missing == "libseccomp":
        assert "'seccomp'" in answer
    else:
        assert all(f"'{name}'" in answer for name in ("user", "mount", "pid", "net"))


def test_the_remedy_fits_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"kernel/apparmor_restrict_unprivileged_userns": "1"}
    monkeypatch.setattr(layers, "_setting", lambda name: settings.get(name, ""))
    monkeypatch.setattr(Path, "exists", lambda self: False)
    assert layers._allow_namespaces() == "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"


def test_a_warm_parent_reports_its_layers() -> None:
    with WarmParent("none") as warm:
        assert warm.layers.keys() == set(LAYERS)
