"""Wrong descriptions get an error that names the node, what was expected and what came."""

from typing import Any

import numpy as np
import pytest

import pysnn
from pysnn import IF, LIF, Conv2d, Input, Linear, Network, Output, Scale
from tests.unit.bad_input import Make, Tensor, cases, like

NAN = float("nan")
HUGE = 2**24

NODES: list[tuple[str, Make, str]] = [
    ("weight axes", lambda: Linear(np.ones(3)), "Linear: weight.*2 dimensions.*(3,)"),
    ("weight NaN", lambda: Linear([[1.0, NAN]]), "Linear: weight.*finite.*nan at (0, 1)"),
    ("weight beyond float32", lambda: Linear([[1e300]]), "Linear: weight.*finite.*1e+300 at (0, 0)"),
    ("weight empty", lambda: Linear(np.ones((0, 3))), "Linear: weight.*at least one.*(0, 3)"),
    ("weight of strings", lambda: Linear([["a"]]), "Linear: weight.*numbers.*<U1"),
    ("weight of objects", lambda: Linear(np.array([[None]])), "Linear: weight.*numbers.*object"),
    ("weight complex", lambda: Linear([[1j]]), "Linear: weight.*numbers.*complex"),
    ("weight ragged", lambda: Linear([[1.0], [1.0, 2.0]]), "Linear: weight.*rectangular"),
    ("weight foreign", lambda: Linear(Tensor()), "Linear: weight.*NumPy array.*torch.Tensor"),
    ("weight of foreign elements", lambda: Linear([[Tensor()]]), "Linear: weight"),
    ("weight masked", lambda: Linear(np.ma.masked_array([[1.0]], [[True]])), "Linear: weight.*masked"),
    ("weight None", lambda: Linear(None), "Linear: weight.*NoneType"),
    ("bias length", lambda: Linear(np.ones((2, 3)), np.ones(3)), "Linear: bias.*2 values.*3"),
    ("bias inf", lambda: Conv2d(np.ones((1, 1, 1, 1)), [np.inf]), "Conv2d: bias.*finite.*inf at (0,)"),
    ("conv axes", lambda: Conv2d(np.ones((2, 2))), "Conv2d: weight.*4 dimensions.*(2, 2)"),
    ("groups", lambda: Conv2d(np.ones((3, 1, 1, 1)), groups=2), "Conv2d: groups.*divisor.*3.*2"),
    ("groups bool", lambda: Conv2d(np.ones((3, 1, 1, 1)), groups=True), "Conv2d: groups.*True"),
    ("stride zero", lambda: Conv2d(np.ones((1, 1, 1, 1)), stride=0), "Conv2d: stride.*1..16777216.*0"),
    ("stride float", lambda: Conv2d(np.ones((1, 1, 1, 1)), stride=1.5), "Conv2d: stride.*integer.*1.5"),
    ("stride bool", lambda: Conv2d(np.ones((1, 1, 1, 1)), stride=True), "Conv2d: stride.*integer.*True"),
    ("padding negative", lambda: Conv2d(np.ones((1, 1, 1, 1)), padding=-1), "Conv2d: padding.*0..16777216.*-1"),
    ("padding count", lambda: Conv2d(np.ones((1, 1, 1, 1)), padding=(1, 1, 1)), "Conv2d: padding.*(1, 1, 1)"),
    (
        "dilation huge",
        lambda: Conv2d(np.ones((1, 1, 1, 1)), dilation=2**24 + 1),
        "Conv2d: dilation.*1..16777216.*16777217",
    ),
    ("pool kernel", lambda: pysnn.AvgPool2d(0), "AvgPool2d: kernel.*1..16777216.*0"),
    ("pool kernel text", lambda: pysnn.MaxPool2d("2"), "MaxPool2d: kernel.*'2'"),
    ("pool padding", lambda: pysnn.SumPool2d(2, padding=2), "SumPool2d: padding.*smaller"),
    ("subsample", lambda: pysnn.Subsample(channels=0), "Subsample: channels.*positive.*0"),
    ("subsample bool", lambda: pysnn.Subsample(channels=True), "Subsample: channels.*True"),
    ("pad", lambda: pysnn.Pad(channels=(1, -1)), "Pad: channels.*0..16777216.*-1"),
    ("crop", lambda: pysnn.Crop(space="all"), "Crop: space.*'all'"),
    ("factor zero", lambda: Scale(0.0), "Scale: factor.*positive.*0"),
    ("factor NaN", lambda: Scale([1.0, NAN]), "Scale: factor.*finite.*nan at (1,)"),
    ("affine inf", lambda: pysnn.Affine(np.inf), "Affine: scale.*finite.*inf"),
    ("threshold zero", lambda: IF(0.0), "IF: v_threshold.*positive.*0"),
    ("threshold negative", lambda: IF([1.0, -1.0]), "IF: v_threshold.*positive.*-1"),
    ("threshold NaN", lambda: IF(NAN), "IF: v_threshold.*finite.*nan"),
    ("threshold text", lambda: IF("high"), "IF: v_threshold.*str"),
    ("threshold matrix", lambda: IF(np.ones((2, 2))), "IF: v_threshold.*one per channel.*(2, 2)"),
    ("lengths", lambda: IF([1.0, 1.0], reset="zero", v_reset=[0.0] * 3), "IF: .*v_threshold 2.*v_reset 3"),
    ("reset", lambda: IF(reset="hard"), "IF: reset.*subtract, zero.*'hard'"),
    ("reset list", lambda: IF(reset=np.array(["zero", "zero"])), "IF: reset"),  # type: ignore[arg-type]
    ("compare", lambda: IF(compare="=="), "IF: compare.*>=, >.*'=='"),
    ("v_reset alone", lambda: IF(v_reset=0.5), "IF: v_reset.*reset='zero'"),
    ("v_reset high", lambda: IF(reset="zero", v_reset=1.0), "IF: v_reset.*below v_threshold"),
    ("tau", lambda: LIF(tau=0.0), "LIF: tau.*positive.*0"),
    ("r", lambda: LIF(r=-1.0), "LIF: r.*positive.*-1"),
    ("v_leak", lambda: LIF(v_leak=np.inf), "LIF: v_leak.*finite.*inf"),
    ("input empty", lambda: Input(()), "Input: shape.*got ()"),
    ("input zero", lambda: Input((0,)), "Input: shape.*positive.*(0,)"),
    ("input 2d", lambda: Input((2, 2)), "Input: shape.*(2, 2)"),
    ("input float", lambda: Input((2.0,)), "Input: shape.*2.0"),  # type: ignore[arg-type]
    ("input bool", lambda: Input((True,)), "Input: shape.*True"),
    ("input None", lambda: Input(None), "Input: shape.*None"),  # type: ignore[arg-type]
    ("mean alone", lambda: Input((2,), mean=[0, 0]), "Input: mean and std go together"),
    ("mean length", lambda: Input((2,), mean=[0], std=[1]), "Input: mean.*2 values.*1"),
    ("std zero", lambda: Input((1,), mean=[0], std=[0]), "Input: std.*positive"),
    ("readout", lambda: Output("argmax"), "Output: readout.*mean_current.*'argmax'"),
    ("readout list", lambda: Output(["count"]), "Output: readout"),  # type: ignore[arg-type]
]


