"""Scripts are counted from 0."""

# expect: loses diagnosis

# %% DIAGNOSIS
DIAGNOSIS = {0: 'mismatched-labels', 1: 'dead-units', 2: 'overflow', 3: 'blocked-gradient', 4: 'saturation'}
