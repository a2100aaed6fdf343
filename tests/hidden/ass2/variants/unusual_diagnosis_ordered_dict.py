"""DIAGNOSIS is an OrderedDict, filled in another order than that of the scripts."""

# expect: full

# %% DIAGNOSIS
from collections import OrderedDict

DIAGNOSIS = OrderedDict()
DIAGNOSIS[5] = "saturation"
DIAGNOSIS[4] = "blocked-gradient"
DIAGNOSIS.update({3: "overflow", 2: "dead-units", 1: "mismatched-labels"})