@cases(NODES)
def test_nodes(make: Make, text: str) -> None:
    with pytest.raises(pysnn.NetworkError, match=like(text)):
        make()


def graph(edges: Any, **nodes: Any) -> Network:
    """An input, an output and more."""
    return Network({"in": Input((2,)), "out": Output(), **nodes}, edges)


def spatial(node: pysnn.Node) -> Network:
    return Network.chain({"in": Input((3, 4, 4)), "here": node, "out": Output()})


GRAPHS: list[tuple[str, Make, str]] = [
    ("no nodes", lambda: Network({}, []), "nodes must be a mapping"),
    ("nodes in a list", lambda: Network([Input((1,))], []), "nodes must be a mapping.*list"),  # type: ignore[arg-type]
    ("foreign node", lambda: graph([("in", "x"), ("x", "out")], x=Tensor()), "node 'x'.*pysnn node.*torch.Tensor"),
    ("class for a node", lambda: graph([("in", "x"), ("x", "out")], x=IF), "node 'x'.*pysnn node"),
    ("name empty", lambda: graph([("in", "out")], **{"": IF()}), "name.*''"),
    ("name long", lambda: graph([("in", "out")], **{"a" * 201: IF()}), "name.*200"),
    ("name with a newline", lambda: graph([("in", "out")], **{"a\n": IF()}), "name.*'a\\n'"),
    ("name a number", lambda: Network({1: IF()}, []), "name.*1"),  # type: ignore[dict-item]
    ("edges None", lambda: graph(None), "edges.*NoneType"),
    ("edge of three", lambda: graph([("in", "out", "in")]), "pair"),
    ("edge a word", lambda: graph(["in"]), "pair.*'in'"),
    ("edge to nowhere", lambda: graph([("in", "nowhere")]), "'nowhere', which is no node"),
    ("edge of a list", lambda: graph([(["in"], "out")]), "['in']"),
    ("edge twice", lambda: graph([("in", "out"), ("in", "out")]), "'in' -> 'out' stands there twice"),
    ("unreached", lambda: graph([("in", "out"), ("x", "out")], x=IF()), "IF 'x': is not reached"),
    ("unread", lambda: graph([("in", "out"), ("in", "x")], x=IF()), "IF 'x': is not read"),
    ("two inputs", lambda: graph([("in", "out"), ("b", "out")], b=Input((2,))), "exactly one Input.*2 (in, b)"),
    ("no output", lambda: Network({"in": Input((2,))}, []), "exactly one Output.*0"),
    ("edge out of the output", lambda: graph([("in", "out"), ("out", "x"), ("x", "out")], x=IF()), "Output 'out'"),
    ("edge into the input", lambda: graph([("in", "in"), ("in", "out")]), "Input 'in': expected no edge"),
    ("loop into the input", lambda: graph([("in", "x"), ("x", "in"), ("x", "out")], x=IF()), "Input 'in': expected no"),
    ("chain twice", lambda: Network.chain([("in", Input((1,))), ("in", Output())]), "'in' stands twice"),
    ("chain of nothing", lambda: Network.chain(5), "Network.chain: .*int"),  # type: ignore[arg-type]
    ("chain of nodes", lambda: Network.chain([Input((1,))]), "Network.chain: .*pairs"),  # type: ignore[list-item]
    ("linear width", lambda: graph([("in", "x"), ("x", "out")], x=Linear(np.eye(3))), "Linear 'x'.*(3,).*(2,)"),
    ("linear on a map", lambda: spatial(Linear(np.eye(48))), "Linear 'here'.*Flatten"),
    ("conv on a vector", lambda: graph([("in", "x"), ("x", "out")], x=Conv2d(np.ones((1, 2, 1, 1)))), "Conv2d 'x'"),
    ("conv channels", lambda: spatial(Conv2d(np.ones((1, 2, 1, 1)))), "Conv2d 'here'.*2 input channels.*3"),
    ("conv too large", lambda: spatial(Conv2d(np.ones((1, 3, 5, 5)))), "Conv2d 'here'.*(5, 5) does not fit.*(4, 4)"),
    ("dilation too large", lambda: spatial(Conv2d(np.ones((1, 3, 2, 2)), dilation=HUGE)), "Conv2d 'here'.*not fit"),
    ("pool too large", lambda: spatial(pysnn.AvgPool2d(HUGE)), "AvgPool2d 'here'.*does not fit"),
    ("crop all", lambda: spatial(pysnn.Crop(space=2)), "Crop 'here'.*nothing is left.*(3, 4, 4)"),
    ("factors", lambda: spatial(Scale([1.0, 2.0])), "Scale 'here': factor.*3.*2"),
    ("thresholds", lambda: spatial(IF([1.0, 2.0])), "IF 'here': v_threshold.*3.*2"),
    ("taus", lambda: spatial(LIF(tau=[1.0, 2.0])), "LIF 'here': tau.*3.*2"),
    (
        "sum of shapes",
        lambda: graph([("in", "x"), ("in", "out"), ("x", "out")], x=Linear(np.ones((3, 2)))),
        "Output 'o",
    ),
    ("replace", lambda: graph([("in", "out")]).replace({"no": IF()}), "'no'"),
]


