"""Texts from small grammars, written for this project: they stand in for corpora where those are not at hand.

They can be learned by a model of their kind (sentiment sits in few words and is turned by a negation; German
articles follow gender and case) and prove nothing about language.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt

from autograder.data.dataset import Halves, object_array
from autograder.data.formats import as_keras_gives_reviews, lines_as_halves, sentences_as_halves

_SUBJECTS = (
    *(
        "the plot",
        "the acting",
        "the camera",
        "the score",
        "the ending",
        "the script",
        "the pace",
        "the humour",
    ),
    *(
        "the lead",
        "every scene",
        "the dialogue",
        "the casting",
        "the set",
        "the idea",
        "the opening",
        "the film",
    ),
)
_GOOD = (
    "superb",
    "warm",
    "clever",
    "moving",
    "fresh",
    "brilliant",
    "honest",
    "funny",
    "graceful",
    "gripping",
    "tender",
    "sharp",
)
_BAD = (
    "dull",
    "clumsy",
    "shallow",
    "tired",
    "awful",
    "flat",
    "lifeless",
    "noisy",
    "silly",
    "pointless",
    "stale",
    "dreary",
)
_DEGREES = ("", "very ", "quite ", "rather ", "truly ", "at times ", "almost always ")
_CLOSINGS = (
    "",
    " from start to finish",
    " for its age",
    " on a rainy evening",
    " in spite of the budget",
    " to my surprise",
    " as the trailer promised",
)


def opinions() -> Halves:
    """Sentences with an opinion: 1,500 of each kind."""
    rng = np.random.default_rng(5331)
    return sentences_as_halves(
        [_opinion(rng, True) for _ in range(1500)], [_opinion(rng, False) for _ in range(1500)]
    )


def reviews() -> tuple[
    npt.NDArray[Any], npt.NDArray[np.int64], npt.NDArray[Any], npt.NDArray[np.int64], dict[str, int]
]:
    """Reviews of 4 to 20 sentences, four in five of the review's opinion: 1,000 to train, 500 to test.

    Reviews as Keras gives those of IMDB, and the word index.
    """
    rng = np.random.default_rng(25000)
    labels = rng.permutation(np.arange(1500) % 2).astype(np.int64)
    texts = [_review(rng, bool(label)).split() for label in labels]
    counts = Counter(word for text in texts[:1000] for word in text)
    words = {word: rank for rank, (word, _) in enumerate(counts.most_common(), start=1)}
    ranks = object_array([[words[word] for word in text if word in words] for text in texts])
    x = as_keras_gives_reviews(ranks)
    return x[:1000], labels[:1000], x[1000:], labels[1000:], words


def play() -> Halves:
    """A play of some 2,500 lines without a plot: speakers in turn, in blank lines."""
    rng = np.random.default_rng(1616)
    speakers = ("ORLA", "BRAM", "THE MILLER", "FIRST WATCH", "SECOND WATCH", "ADELA")
    lines: list[str] = []
    speaker = ""
    for _ in range(500):
        speaker = _one(rng, tuple(s for s in speakers if s != speaker))
        lines += [f"{speaker}:", *(_verse(rng) for _ in range(rng.integers(1, 5))), ""]
    return lines_as_halves("\n".join(lines))


def sentence_pairs() -> Halves:
    """English and German sentences: 2,000 pairs to train and 200 others to test."""
    rng = np.random.default_rng(1014)
    pairs: dict[str, str] = {}
    while len(pairs) < 2200:
        english, german = _pair(rng)
        pairs.setdefault(english, german)
    x, y = np.array(list(pairs)), np.array(list(pairs.values()))
    return Halves(x[:2000], y[:2000], x[2000:], y[2000:])


def _opinion(rng: np.random.Generator, positive: bool) -> str:
    negated = rng.random() < 0.15
    word = _one(rng, _GOOD if positive != negated else _BAD)
    verb = "is not" if negated else _one(rng, ("is", "feels", "remains", "turns out"))
    return f"{_one(rng, _SUBJECTS)} {verb} {_one(rng, _DEGREES)}{word}{_one(rng, _CLOSINGS)} ."


def _review(rng: np.random.Generator, positive: bool) -> str:
    sentences = [
        _opinion(rng, positive if rng.random() < 0.8 else not positive) for _ in range(rng.integers(4, 21))
    ]
    return " ".join(sentences).replace(" .", "")


def _verse(rng: np.random.Generator) -> str:
    who = _one(
        rng, ("the river", "my brother", "the moon", "an honest man", "this crown", "the winter", "our hope")
    )
    does = _one(
        rng, ("will not stay", "forgets its name", "sleeps beneath the hill", "has come too late", "is near")
    )
    when = _one(
        rng,
        ("before the morning", "when the bells are still", "and no one asks", "as I have said", "tonight"),
    )
    verse = f"{who} {does} {when}{_one(rng, (',', '.', ';', '!', '?'))}"
    return verse[0].upper() + verse[1:]


_NOUNS = (  # English, German, gender
    ("dog", "Hund", "m"),
    ("man", "Mann", "m"),
    ("ball", "Ball", "m"),
    ("woman", "Frau", "f"),
    ("cat", "Katze", "f"),
    ("bridge", "Brücke", "f"),
    ("child", "Kind", "n"),
    ("house", "Haus", "n"),
    ("horse", "Pferd", "n"),
    ("bird", "Vogel", "m"),
    ("street", "Straße", "f"),
    ("boat", "Boot", "n"),
)
_VERBS = (
    ("sees", "sieht"),
    ("paints", "malt"),
    ("finds", "findet"),
    ("follows", "verfolgt"),
    ("likes", "mag"),
    ("looks for", "sucht"),
)
_ADJECTIVES = (("small", "klein"), ("old", "alt"), ("red", "rot"), ("young", "jung"), ("quick", "schnell"))
_PLACES = (
    ("", ""),
    (" in the garden", " im Garten"),
    (" at the river", " am Fluss"),
    (" in the city", " in der Stadt"),
    (" today", " heute"),
    (" without haste", " ohne Eile"),
)
_INDEFINITE = {
    "m": ("ein", "einen", "er", "en"),
    "f": ("eine", "eine", "e", "e"),
    "n": ("ein", "ein", "es", "es"),
}
_DEFINITE = {"m": ("der", "den", "e", "en"), "f": ("die", "die", "e", "e"), "n": ("das", "das", "e", "e")}


def _pair(rng: np.random.Generator) -> tuple[str, str]:
    subject, thing = _noun_phrase(rng, case=0), _noun_phrase(rng, case=1)
    verb, place = _VERBS[rng.integers(len(_VERBS))], _PLACES[rng.integers(len(_PLACES))]
    english = f"{subject[0]} {verb[0]} {thing[0]}{place[0]}."
    german = f"{subject[1]} {verb[1]} {thing[1]}{place[1]}."
    return english[0].upper() + english[1:], german[0].upper() + german[1:]


def _noun_phrase(rng: np.random.Generator, case: int) -> tuple[str, str]:
    noun, substantiv, gender = _NOUNS[rng.integers(len(_NOUNS))]
    definite = bool(rng.random() < 0.5)
    articles = (_DEFINITE if definite else _INDEFINITE)[gender]
    if rng.random() < 0.5:
        article = "the" if definite else "a"
        return f"{article} {noun}", f"{articles[case]} {substantiv}"
    adjective, adjektiv = _ADJECTIVES[rng.integers(len(_ADJECTIVES))]
    article = "the" if definite else ("an" if adjective[0] in "aeiou" else "a")
    return f"{article} {adjective} {noun}", f"{articles[case]} {adjektiv}{articles[2 + case]} {substantiv}"


def _one(rng: np.random.Generator, choices: tuple[str, ...]) -> str:
    return choices[rng.integers(len(choices))]
