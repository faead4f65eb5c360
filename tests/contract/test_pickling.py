"""Whatever pysnn gives can be pickled, copied and sent to a process, and is the same behind it, to the bit."""

import copy
import inspect
import multiprocessing
import pickle
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import joblib
import numpy as np
import polars as pl
import pytest

import pysnn
from pysnn import convert as conversions
from pysnn import datasets, encode, first_spike, plastic, sweep
from pysnn.backends import get_backend
from pysnn.convert.calibration import Calibration, LayerThreshold
from pysnn.convert.corrections import Correction
from pysnn.datasets.npz import Data
from pysnn.files.first_spike import SavedFirstSpike
from pysnn.files.first_spike_golden import SpikeGolden, make_spike_golden
from pysnn.files.golden import Golden, make_golden
from pysnn.files.plastic import PlasticGolden, SavedPlastic
from pysnn.files.saved import SavedNetwork
from pysnn.files.settings import Settings
from pysnn.first_spike import learn
from pysnn.first_spike.evaluate import evaluate
from pysnn.frozen import FrozenDict
from pysnn.plan.ops import Plan
from pysnn.plastic.plan import PlasticPlan
from pysnn.plastic.result import Matrix
from pysnn.plastic.spec import PlasticSpec
from pysnn.simulation.options import RunOptions
from tests.contract.plastic_values import plastic_values
from tests.contract.test_nodes import EXAMPLES

MODULES = (pysnn, conversions, datasets, encode, first_spike, learn, plastic, sweep)
# Made by others only, or no values at all.
NO_VALUES = ("Node", "Layer", "LearningRule", "Method", "Optimiser", "Rule")
INSIDE = (
    Calibration,
    LayerThreshold,
    Plan,
    RunOptions,
    SavedNetwork,
    SavedFirstSpike,
    Golden,
    SpikeGolden,
    Settings,
    Data,
    Correction,
    Matrix,
    PlasticGolden,
    PlasticPlan,
    PlasticSpec,
    SavedPlastic,
)


def pickled(protocol: int) -> Callable[[Any], Any]:
    return lambda thing: pickle.loads(pickle.dumps(thing, protocol))  # noqa: S301 - of our own