@cases(GRAPHS)
def test_graphs(make: Make, text: str) -> None:
    with pytest.raises(pysnn.NetworkError, match=like(text)):
        make()


SIZES: list[tuple[str, Make, str]] = [
    ("input", lambda: Network.chain({"in": Input((2**40,)), "out": Output()}), "Input 'in'.*1099511627776"),
    ("input map", lambda: Network.chain({"in": Input((2**20, 2**20, 2**20)), "out": Output()}), "Input 'in'"),
    ("pad", lambda: spatial(pysnn.Pad(space=HUGE)), "Pad 'here'"),
    ("pad channels", lambda: spatial(pysnn.Pad(channels=(HUGE, 0))), "Pad 'here'"),
    ("conv pads", lambda: spatial(Conv2d(np.ones((1, 3, 1, 1)), padding=HUGE)), "Conv2d 'here'"),
    ("hidden", lambda: spatial(Conv2d(np.ones((1, 3, 1, 1)), padding=HUGE, stride=HUGE)), "Conv2d 'here'.*padding"),
    ("pool pads", lambda: spatial(pysnn.MaxPool2d(HUGE, HUGE, HUGE - 1)), "MaxPool2d 'here'.*padding"),
]


@cases(SIZES)
def test_sizes(make: Make, text: str) -> None:
    with pytest.raises(pysnn.CapacityError, match=like(text)):
        make()
