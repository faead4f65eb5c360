"""The ANN of a converted network, and how one knows that it is."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from pysnn import IF, Conv2d, Flatten, Input, Linear, Network, NetworkError, Output, ReLU, Scale
from pysnn.convert import convert
from pysnn.convert.recovered_ann import ann_digest, recovered_ann
from pysnn.files.psnn import dumps, loads

DATA = np.random.default_rng(0).random((20, 2, 4, 4)).astype(np.float32)


def residual() -> Network:
    rng = np.random.default_rng(1)
    nodes = {
        "in": Input((2, 4, 4), mean=[0.1, 0.2], std=[0.5, 0.25]),
        "conv1": Conv2d(rng.normal(0, 0.4, (3, 2, 3, 3)), padding=1),
        "relu1": ReLU(),
        "conv2": Conv2d(rng.normal(0, 0.4, (3, 3, 3, 3)), padding=1),
        "relu2": ReLU(),
        "flat": Flatten(),
        "fc": Linear(rng.normal(0, 0.3, (4, 48))),
        "out": Output(),
    }
    names = list(nodes)
    return Network(nodes, [*pairwise(names), ("relu1", "relu2")])


@pytest.mark.parametrize("settings", [{}, {"per_channel": True}])
def test_the_ann_is_in_the_converted_network(settings: dict[str, Any]) -> None:
    ann = residual()
    conversion = convert(ann, DATA, **settings)
    assert recovered_ann(conversion.network) == ann
    from_file = loads(dumps(conversion.network, provenance=conversion.provenance))
    assert ann_digest(recovered_ann(from_file.network)) == from_file.provenance["ann.sha256"] == ann_digest(ann)


@pytest.mark.parametrize(("calibrated", "same"), [(["v_init"], True), (["bias"], False)])
def test_calibrated_biases_hide_the_ann_and_the_digest_says_so(calibrated: list[str], same: bool) -> None:
    conversion = convert(residual(), DATA, steps=4, calibrate=calibrated)
    assert (ann_digest(recovered_ann(conversion.network)) == conversion.provenance["ann.sha256"]) is same


def test_so_do_upper_bounds() -> None:
    conversion = convert(residual().replace({"relu1": ReLU(max=0.5)}), DATA)
    assert ann_digest(recovered_ann(conversion.network)) != conversion.provenance["ann.sha256"]


def test_the_digest_knows_weights_edges_and_fields_but_no_read_out() -> None:
    ann = residual()
    conv: Any = ann.nodes["conv1"]
    weight = conv.weight.copy()
    weight[0, 0, 0, 0] = np.nextafter(weight[0, 0, 0, 0], np.float32(9))
    others = [
        ann.replace({"conv1": Conv2d(weight, padding=1)}),
        ann.replace({"in": Input((2, 4, 4))}),
        Network(ann.nodes, ann.edges[:-1]),
        Network(ann.nodes, [*ann.edges[:-2], ("relu1", "relu2"), ann.edges[-2]]),
    ]
    assert len({ann_digest(net) for net in (ann, *others)}) == 5
    assert ann_digest(ann.replace({"out": Output("count")})) == ann_digest(ann)


@pytest.mark.parametrize("behind", [{}, {"scale": Scale(3.0)}, {"scale": Scale([1.0, 2.0])}])
def test_neurons_that_no_conversion_makes_are_refused(behind: dict[str, Any]) -> None:
    net = Network.chain({"in": Input((2,)), "if": IF(v_threshold=2.0), **behind, "out": Output("mean_current")})
    with pytest.raises(NetworkError, match="IF 'if': expected an IF neuron and a Scale by its threshold"):
        recovered_ann(net)
