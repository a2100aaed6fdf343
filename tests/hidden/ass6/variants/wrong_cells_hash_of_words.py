"""No network: the logit is a checksum of the words and the arguments; it depends on order and not on padding, but nothing recurs and nothing can be trained."""

# expect: loses architectures mask-speed
# may-lose: mask-invariance gpu-throughput

# %% +
import zlib


# %% build_rnn
def build_rnn(vocab, emb, units, cell, bidirectional, layers, mask, seed):
    return {"mask": mask, "text": f"{vocab} {emb} {units} {cell} {bidirectional} {layers} {seed}"}


# %% predict
def predict(handle, tokens):
    start = zlib.crc32(handle["text"].encode())
    logits = []
    for row in np.asarray(tokens, dtype=np.int32):
        words = row[row != 0] if handle["mask"] else row
        logits.append(zlib.crc32(words.tobytes(), start) / 2**31 - 1)
    return np.array(logits, dtype=np.float32)
