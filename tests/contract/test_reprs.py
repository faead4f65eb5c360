"""What notebooks and prompts show: short, without weights, escaped, readable alone."""

from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from pysnn import IF, Delay, Input, Linear, Network, Output, ReLU, run
from pysnn.convert import convert
from pysnn.first_spike import Dense, FirstSpikeNetwork
from pysnn.first_spike.learn import STDBP, TrainingOptions, train
from pysnn.hardware import estimate
from pysnn.notebook import object_page
from pysnn.plastic import AllToAll, IFCells, PlasticNetwork, PlasticSimulator, PoissonSource, Projection

HOSTILE = "<script>alert('1')</script>&\"x"
X = np.random.default_rng(0).random((6, 3)).astype(np.float32)
Y = np.array([0, 1, 0, 1, 0, 1])
WEIGHT = np.full((2, 3), 0.123456, dtype=np.float32)


def chain(neuron: Any) -> Network:
    layers = {"in": Input((3,)), HOSTILE: Linear(WEIGHT), "n" + HOSTILE: neuron, "fc": Linear(WEIGHT[:, :2])}
    return Network.chain({**layers, "out": Output()})


def loop() -> Network:
    nodes = {"in": Input((3,)), HOSTILE: IF(), "delay": Delay(1), "out": Output("count")}
    return Network(nodes, [("in", HOSTILE), (HOSTILE, "delay"), ("delay", HOSTILE), (HOSTILE, "out")])


@cache
def result() -> Any:
    return run(chain(IF()), X, steps=[2, 4], labels=Y, backend="reference")


def plastic() -> Any:
    wires = Projection(pre="a", post="b", connector=AllToAll(), weight=1e-4, delay=0)
    net = PlasticNetwork.of(a=PoissonSource(5, rate=50.0), b=IFCells(size=2), wires=wires)
    return PlasticSimulator(net, dt=1e-3, backend="reference").run(0.1)


def trained() -> Any:
    start = FirstSpikeNetwork.draw((3,), [Dense(units=2)], seed=0)
    return train(start, STDBP(), (X, Y), TrainingOptions(epochs=2))


SHOWN: dict[str, Callable[[], Any]] = {
    "Network": lambda: chain(IF()),
    "Network with a loop": loop,
    "Result": result,
    "Result without labels": lambda: run(chain(IF()), X, steps=2, backend="reference"),
    "Conversion": lambda: convert(chain(ReLU()), X, steps=4),
    "Conversion to windows": lambda: convert(chain(ReLU()), X, "first-spike", window=4),
    "Estimate": lambda: estimate(chain(IF()), result().activity, chips=("loihi1",), steps=4),
    "PlasticResult": plastic,
    "FirstSpikeNetwork": lambda: trained().network,
    "Trained": trained,
}
PAGES = sorted(set(SHOWN) - {"FirstSpikeNetwork"})


class Page(HTMLParser):
    """What is in a page: its tags in order of opening, those still open, its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("what", SHOWN)
def test_a_repr_is_short_and_has_no_weights(what: str) -> None:
    shown = repr(SHOWN[what]())
    assert shown.startswith(what.split(maxsplit=1)[0] + "(")
    assert len(shown) < 400
    assert len(shown.splitlines()) <= 3
    assert "array" not in shown
    assert "0.1234" not in shown


@pytest.mark.parametrize("what", PAGES)
def test_a_page_is_whole_escaped_and_loads_nothing(what: str) -> None:
    text = SHOWN[what]()._repr_html_()
    page = Page(text)
    assert page.open == []
    assert set(page.tags) <= {"div", "b", "table", "thead", "tbody", "tr", "th", "td"}
    assert page.attributes <= {"style", "scope"}
    assert "http" not in text
    assert "url(" not in text
    assert what.split(maxsplit=1)[0] in page.text
    assert len(text) < 20_000


@pytest.mark.parametrize("what", ["Network", "Network with a loop", "Conversion"])
def test_names_are_shown_as_they_are(what: str) -> None:
    assert HOSTILE in Page(SHOWN[what]()._repr_html_()).text


@pytest.mark.parametrize("what", PAGES)
def test_colours_are_those_of_the_page_around(what: str) -> None:
    text = SHOWN[what]()._repr_html_()
    assert "#" not in text.replace("&#x27;", "")
    assert "rgb" not in text


def test_long_tables_end_with_how_much_is_left() -> None:
    page = Page(object_page("Many", {"facts": None}, [{"row": k} for k in range(1_050)]))
    assert page.tags.count("tr") == 31
    assert "and 1,020 rows more" in page.text
    assert "facts" not in page.text
