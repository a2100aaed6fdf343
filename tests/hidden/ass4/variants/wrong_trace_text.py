"""Reports a text."""

# expect: loses tracing

# %% traces
def traces(step):
    return "once" if hasattr(step, "experimental_get_tracing_count") else "never"
