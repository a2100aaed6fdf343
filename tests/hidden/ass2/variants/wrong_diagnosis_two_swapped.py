"""Two diagnoses are swapped."""

# expect: loses diagnosis

# %% DIAGNOSIS
DIAGNOSIS = {1: 'mismatched-labels', 2: 'blocked-gradient', 3: 'overflow', 4: 'dead-units', 5: 'saturation'}
