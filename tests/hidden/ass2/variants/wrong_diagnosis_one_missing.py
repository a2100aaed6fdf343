"""Script 5 has no diagnosis."""

# expect: loses diagnosis

# %% DIAGNOSIS
DIAGNOSIS = {1: 'mismatched-labels', 2: 'dead-units', 3: 'overflow', 4: 'blocked-gradient'}
