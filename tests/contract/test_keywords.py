"""Functions show the keywords that their options have, one by one, and answer a slip with what is meant."""

import inspect
import pydoc
import typing
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from pysnn import IF, DataError, Input, KeywordError, Network, Output, ReLU, Simulator, run
from pysnn.convert import METHODS, Conversion, convert
from pysnn.convert.analysis.blame import FREE
from pysnn.convert.analysis.error_table import NOT_FREE
from pysnn.convert.methods.registry import MethodSettings
from pysnn.simulation.options import RunKeywords, RunOptions
from pysnn.simulation.two_pass import LEFT_OUT, run_two_pass
from pysnn.sweep import SweepOptions, sweep
from pysnn.sweep.engine import SweepKeywords

NET = Network.chain({"in": Input((1,)), "if": IF(), "out": Output("count")})
ANN = Network.chain({"in": Input((1,)), "relu": ReLU(), "out": Output()})
X = np.ones((2, 1), dtype=np.float32)

RUN = {item.name: item for item in fields(RunOptions)}
SWEEP = {item.name: item for item in fields(SweepOptions)}
FIRST = list(METHODS.values())[::-1]
"""A setting that several methods have is shown as the first of them has it."""
SETTINGS = {item.name: item for entry in FIRST for item in fields(entry.method) if item.name != "steps"}

SHOWN: list[tuple[Callable[..., Any], set[str], dict[str, Any]]] = [
    (run, {"network", "x", "steps", "labels"}, RUN),
    (Simulator, {"network"}, RUN),
    (Simulator.run, {"self", "x", "steps", "labels"}, RUN),
    (Simulator.plan, {"self", "max_count"}, RUN),
    (
        run_two_pass,
        {"network", "x", "steps", "lead", "method", "labels"},
        {k: v for k, v in RUN.items() if k not in LEFT_OUT},
    ),
    (sweep, {"run", "space", "executor", "out", "resume"}, SWEEP),
    (convert, {"network", "calibration", "method", "steps", "precision", "calibrate", "compare", "progress"}, SETTINGS),
    (Conversion.errors, {"self", "x", "steps"}, {k: v for k, v in RUN.items() if k not in NOT_FREE}),
    (Conversion.blame, {"self", "x", "steps", "labels", "layers"}, {k: v for k, v in RUN.items() if k in FREE}),
]


@pytest.mark.parametrize(("function", "own", "options"), SHOWN, ids=lambda value: getattr(value, "__qualname__", ""))
def test_every_option_is_a_keyword_of_its_own(
    function: Callable[..., Any], own: set[str], options: dict[str, Any]
) -> None:
    shown = inspect.signature(function).parameters
    assert not any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in shown.values())
    assert set(shown) == own | set(options)
    text = pydoc.render_doc(function)
    for name, item in options.items():
        assert shown[name].kind is inspect.Parameter.KEYWORD_ONLY
        assert shown[name].annotation == item.type
        assert name in text


@pytest.mark.parametrize(
    ("written", "options"), [(RunKeywords, RUN), (SweepKeywords, SWEEP), (MethodSettings, SETTINGS)]
)
def test_what_type_checkers_read_is_what_there_is(written: Any, options: dict[str, Any]) -> None:
    hints = typing.get_type_hints(written)
    assert hints == {name: item.type for name, item in options.items()}
    assert not written.__required_keys__


def test_the_defaults_shown_are_those_of_the_options() -> None:
    for name, item in RUN.items():
        assert inspect.signature(run).parameters[name].default == item.default
    for name, item in SETTINGS.items():
        assert inspect.signature(convert).parameters[name].default == item.default


SLIPS: list[tuple[Callable[[], Any], str]] = [
    (lambda: run(NET, X, steps=2, bakend="rust"), "run: .* 'bakend', did you mean 'backend'"),  # type: ignore[call-arg]
    (lambda: run(NET, X, steps=2, label=[0]), "run: .* 'label', did you mean 'labels'"),  # type: ignore[call-arg]
    (lambda: Simulator(NET, batchsize=2), "'batchsize', did you mean 'batch_size'"),  # type: ignore[call-arg]
    (lambda: Simulator(NET).run(X, steps=2, thread=2), "'thread', did you mean 'threads'"),  # type: ignore[call-arg]
    (lambda: Simulator(NET).plan(presicion="int8"), "'presicion', did you mean 'precision'"),  # type: ignore[call-arg]
    (lambda: convert(ANN, X, perchannel=True), "got 'perchannel', did you mean 'per_channel'"),  # type: ignore[call-arg]
    (lambda: convert(ANN, X, step=4), "got 'step', did you mean 'steps'"),  # type: ignore[call-arg]
    (lambda: convert(ANN, X, calibrat=["bias"]), "did you mean 'calibrate'"),  # type: ignore[call-arg]
    (lambda: convert(ANN, X, steps=2).errors(X, threds=1), "errors: .* did you mean 'threads'"),  # type: ignore[call-arg]
    (lambda: convert(ANN, X, steps=2).blame(X, layer=1), "blame: .* did you mean 'layers'"),  # type: ignore[call-arg]
    (lambda: sweep(print, {}, out="", worker=2), "sweep: .* did you mean 'workers'"),  # type: ignore[call-arg, arg-type]
    (lambda: run(NET, X, steps=2, zzz=1), "there is no keyword 'zzz'[.] It has steps, labels, precision"),  # type: ignore[call-arg]
]


@pytest.mark.parametrize(("slip", "words"), SLIPS)
def test_a_slip_is_answered_with_what_is_meant(slip: Callable[[], Any], words: str) -> None:
    with pytest.raises(KeywordError, match=words):
        slip()


def test_a_keyword_error_is_what_callers_expect() -> None:
    assert issubclass(KeywordError, DataError)
    assert issubclass(KeywordError, TypeError)
