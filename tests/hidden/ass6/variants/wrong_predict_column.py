"""predict returns a column instead of a row of logits."""

# expect: loses mask-invariance architectures mask-speed

# %% predict
def predict(handle, tokens):
    return handle(tokens, training=False)
