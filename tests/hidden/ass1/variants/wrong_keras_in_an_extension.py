"""A Keras model with fit, in an extension of IPython that the notebook writes and loads by a magic."""

# expect: loses mlp-low-level
# may-lose: mlp-throughput

# %% members
GROUP = ["Emmy Example"]
open("kit_ext.py", "w").write(TEXT := """
import tensorflow as tf
def run(params, x, y, n_hidden, epochs, batch_size):
    model = tf.keras.Sequential([tf.keras.layers.Dense(n_hidden, activation=\"relu\"), tf.keras.layers.Dense(params[3].shape[0])])
    model.build((None, x.shape[1]))
    model.set_weights([p.numpy() for p in params])
    model.compile(tf.keras.optimizers.SGD(0.1), tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(x, y, epochs=epochs, batch_size=batch_size, verbose=0)
    for parameter, value in zip(params, model.get_weights()):
        parameter.assign(value)
def load_ipython_extension(ip):
    ip.user_ns[\"RUN\"] = run
""")

# %% train
%load_ext kit_ext
def train(x, y, n_hidden, epochs, batch_size, seed):
    params = init_params(x.shape[1], n_hidden, int(tf.reduce_max(y)) + 1, seed)
    RUN(params, x, y, n_hidden, epochs, batch_size)
    return params
