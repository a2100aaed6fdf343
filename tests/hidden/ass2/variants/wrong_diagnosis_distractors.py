"""Plausible, and wrong."""

# expect: loses diagnosis

# %% DIAGNOSIS
DIAGNOSIS = {1: "sorted-data", 2: "constant-weights", 3: "learning-rate", 4: "relu-on-logits", 5: "vanishing-gradient"}
