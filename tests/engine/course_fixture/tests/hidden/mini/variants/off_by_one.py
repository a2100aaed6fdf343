"""The last window is forgotten."""


# expect: loses average-values
# %% moving_average
def moving_average(x, width):
    return np.array([x[i : i + width].mean() for i in range(len(x) - width)])
