"""Reports 1 for eager steps too."""

# expect: loses tracing

# %% traces
def traces(step):
    return 1
