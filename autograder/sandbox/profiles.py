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

# What the libraries see while they are imported. One thread: a process with more can enter no user namespace, and
# threads do not survive a fork. No home, so that nobody's settings of Keras or matplotlib change a grade.
ENVIRONMENT = {
    "PATH": os.defpath,
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "HOME": "/nonexistent",
    "KERAS_HOME": "/dev/null/keras",
    "MPLBACKEND": INLINE,  # remembered at import, loaded in the session at the first figure
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PYTHONHASHSEED": "0",
}

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
    # torch._dynamo: the first optimiser of a process imports it, which takes as long as torch itself.
    "torch": ("torch", "torch.utils.data", "torch.nn.functional", "torch.optim", "torch._dynamo"),
    "none": (),
}


def load(profile: str) -> None:
    """Import the profile's modules into this process. Raises ImportError, and RuntimeError if a thread was
    left.
    """
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
