import itertools

import numpy as np
import pytest
from matplotlib.figure import Figure
from ordering_simulation import batched, pipeline, shuffled

from autograder.checks.ordering import ORDERS, identify, spelled
from autograder.checks.ordering_buffer import clean_by_chance, estimate_buffer
from autograder.checks.ordering_picture import strip
from autograder.checks.ordering_stream import StreamError, from_padded

N, BATCH, EPOCHS = 103, 8, 4


@pytest.fixture
def rng():
    return np.random.default_rng(20)


def made(order, rng, buffer=40, n=N, batch=BATCH, epochs=EPOCHS, **options):
    return pipeline(order, n, batch, epochs, buffer, rng, **options)


def test_the_simulation_is_what_it_says(rng):
    assert sorted(itertools.chain(*made("SRB", rng))) == sorted(list(range(N)) * EPOCHS)
    assert made("BSR", rng, buffer=1) == batched(list(range(N)), BATCH) * EPOCHS
    assert len(made("RBS", rng)) == 52
    assert len(made("SBR", rng, drop=True)) == 48


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("buffer", [5, 10, 60, N, 1000])
@pytest.mark.parametrize("drop", [False, True])
def test_all_orders_and_buffers(order, buffer, drop, rng):
    for _ in range(4):
        found = identify(made(order, rng, buffer, drop=drop), N, BATCH, EPOCHS)
        assert found.order == order, found.sentence
        assert found.certain
        assert found.shuffled
        assert found.problems == ()
        assert found.epochs == EPOCHS
        assert found.dropped is drop
        assert found.match(order).ok
        assert not any(found.match(other).ok for other in ORDERS if other != order)
        assert found.buffer is not None
        assert found.buffer.low <= buffer


@pytest.mark.parametrize("order", ORDERS)
def test_a_batch_size_that_divides_the_data(order, rng):
    same = {"SBR": ("SBR", "SRB"), "SRB": ("SBR", "SRB"), "BRS": ("BRS", "RBS"), "RBS": ("BRS", "RBS")}
    for drop in (False, True):
        found = identify(made(order, rng, n=104, drop=drop), 104, BATCH, EPOCHS)
        assert found.certain
        assert found.orders == same.get(order, (order,))
        assert found.match(order).ok


@pytest.mark.parametrize("order", ORDERS)
def test_without_a_shuffle(order, rng):
    found = identify(made(order, rng, buffer=1), N, BATCH, EPOCHS)
    assert found.shuffled is False
    assert not found.match(order).ok
    assert "nothing is shuffled" in found.match(order).sentence


@pytest.mark.parametrize("order", ["SBR", "SRB", "BSR"])
def test_a_shuffle_that_is_not_renewed(order, rng):
    found = identify(made(order, rng, reshuffle=False), N, BATCH, EPOCHS)
    assert found.order == order
    assert found.reshuffled is False
    assert "not renewed" in found.match(order).sentence
    assert identify(made(order, rng), N, BATCH, EPOCHS).reshuffled is True


def test_one_epoch_cannot_tell_and_says_what_would(rng):
    found = identify(made("SRB", rng, epochs=1), N, BATCH, 1)
    assert not found.certain
    assert found.order is None
    assert set(found.orders) == {"SBR", "SRB", "RSB"}
    assert found.needed is not None
    assert found.needed >= 2 * N
    assert f"{found.needed} elements" in found.sentence


def test_few_batches_may_look_clean_by_chance(rng):
    found = identify(made("BSR", rng, n=23, batch=5, epochs=3, buffer=100), 23, 5, 3)
    assert not found.certain
    assert set(found.orders) == {"BSR", "BRS"}
    assert found.needed is not None
    assert 4 * 23 <= found.needed <= 6 * 23
    assert identify(made("BSR", rng, n=23, batch=5, epochs=4, buffer=100), 23, 5, 4).order == "BSR"


def test_a_buffer_of_two_needs_many_epochs(rng):
    found = identify(made("SRB", rng, buffer=2, epochs=3), N, BATCH, 3)
    assert set(found.orders) == {"SRB", "RSB"}
    assert not found.certain
    assert identify(made("SRB", rng, buffer=2, epochs=10), N, BATCH, 10).order == "SRB"


