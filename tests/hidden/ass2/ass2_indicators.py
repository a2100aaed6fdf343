"""What shows the illness of each script, from weights and hidden units: one number a script.

1 accuracy on unseen images; 2 share of hidden units that give the same value for every input; 3 the largest logit in
size (infinite if one is not finite); 4 how far W1 moved, relative to where it began; 5 share of hidden activations at
the flat ends of a bounded activation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autograder.checks import training_health

Array = np.ndarray


@dataclass(frozen=True)
class State:
    """A network as a script gives it back, asked about some images.

    weights: [W1, b1, W2, b2];  hidden: float [m, 128];  guess: int64 [m];  truth: int [m]
    """

    weights: list[Array]
    hidden: Array
    guess: Array
    truth: Array

    @property
    def logits(self) -> Array:
        """float64 [m, 10]: what the second layer makes of the hidden units."""
        _, _, w2, b2 = self.weights
        with np.errstate(all="ignore"):
            return np.asarray(self.hidden.astype(np.float64) @ w2.astype(np.float64) + b2)

    @property
    def accuracy(self) -> float:
        return float(np.mean(self.guess == self.truth))


TITLES = {
    1: "accuracy on unseen images",
    2: "share of dead hidden units",
    3: "largest logit",
    4: "relative change of W1",
    5: "share of saturated activations",
}


def indicator(script: int, state: State, start: list[Array]) -> float:
    """The number of `TITLES[script]` for a network whose weights were `start` before training."""
    match script:
        case 1:
            return state.accuracy
        case 2:
            return dead(state.hidden).share
        case 3:
            with np.errstate(all="ignore"):
                largest = float(np.max(np.abs(state.logits)))
            return largest if np.isfinite(largest) else float("inf")
        case 4:
            return training_health.movement(start[:1], state.weights[:1], ("W1",)).moved[0]
        case _:
            return training_health.saturation(state.hidden).share


def dead(hidden: Array) -> training_health.Units:
    """Hidden units that never change: a dead unit that gives something else than 0 is dead all the same."""
    return training_health.dead_units(hidden - hidden[:1])
