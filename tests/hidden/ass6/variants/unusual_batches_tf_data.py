"""padded_batch and bucket_by_sequence_length; the batches are tensors."""

# expect: full

# %% batches
def batches(seqs, y, batch_size, scheme="padded", boundaries=None):
    def pairs():
        for seq, label in zip(seqs, y):
            yield seq, label

    signature = (tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.int32))
    data = tf.data.Dataset.from_generator(pairs, output_signature=signature)
    longest = max(len(seq) for seq in seqs)
    if scheme == "bucket":
        if boundaries is None:
            boundaries = [50, 100, 150, 200, 250, 300, 350, 400]
        data = data.bucket_by_sequence_length(
            lambda seq, label: tf.shape(seq)[0], list(boundaries), [batch_size] * (len(boundaries) + 1)
        )
    else:
        data = data.padded_batch(batch_size, padded_shapes=([longest if scheme == "global" else None], []))
    return list(data)
