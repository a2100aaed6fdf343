"""Nothing is repaired: the scripts are handed in as they were."""

# expect: loses fix-1 fix-2 fix-3 fix-4 fix-5

# %% fix_1
fix_1 = script_1

# %% fix_2
fix_2 = script_2

# %% fix_3
fix_3 = script_3

# %% fix_4
fix_4 = script_4

# %% fix_5
fix_5 = script_5
