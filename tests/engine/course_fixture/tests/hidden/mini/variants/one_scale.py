"""One mean and one standard deviation for the whole table."""


# expect: loses standardise-values
# %% standardise
def standardise(x):
    return (x - x.mean()) / x.std()
