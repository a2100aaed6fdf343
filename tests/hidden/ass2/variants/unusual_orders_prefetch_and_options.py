"""map, prefetch, options and a cache in front of everything change no stream."""

# expect: full

# %% ordered
def ordered(order, n, buffer, batch, epochs):
    options = tf.data.Options()
    options.deterministic = True
    options.threading.private_threadpool_size = 1
    data = tf.data.Dataset.range(n).cache()
    for letter in order:
        steps = {"S": lambda: data.shuffle(buffer), "B": lambda: data.batch(batch), "R": lambda: data.repeat(epochs)}
        data = steps[letter]().map(lambda v: v + 0, num_parallel_calls=2).prefetch(tf.data.AUTOTUNE)
    return data.with_options(options)