def test_evidence_in_words(rng):
    assert "straddles the border of two epochs" in identify(made("SRB", rng), N, BATCH, EPOCHS).sentence
    assert "one short batch in each of 4 epochs" in identify(made("SBR", rng), N, BATCH, EPOCHS).sentence
    fixed = identify(made("BSR", rng), N, BATCH, EPOCHS).sentence
    assert "same batches come back in every epoch, in changing order" in fixed
    assert "for the second time" in identify(made("RSB", rng), N, BATCH, EPOCHS).sentence
    assert "Batches of different epochs are mixed" in identify(made("BRS", rng), N, BATCH, EPOCHS).sentence
    dropped = identify(made("BSR", rng, drop=True), N, BATCH, EPOCHS)
    assert "7 elements never come at all" in dropped.sentence
    assert dropped.missing == ()


@pytest.mark.parametrize("order", ["SBR", "SRB", "RSB"])
@pytest.mark.parametrize("buffer", [2, 16, 50])
def test_the_buffer_is_measured(order, buffer, rng):
    found = identify(made(order, rng, buffer, epochs=6), N, BATCH, 6).buffer
    assert found is not None
    assert found.low >= buffer - 1
    assert found.holds(buffer, N)
    assert not found.holds(buffer // 2, N)
    if found.high is not None:
        assert not found.holds(2 * buffer + 8, N)


def test_a_whole_buffer_is_recognised(rng):
    found = identify(made("SBR", rng, buffer=500), N, BATCH, EPOCHS).buffer
    assert found is not None
    assert found.high is None
    assert found.holds(500, N)
    assert not found.holds(30, N)


@pytest.mark.parametrize(
    "view",
    [
        lambda v: np.float32(0.5 * v + 3),
        lambda v: str(v),
        lambda v: str(v).encode(),
        lambda v: N - 1 - v,
        lambda v: np.uint8(v),
        lambda v: np.array([v]),
    ],
)
def test_mapped_and_cast_elements(view, rng):
    for order in ORDERS:
        stream = [np.array([view(v) for v in b]) for b in made(order, rng)]
        assert identify(stream, N, BATCH, EPOCHS).order == order


@pytest.mark.parametrize("order", ORDERS)
def test_a_source_that_was_interleaved(order, rng):
    source = np.arange(104).reshape(4, 26).T.ravel().tolist()
    source.remove(103)
    for buffer in (10, 60):
        assert identify(made(order, rng, buffer, source=source), N, BATCH, EPOCHS).order == order
    assert identify(made(order, rng, 10, source=source), N, BATCH, EPOCHS, source=source).order == order
    assert identify(made(order, rng, 1, source=source), N, BATCH, EPOCHS).shuffled is False


def swapped(items, rng, rate=0.05):
    items = list(items)
    for place in range(0, len(items) - 1, 2):
        if rng.random() < rate:
            items[place], items[place + 1] = items[place + 1], items[place]
    return items


@pytest.mark.parametrize("order", ORDERS)
def test_parallel_maps_may_disturb_the_order_a_little(order, rng):
    def run(steps, items):
        for step in steps:
            items = swapped(items, rng)
            items = shuffled(items, 40, rng) if step == "S" else batched(items, BATCH)
        return items

    before, after = order.split("R")
    right = 0
    for _ in range(10):
        repeated = [item for _ in range(EPOCHS) for item in run(before, list(range(N)))]
        right += identify(run(after, repeated), N, BATCH, EPOCHS).order == order
    assert right >= 9


def test_generators_written_by_hand(rng):
    shuffled_epochs = [list(rng.permutation(N)) for _ in range(EPOCHS)]
    assert identify([b for e in shuffled_epochs for b in batched(e, BATCH)], N, BATCH, EPOCHS).order == "SBR"
    assert identify(batched(list(itertools.chain(*shuffled_epochs)), BATCH), N, BATCH, EPOCHS).order == "SRB"
    fixed = batched(list(rng.permutation(N)), BATCH)
    again = [fixed[i] for _ in range(EPOCHS) for i in rng.permutation(len(fixed))]
    assert identify(again, N, BATCH, EPOCHS).order == "BSR"
    everything = list(rng.permutation(np.tile(np.arange(N), EPOCHS)))
    assert identify(batched(everything, BATCH), N, BATCH, EPOCHS).order == "RSB"
    twice = [b for e in shuffled_epochs for b in shuffled(batched(e, BATCH), 13, rng)]
    assert identify(twice, N, BATCH, EPOCHS).order == "SBR"


def test_what_is_none_of_the_six(rng):
    drawn = batched(list(rng.integers(0, N, N * EPOCHS)), BATCH)
    found = identify(drawn, N, BATCH, EPOCHS)
    assert found.orders == ()
    assert "fits none" in found.sentence
    assert "with replacement" in found.sentence
    mixed = shuffled([b for _ in range(4) for b in batched(list(rng.permutation(N)), BATCH)], 13, rng)
    assert identify(mixed, N, BATCH, EPOCHS).orders == ()
    assert not found.match("SBR").ok


def test_batches_that_are_fixed_and_shuffled_inside_are_none_of_the_six(rng):
    fixed = batched(list(range(N)), BATCH)
    in_new_order = [
        shuffled(fixed[i], BATCH, rng) for _ in range(EPOCHS) for i in rng.permutation(len(fixed))
    ]
    in_old_order = [shuffled(batch, BATCH, rng) for batch in fixed * EPOCHS]
    for stream in (in_new_order, in_old_order):
        assert identify(stream, N, BATCH, EPOCHS).orders == ()
        assert "in every epoch" in identify(stream, N, BATCH, EPOCHS).sentence


@pytest.mark.parametrize(("n", "batch", "epochs"), [(9, 4, 3), (6, 2, 4), (11, 8, 5), (5, 5, 4), (12, 3, 2)])
@pytest.mark.parametrize("drop", [False, True])
def test_streams_too_short_to_tell_are_not_named_wrongly(n, batch, epochs, drop, rng):
    wrong = chances = 0
    for order, buffer in itertools.product(ORDERS, (2, n, 100)):
        for _ in range(15):
            found = identify(made(order, rng, buffer, n, batch, epochs, drop=drop), n, batch, epochs)
            wrong += order not in found.orders
            if found.buffer is not None and found.shuffled and order in found.orders and found.certain:
                assert found.buffer.low <= buffer
            chances += 1
    assert wrong <= 0.02 * chances


def test_few_batches_may_keep_their_order_by_chance():
    three = [[5, 6, 7, 8, 9], [0, 1, 2, 3, 4], [10]]
    found = identify(three * 2, 11, 5, 2)
    assert found.reshuffled is None
    assert "may be chance" in found.sentence
    found = identify(three * 8, 11, 5, 8)
    assert found.order == "BSR"
    assert found.reshuffled is False


def test_an_endless_repeat_that_ends_a_little_late(rng):
    late = made("SRB", rng, epochs=5)[:52]  # 416 elements, 4 more than four epochs
    found = identify(late, N, BATCH, EPOCHS)
    assert found.order == "SRB"
    assert found.problems == (
        f"4 elements ({', '.join(map(str, found.repeated))}) come more often than others.",
    )
    assert not found.match("SRB").ok


@pytest.mark.parametrize("order", ORDERS)
def test_missing_elements_wrong_epochs_and_wrong_batches_are_reported(order, rng):
    some = [v for v in range(N) if v not in (5, 50, 77)]
    found = identify(made(order, rng, source=some), N, BATCH, EPOCHS)
    assert found.orders == (order,)
    assert found.missing == (5, 50, 77)
    assert not found.match(order).ok
    found = identify(made(order, rng, epochs=3), N, BATCH, EPOCHS)
    assert found.orders == (order,)
    assert found.epochs == 3
    assert "3 epochs" in found.match(order).sentence
    found = identify(made(order, rng, batch=16), N, BATCH, EPOCHS)
    assert found.orders == (order,)
    assert "16 elements" in found.match(order).sentence


@pytest.mark.parametrize("order", ["SBR", "SRB", "BSR", "BRS", "RSB"])
def test_repeated_elements_are_reported(order, rng):
    found = identify(made(order, rng, source=[*range(N), 0, 1, 2]), N, BATCH, EPOCHS)
    assert found.orders == (order,)
    assert found.repeated == (0, 1, 2)
    assert not found.match(order).ok


@pytest.mark.parametrize("order", ORDERS)
def test_a_stream_that_was_cut_off(order, rng):
    found = identify(made(order, rng, epochs=7)[:50], N, BATCH, complete=False)
    assert found.order == order, found.sentence
    short = identify(made(order, rng, epochs=7)[:6], N, BATCH, complete=False)
    assert order in short.orders or not short.certain


def test_single_elements_are_batches_of_one(rng):
    found = identify(list(itertools.chain(*made("SRB", rng))), N, 1, EPOCHS)
    assert set(found.orders) == {"SBR", "SRB", "BSR"}
    assert found.certain


@pytest.mark.parametrize(
    "batches",
    [
        [],
        [[]],
        [np.zeros((3, 4))],
        [["a", "b"]],
        [[np.nan]],
        [[1000, 5]],
        [[None, {}]],
        [[[1], [2, 3]]],
        [np.array([1e300, 1, 2])],
        [np.array([1 + 2j])],
        ["17", "18"],
        [-5, 10**12],
        [object()],
    ],
)
def test_whatever_a_stream_is_there_is_an_answer(batches):
    found = identify(batches, N, BATCH, EPOCHS)
    assert not found.certain
    assert not any(found.match(order).ok for order in ORDERS)
    assert found.sentence


def test_padded_streams():
    rows = from_padded(np.array([[1, 2, 0], [3, 0, 0]]), np.array([2, 1]))
    assert [row.tolist() for row in rows] == [[1, 2], [3]]
    with pytest.raises(StreamError):
        from_padded(np.zeros((2, 3)), np.array([4, 1]))
    with pytest.raises(StreamError):
        from_padded(np.zeros(3), np.array([1]))


def test_formulas_of_the_buffer_agree_with_simulation(rng):
    runs = 600
    clean = 0
    for _ in range(runs):
        stream = shuffled(list(range(12)) * 2, 3, rng)
        clean += sorted(stream[:12]) == list(range(12))
    low = estimate_buffer([np.array(shuffled(list(range(12)), 3, rng)) for _ in range(9)], 12, "elements")
    assert low.low == 3
    assert clean / runs == pytest.approx(clean_by_chance(low, 12, 2), abs=0.05)
    covered = 0
    for _ in range(200):
        epochs = [np.array(shuffled(list(range(60)), 25, rng)) for _ in range(2)]
        covered += estimate_buffer(epochs, 60, "elements").holds(25, 60)
    assert covered >= 190


def test_the_picture(rng):
    assert isinstance(strip(made("SRB", rng), N, "your stream"), Figure)
    assert isinstance(strip([[0]], 1), Figure)
    with pytest.raises(StreamError):
        strip([], N)


def test_spelled():
    assert spelled("SRB") == "shuffle, repeat, batch"


def test_real_pipelines():
    tf = pytest.importorskip("tensorflow")
    dataset = tf.data.Dataset

    def build(order, *, source=lambda d: d, between=lambda d: d, last=lambda d: d, drop=False):
        data = source(dataset.range(N))
        steps = {
            "S": lambda d: d.shuffle(40),
            "B": lambda d: d.batch(BATCH, drop_remainder=drop),
            "R": lambda d: d.repeat(EPOCHS),
        }
        for step in order:
            data = between(steps[step](data))
        return [np.asarray(b) for b in last(data).as_numpy_iterator()]

    def cast(data):
        return data.map(lambda v: tf.cast(v, tf.float32) * 2)

    def parallel(data):
        return data.map(lambda v: v + 0, num_parallel_calls=4)

    def shards(data):
        return dataset.range(4).interleave(lambda k: dataset.range(26 * k, tf.minimum(26 * k + 26, N)), 4)

    options = tf.data.Options()
    options.deterministic = False
    variations = [
        {},
        {"drop": True},
        {"source": cast, "last": lambda d: d.prefetch(2)},
        {"source": lambda d: d.cache(), "between": parallel},
        {"between": lambda d: d.interleave(dataset.from_tensors, 3, num_parallel_calls=2)},
        {"source": shards},
        {"between": parallel, "last": lambda d: d.with_options(options)},
    ]
    for variation in variations:
        for order in ORDERS:
            assert identify(build(order, **variation), N, BATCH, EPOCHS).order == order, (variation, order)
    again = dataset.range(N).shuffle(40).cache().batch(BATCH).repeat(EPOCHS)
    assert identify(again.as_numpy_iterator(), N, BATCH, EPOCHS).reshuffled is False
    seeded = dataset.range(N).cache().shuffle(40, seed=1).batch(BATCH).repeat(EPOCHS)
    assert identify(seeded.as_numpy_iterator(), N, BATCH, EPOCHS).match("SBR").ok


def test_a_stream_that_is_many_times_too_long_is_not_analysed(rng):
    def endless():
        for _ in range(20):
            yield np.zeros(1000)
        raise AssertionError("read on behind the limit")

    assert identify(endless(), N, BATCH, 4).sentence == "The dataset yields more than 10000 elements."
    # What was asked for decides: a long stream is read where it should be long.
    long = made("SBR", rng, n=3000, batch=100, epochs=4)
    assert identify(long, 3000, 100, 4).order == "SBR"
    assert identify(long * 21, 3000, 100, 4).sentence == "The dataset yields more than 240000 elements."
