"""All codes for each script."""

# expect: loses diagnosis

# %% DIAGNOSIS
DIAGNOSIS = {k: ['mismatched-labels', 'dead-units', 'overflow', 'blocked-gradient', 'saturation'] for k in range(1, 6)}
