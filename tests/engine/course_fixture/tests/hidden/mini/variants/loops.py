"""Loops and a helper in a cell of its own."""


# expect: full
# %% standardise
def standardise(x):
    return np.stack([scaled(column) for column in x.T], axis=1)


# %% +
def scaled(column):
    spread = column.std()
    return (column - column.mean()) / spread if spread else np.zeros_like(column)


# %% moving_average
def moving_average(x, width):
    return np.array([np.mean(x[i : i + width]) for i in range(len(x) - width + 1)])
