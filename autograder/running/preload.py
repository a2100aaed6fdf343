"""What the fork server imports before it forks the pool's graders. For the fork server only: importing sets variables.

One thread for each grader's own arithmetic: there is a grader for every core, and the libraries read these variables
once, when they are loaded.
"""

from __future__ import annotations

import gc
import os
import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's to handle, also while this imports
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

gc.disable()
# What pictures and intervals need: a second and a half in every grader's first grading.
import matplotlib.backends.backend_agg  # noqa: E402
import matplotlib.figure  # noqa: E402, F401
import scipy.ndimage  # noqa: E402
import scipy.stats  # noqa: E402, F401

import autograder.grading.engine  # noqa: E402, F401

gc.freeze()  # graders share it as it is
gc.enable()
