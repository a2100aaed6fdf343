"""What a warm parent imports before it forks. Import only: no operation is run, so no thread and no state is
shared.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import threading

INLINE = "module://matplotlib_inline.backend_inline"

# What ipykernel and IPython would otherwise import while a kernel starts or runs its first cell.
_KERNEL = (
    "autograder.sandbox.kernel", "ipykernel.ipkernel", "ipykernel.zmqshell", "ipykernel.iostream",
    "ipykernel.displayhook", "IPython.core.completer", "IPython.core.magics",
    "IPython.extensions.storemagic", "IPython.core.pylabtools", "pdb", "IPython.core.debugger", "pexpect",
    "autograder.remote.server", "autograder.data.inside",
)  # fmt: skip
_NUMERIC = (
    "numpy", "numpy.random", "numpy.linalg", "numpy.fft", "matplotlib", "matplotlib.pyplot",
    "matplotlib.backends.backend_agg", "multiprocessing", "multiprocessing.pool", "tempfile", "timeit",
    "gzip", "pickle", "csv", "json", "urllib.request",
)  # fmt: skip
_OPTIONAL = ("pandas", "sklearn", "scipy.stats", "PIL.Image", "tqdm.auto")
_PROFILES = {
    "tensorflow": ("tensorflow", "keras"),
    "torch": ("torch", "torch.utils.data", "torch.nn.functional", "torch.optim"),
    "none": (),
}


def load(profile: str) -> None:
    """Import the profile's modules into this process. Raises ImportError, and RuntimeError if a thread was
    left.
    """
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["MPLBACKEND"] = INLINE  # remembered at import, loaded in the session at the first figure
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    if profile == "none":
        return
    _import_without_debugger()
    for module in (*_NUMERIC, *_PROFILES[profile], *_KERNEL):
        importlib.import_module(module)
    for module in _OPTIONAL:
        if importlib.util.find_spec(module.partition(".")[0]):
            importlib.import_module(module)
    if threading.active_count() > 1:
        raise RuntimeError(f"importing {profile} left threads: {threading.enumerate()}")


def _import_without_debugger() -> None:
    """ipykernel offers a debugger where debugpy is installed: a graded kernel has no use for one."""
    sys.modules["debugpy"] = None  # type: ignore[assignment]
    try:
        importlib.import_module("ipykernel.debugger")
    finally:
        del sys.modules["debugpy"]
