"""A report says what the run says, loads nothing, and is readable without scripts."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from pysnn import IF, Events, FirstSpike, Input, Linear, Network, Output, run
from pysnn.cli.app import app
from pysnn.convert import convert
from pysnn.datasets import load_digits, load_digits_mlp
from pysnn.datasets.npz import Data
from pysnn.errors import DataError
from pysnn.files.conversion import save_conversion
from pysnn.files.psnn import load
from pysnn.files.saved import SavedNetwork
from pysnn.files.settings import Settings
from pysnn.report import ReportOptions, Section, network_report
from pysnn.report.page import has_charts, html_page

DIGITS = load_digits()
NETWORK = Network.chain({"in": Input((2,)), "if": IF(), "out": Output("count")})
X = np.array([[1.0, 0.25], [0.5, 1.0], [1.0, 0.0]], np.float32)
Y = np.array([0, 1, 1])
DATA = Data(X, Y, "digest")


def by_title(sections: tuple[Section, ...]) -> dict[str, Section]:
    return {section.title: section for section in sections}


class Loaded(HTMLParser):
    """What a page would load, and its tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "data", "action"}]


@pytest.mark.slow
def test_sections_say_what_the_run_says() -> None:
    """By hand: four steps of IF neurons with threshold 1; a sample is read as its most frequent output."""
    found = by_title(network_report(SavedNetwork(NETWORK), DATA, ReportOptions([4], sample=1)))
    assert found["Accuracy and operations"].table["accuracy"].to_list() == [2 / 3]
    assert found["Confusion matrix"].table.rows() == [(0, 0, 1), (1, 0, 1), (1, 1, 1)]
    assert found["Layers"].table["spikes per neuron"].to_list() == [(4 + 1 + 2 + 4 + 4 + 0) / 6]
    assert found["Spikes of a sample"].table.rows() == [("if", 2 + 4, 0, 0)]
    assert "takes for 1" in found["Spikes of a sample"].text
    assert set(found["What is not here"].table["section"]) == {"Conversion errors", "Cost on chips"}
    assert ("data_sha256", "digest") in found["Where it comes from"].table.rows()


@pytest.mark.parametrize("coding", ["spikes", "frames"])
def test_data_with_an_axis_of_steps(coding: Literal["spikes", "frames"]) -> None:
    saved = SavedNetwork(NETWORK, settings=Settings(coding=coding))
    given = np.zeros((4, 3, 2), dtype=np.uint8 if coding == "spikes" else np.float32)
    given[:, 2, 1] = 1
    found = by_title(network_report(saved, Data(given, None, ""), ReportOptions([4], sample=2)))
    assert found["Spikes of a sample"].table.rows() == [("if", 4, 1, 0)]


@pytest.mark.slow
def test_a_converted_network_has_every_section(tmp_path: Path) -> None:
    conversion = convert(load_digits_mlp(), DIGITS.x_train, "error-min", steps=4, compare=False)
    save_conversion(tmp_path / "net.psnn", conversion, DIGITS.x_test, settings=Settings(steps=4))
    data = Data(DIGITS.x_test, DIGITS.y_test, "")
    found = by_title(network_report(load(tmp_path / "net.psnn"), data, ReportOptions(chips=["loihi1"])))
    assert "What is not here" not in found
    accuracy = run(conversion.network, DIGITS.x_test, steps=4, labels=DIGITS.y_test).accuracy
    assert tuple(found["Accuracy and operations"].table["accuracy"]) == accuracy
    assert found["Conversion errors"].table["layer"].to_list() == ["relu1", "relu2"]
    assert "loihi1" in found["Cost on chips"].table["chip"].to_list()
    assert found["Confusion matrix"].table["samples"].sum() == 500


def test_windows_need_no_steps() -> None:
    net = Network.chain({"in": Input((2,)), "fs": FirstSpike(1.0, window=4), "fc": Linear(np.eye(2)), "out": Output()})
    found = by_title(network_report(SavedNetwork(net), DATA))
    assert found["Accuracy and operations"].table.height == 1


@pytest.mark.slow
def test_a_page_loads_nothing_and_escapes() -> None:
    chart = {"title": "</script><b>"} if has_charts() else None
    section = Section("a <b>", "x & y", pl.DataFrame({"<i>": ["<u>", None], "n": [0.25, 1.0]}), chart)
    text = html_page("t <s>", [section])
    assert all(address == "data:," for address in Loaded(text).addresses)
    assert "<td>&lt;u&gt;</td><td>0.25</td>" in text
    assert not Loaded(text).tags & {"b", "i", "u", "s"}
    assert len(text.encode()) < 3_000_000


@pytest.mark.slow
@pytest.mark.skipif(not has_charts(), reason="needs the extra 'report'")
def test_charts_have_their_data() -> None:
    found = by_title(network_report(SavedNetwork(NETWORK), DATA, ReportOptions([1, 2, 4], ["loihi1"])))
    drawn = {title for title, section in found.items() if section.chart is not None}
    assert drawn == {"Accuracy and operations", "Layers", "Confusion matrix", "Spikes of a sample", "Cost on chips"}
    assert all(section.chart["datasets"] for section in found.values() if section.chart is not None)


def test_bad_input_is_named() -> None:
    saved = SavedNetwork(NETWORK)
    with pytest.raises(DataError, match="how many time-steps"):
        network_report(saved, DATA)
    with pytest.raises(DataError, match=r"sample in 0\.\.2, got 3"):
        network_report(saved, DATA, ReportOptions([2], sample=3))
    with pytest.raises(DataError, match="events"):
        network_report(saved, Data(Events.from_lists([([0], [0])]), None, ""), ReportOptions([2]))


@pytest.mark.slow
def test_the_command_writes_the_page(tmp_path: Path) -> None:
    from pysnn.files.psnn import save

    save(tmp_path / "net.psnn", NETWORK)
    np.savez(tmp_path / "data.npz", x=X, y=Y)
    command = ["report", str(tmp_path / "net.psnn"), "--data", str(tmp_path / "data.npz"), "--steps", "1,4"]
    done = CliRunner().invoke(app, [*command, "--out", str(tmp_path / "page.html")])
    assert done.exit_code == 0, done.stderr
    assert "Confusion matrix" in (tmp_path / "page.html").read_text(encoding="utf-8")
    for options, named in (
        (["--out", str(tmp_path / "page.pdf")], ".html"),
        (["--chips", "none", "--out", str(tmp_path / "b.html")], "none"),
    ):
        refused = CliRunner().invoke(app, [*command, *options])
        assert refused.exit_code in (1, 2)
        assert named in refused.stderr