WAYS: dict[str, Callable[[Any], Any]] = {
    "pickle 2": pickled(2),
    "pickle": pickled(pickle.HIGHEST_PROTOCOL),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


def ann() -> pysnn.Network:
    rng = np.random.default_rng(0)
    layers = {"in": pysnn.Input((1, 4, 4), [0.5], [0.25]), "conv": pysnn.Conv2d(rng.normal(size=(3, 1, 3, 3)))}
    return pysnn.Network.chain(
        {**layers, "relu": pysnn.ReLU(), "pool": pysnn.MaxPool2d(2), "flat": pysnn.Flatten(), "out": pysnn.Output()}
    )


DATA = np.random.default_rng(1).random((6, 1, 4, 4), dtype=np.float32)
LABELS = np.array([0, 1, 2, 0, 1, 2])


@cache
def examples() -> dict[str, Any]:
    """One of each kind, the larger things filled with all that they can hold."""
    conversion = conversions.convert(ann(), DATA, steps=4, per_channel=True, calibrate=("bias", "v_init"))
    result = pysnn.run(conversion.network, DATA, steps=[2, 4], labels=LABELS, probe=True, record=["relu"])
    trained = learn.STDBPClassifier(epochs=2, random_state=0).fit(DATA.reshape(6, -1), LABELS)
    spiking = trained.network_
    inputs = np.random.default_rng(2).random((4, *spiking.input_shape), dtype=np.float32)
    values = [
        *EXAMPLES.values(),
        *(conversion, conversion.network, conversion.calibration, *conversion.calibration.layers),
        *(result, result.plan, result.state, pysnn.Simulator(conversion.network, backend="reference", threads=1)),
        *(RunOptions(record=["relu"]), Settings(), datasets.load_digits(), Data(DATA, LABELS, "")),
        SavedNetwork(
            conversion.network, provenance={"a": 1}, golden=make_golden(conversion.network, DATA, Settings(steps=4))
        ),
        make_golden(conversion.network, DATA, Settings(steps=4)),
        *(SavedFirstSpike(spiking, {"a": 1}, make_spike_golden(spiking, inputs)), make_spike_golden(spiking, inputs)),
        encode.Binning(bin_us=1000, pool=2),
        *(encode.Events.from_dense(np.ones((2, 1, 3), np.uint8)), Correction({"relu": np.ones(3, np.float32)})),
        *(trained, spiking, learn.SSTDPClassifier(steps=8), evaluate(spiking, inputs, None)),
        *(first_spike.Dense(units=3), first_spike.Conv(channels=2, kernel=3), first_spike.EarliestPool(2)),
        *(learn.SGD(1e-2), learn.Adam(1e-2), learn.SSTDP(), learn.STDBP(), learn.Schedule(), learn.Augmentation()),
        learn.Trained(spiking, pl.DataFrame({"epoch": [1, 2]}), 2),
        *(learn.TrainingOptions(), sweep.SweepOptions(), conversions.diagnose(conversion.errors(DATA))),
        *(next(iter(conversions.METHODS.values())), next(iter(conversions.CORRECTIONS.values()))),
        *(entry.method() for entry in conversions.METHODS.values()),
        *plastic_values(),
    ]
    return {type(value).__name__: value for value in values}


def public() -> set[str]:
    names = set()
    for module in MODULES:
        for name in module.__all__:
            kind = getattr(module, name)
            if inspect.isclass(kind) and not issubclass(kind, Exception) and name not in NO_VALUES:
                names.add(name)
    return names | {kind.__name__ for kind in INSIDE}


def test_there_is_an_example_of_every_public_class() -> None:
    assert public() <= set(examples())


def assert_same(a: Any, b: Any, where: str) -> None:
    """Same types and same values all the way down, frozen where it was frozen."""
    assert type(a) is type(b), where
    if isinstance(a, np.ndarray):
        assert (a.dtype, a.shape) == (b.dtype, b.shape), where
        assert a.tobytes() == b.tobytes(), where
    elif isinstance(a, Mapping):
        assert list(a) == list(b), where
        for key in a:
            assert_same(a[key], b[key], f"{where}[{key!r}]")
    elif isinstance(a, list | tuple):
        assert len(a) == len(b), where
        for i, (left, right) in enumerate(zip(a, b, strict=True)):
            assert_same(left, right, f"{where}[{i}]")
    elif isinstance(a, pl.DataFrame):
        assert a.equals(b, null_equal=True), where
    elif hasattr(a, "__dict__") and not inspect.isclass(a) and not callable(a):
        assert_same(dict(sorted(state(a).items())), dict(sorted(state(b).items())), where)
    else:
        assert a == b or (str(a), str(b)) == ("nan", "nan"), where


def state(thing: Any) -> dict[str, Any]:
    """Return a thing's attributes, but for what is kept to be fast."""
    return {
        name: value
        for name, value in vars(thing).items()
        if name not in ("_compiled", "_engine", "_latest", "shapes", "order")
    }


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", sorted(public()))
def test_a_round_trip_keeps_every_bit(name: str, way: str) -> None:
    thing = examples()[name]
    assert_same(thing, WAYS[way](thing), name)


@pytest.mark.parametrize("way", WAYS)
def test_copies_stay_frozen(way: str) -> None:
    network = WAYS[way](examples()["Network"])
    assert not network.nodes["conv"].weight.flags.writeable
    assert not network.input.mean.flags.writeable
    assert not WAYS[way](examples()["FirstSpikeNetwork"]).weights[0].flags.writeable
    with pytest.raises(TypeError, match="frozen"):
        network.nodes["conv"] = pysnn.ReLU()


@pytest.mark.parametrize("change", ["clear", "pop", "popitem", "setdefault", "update"])
def test_a_frozen_mapping_refuses_every_change(change: str) -> None:
    mapping = FrozenDict({"a": 1})
    with pytest.raises(TypeError, match="make a dict of it"):
        getattr(mapping, change)()
    with pytest.raises(TypeError, match="make a dict of it"):
        mapping |= {"b": 2}
    with pytest.raises(TypeError, match="make a dict of it"):
        del mapping["a"]
    assert mapping == {"a": 1}


@pytest.mark.parametrize("way", WAYS)
def test_a_copied_simulator_goes_on_as_the_first(way: str) -> None:
    simulator = pysnn.Simulator(examples()["Conversion"].network, backend="rust", precision="int8")
    first = simulator.run(DATA, steps=4)
    again = WAYS[way](simulator).run(DATA, steps=4, state=first.state)
    np.testing.assert_array_equal(again.scores, simulator.run(DATA, steps=4, state=first.state).scores)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("options", [{"backend": "rust", "store": "lazy", "threads": 1}, {"backend": "reference"}])
def test_a_copied_plastic_simulator_goes_on_as_the_first(options: dict[str, Any], way: str) -> None:
    net = plastic.PlasticNetwork.of(
        a=plastic.PoissonSource(5, rate=100.0),
        b=plastic.LIFCells(size=2),
        wires=plastic.Projection(
            pre="a", post="b", connector=plastic.AllToAll(), weight=0.5, delay=0, rule=plastic.PairSTDP()
        ),
    )
    simulator = plastic.PlasticSimulator(net, dt=1e-3, seed=4, **options)
    first = simulator.run(0.05)
    again = WAYS[way](simulator)
    assert again.backend == simulator.backend
    expected, found = (one.run(0.05, state=first.state) for one in (simulator, again))
    assert found.state is not None
    assert expected.state is not None
    assert found.state.same_as(expected.state)
    assert found.activity == expected.activity


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("backend", ["rust", "numba"])
def test_a_compiled_plan_says_what_to_send_instead(backend: str, way: str) -> None:
    executable = get_backend(backend).compile(examples()["Plan"])
    with pytest.raises(
        TypeError, match=r"Executable: .*expected the network to be pickled or copied and compiled again"
    ):
        WAYS[way](executable)


def test_a_spawned_process_takes_a_network_and_gives_its_result() -> None:
    network = examples()["Conversion"].network
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.apply(pysnn.run, (network, DATA), {"steps": 4, "labels": LABELS})
    expected = pysnn.run(network, DATA, steps=4, labels=LABELS)
    np.testing.assert_array_equal(found.scores, expected.scores)
    assert found.network == network
    assert found.accuracy == expected.accuracy


@pytest.mark.slow
def test_joblib_takes_conversions() -> None:
    jobs = (joblib.delayed(conversions.convert)(ann(), DATA, method) for method in ("max-norm", "percentile"))
    for found, method in zip(joblib.Parallel(n_jobs=2)(jobs), ("max-norm", "percentile"), strict=True):
        assert found.network == conversions.convert(ann(), DATA, method).network
    assert joblib.hash(examples()["Network"]) == joblib.hash(copy.deepcopy(examples()["Network"]))
