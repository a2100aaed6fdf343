"""Says 1 for every graph step: also before the first call, and when batches of several shapes were traced."""

# expect: loses tracing

# %% traces
def traces(step):
    return 1 if hasattr(step, "experimental_get_tracing_count") else 0
