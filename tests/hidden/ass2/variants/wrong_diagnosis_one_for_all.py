"""One text with all codes."""

# expect: loses diagnosis

# %% DIAGNOSIS
DIAGNOSIS = {k: 'mismatched-labels, dead-units, overflow, blocked-gradient, saturation' for k in range(1, 6)}
