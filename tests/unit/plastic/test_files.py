"""Files of plastic networks: what they keep, what form they have, what they refuse."""

import json
from pathlib import Path

import numpy as np
import pytest

from pysnn.errors import DataError, FileFormatError, NetworkError
from pysnn.files import first_spike, psnn
from pysnn.files import plastic as files
from pysnn.plastic import (
    LIFCells,
    PairSTDP,
    PlasticNetwork,
    PlasticSimulator,
    PoissonSource,
    Projection,
    SpikeSource,
    Synapses,
)
from pysnn.plastic.describe import describe, network_from
from tests.unit.plastic.test_network import small


def test_descriptions_and_files_keep_everything(tmp_path: Path) -> None:
    net = small(connector=Synapses.of([0, 3, 3], [1, 2, 2], [0.1, 0.2, 0.3]), weight=None, rule=PairSTDP(mu_plus=0.4))
    run = PlasticSimulator(net, dt=1e-3, seed=3).run(0.2)
    golden = files.make_plastic_golden(net, dt=1e-3, seconds=0.1, seed=3, backend="reference")
    saved = files.load(files.save(tmp_path / "a.psnn", net, state=run.state, golden=golden, provenance={"by": "test"}))
    assert str(describe(saved.network)) == str(describe(net)) == str(describe(network_from(describe(net))))
    assert saved.state is not None
    assert saved.state.same_as(run.state)  # type: ignore[arg-type]
    saved.verify(backend="rust", store="lazy")
    wrong = dict(golden.arrays)
    wrong["wires.weights"] = wrong["wires.weights"] + np.float32(0.1)
    other = files.PlasticGolden(1e-3, 0.1, 3, wrong)
    with pytest.raises(FileFormatError, match=r"golden vectors: wires.weights is another"):
        files.load(files.save(tmp_path / "b.psnn", net, golden=other)).verify()
    with pytest.raises(NetworkError, match=r"populations.a: type: expected one of .*, got 'Cell'"):
        network_from({"populations": {"a": {"type": "Cell"}}})


def test_files_have_the_form_that_their_description_says(tmp_path: Path) -> None:
    synapses = Synapses.of([3, 0], [1, 0], [0.5, 0.25])
    net = PlasticNetwork.of(
        inputs=PoissonSource(4, rate=np.array([1.0, 2.0, 3.0, 4.0])),
        none=SpikeSource(2),
        cells=LIFCells(size=2),
        wires=Projection(pre="inputs", post="cells", connector=synapses, delay=2, rule=PairSTDP()),
    )
    path = files.save(tmp_path / "a.psnn", net, state=PlasticSimulator(net, dt=1e-3).run(0.01).state)
    text, tensors = psnn.load_with(lambda text, tensors: (text, tensors), path)
    root = json.loads(text)
    assert list(root) == ["golden", "plastic", "provenance", "state"]
    populations = dict(root["plastic"]["populations"])
    assert list(populations) == ["inputs", "none", "cells"]
    assert populations["inputs"] == {"rate": {"tensor": "populations/inputs/rate"}, "size": 4, "type": "PoissonSource"}
    assert populations["none"]["times"] == {"empty": ["float64", 0]}
    wires = dict(root["plastic"]["projections"])["wires"]
    assert wires["connector"]["pre"] == {"tensor": "projections/wires/connector/pre"}
    assert (wires["rule"]["type"], "weight" in wires) == ("PairSTDP", False)
    assert root["state"]["arrays"]["wires.x"] == {"tensor": "state/wires.x"}
    assert root["state"]["arrays"]["cells.recent"] == {"empty": ["int64", 0, 2]}
    assert tensors["projections/wires/connector/pre"].tolist() == [0, 3]
    assert {name.partition("/")[0] for name in tensors} == {"populations", "projections", "state"}


def test_files_of_the_wrong_kind_are_named(tmp_path: Path) -> None:
    path = files.save(tmp_path / "a.psnn", small())
    with pytest.raises(FileFormatError, match=r"it holds a plastic network, which pysnn\.files\.plastic\.load"):
        psnn.load(path)
    for save in (files.save, psnn.save, first_spike.save):
        with pytest.raises(DataError, match="path: expected the name of a file, and the network behind it, got Plast"):
            save(small(), tmp_path / "b.psnn")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="network: expected a PlasticNetwork, got str"):
        files.save(tmp_path / "b.psnn", "net")  # type: ignore[arg-type]
    assert not (tmp_path / "b.psnn").exists()
