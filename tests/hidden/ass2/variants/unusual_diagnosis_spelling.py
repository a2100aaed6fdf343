"""Other spellings of the same codes, and a dictionary made by code."""

# expect: full

# %% DIAGNOSIS
DIAGNOSIS = dict(zip(range(1, 6), ["Mismatched-Labels", "dead units", " overflow ", "blocked_gradient", "SATURATION"]))
