"""``pysnn diagnose``: which layer of a converted network broke, by which kind of error, and what to try."""

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pysnn.cli.options import MOST_THREADS, parse_steps
from pysnn.cli.outputs import PICTURE, TABLE, check_outputs
from pysnn.cli.show import show_rows
from pysnn.errors import DataError, NetworkError
from pysnn.tables import make_table, metadata, table_json, write_table

if TYPE_CHECKING:
    import polars as pl

    from pysnn.convert.pair import ConvertedPair
    from pysnn.datasets.npz import Data
    from pysnn.files.saved import SavedNetwork
    from pysnn.network import Network

__all__ = ["diagnose"]

_SHOWN = (
    "layer",
    "threshold",
    "signal",
    "e_p",
    "e_c",
    "e_q",
    "e_d",
    "e_total",
    "sigma_per_threshold",
    "saturated",
    "silent",
)
_BLAMED = tuple(f"{what}{end}" for what in ("error", "agreement", "accuracy") for end in ("", "_input", "_output"))


@dataclass(frozen=True)
class _Sources:
    """Where what is diagnosed comes from: a saved network, data, and maybe the ANN's file and the value to read there."""

    network: Path
    data: str
    ann: Path | None
    output: str | None


@dataclass(frozen=True, eq=False)
class _Case:
    """What is diagnosed: a saved network, its ANN, data, and how they are run."""

    saved: "SavedNetwork"
    ann: "Network"
    data: "Data"
    steps: list[int]
    options: Mapping[str, Any]

    @property
    def pair(self) -> "ConvertedPair":
        from pysnn.convert.pair import ConvertedPair

        return ConvertedPair(self.saved.network, self.ann)

    def table(self, schema: str, rows: Sequence[Mapping[str, Any]]) -> "pl.DataFrame":
        """Make a table of rows that lack the method."""
        method = str(self.saved.provenance.get("method", ""))
        return make_table(schema, [{"method": method, **row} for row in rows])


def diagnose(
    network: Annotated[Path, typer.Argument(metavar="NET.psnn", help="A converted network.")],
    data: Annotated[
        str,
        typer.Option(
            metavar="FILE.npz",
            help="Data: an .npz with 'x', and labels 'y' if there are any; idx:DIR:train, cifar10:DIR:train, digits:train.",
        ),
    ],
    steps: Annotated[str | None, typer.Option(metavar="T[,T...]", help="Time-steps; the network's own.")] = None,
    ann: Annotated[Path | None, typer.Option(metavar="MODEL", help="What it was converted from, if asked for.")] = None,
    output: Annotated[str | None, typer.Option(metavar="VALUE", help="Value of an ONNX model to read.")] = None,
    layers: Annotated[str, typer.Option(metavar="N|all", help="How many layers to put back, the worst first.")] = "5",
    limit: Annotated[int | None, typer.Option(min=1, help="Take only the first samples.")] = None,
    precision: Annotated[str | None, typer.Option(metavar="float32|int8", help="Of the error table.")] = None,
    backend: Annotated[str, typer.Option(metavar="NAME", help="auto, rust, numba or reference.")] = "auto",
    threads: Annotated[
        int | None, typer.Option(min=1, max=MOST_THREADS, help="Threads; as many as there are by default.")
    ] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the error table.")] = None,
    blame_report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the blame table.")] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw the errors along the network.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say which layer of a converted network broke, by which kind of error, and what to try.

    Layers are put back to the ANN's exact values one at a time, to see what the output gains.
    """
    from pysnn.convert.analysis.diagnosis import diagnose as find
    from pysnn.convert.analysis.diagnosis import rank_layers
    from pysnn.datasets.source import parse_source

    most = _number_of_layers(layers)
    wanted = None if steps is None else parse_steps(steps)
    outputs = {"--report": (report, TABLE), "--blame-report": (blame_report, TABLE), "--plot": (plot, PICTURE)}
    check_outputs(outputs, [network, parse_source(data).path, *([] if ann is None else [ann])])
    sources = _Sources(network, data, ann, output)
    case = _case(sources, wanted, limit, {"backend": backend, "threads": threads})
    meta = metadata(network=str(network), data=data, data_sha256=case.data.digest, **case.saved.provenance)
    errors = _errors(case, precision or case.saved.settings.precision)
    if report is not None:
        write_table(errors, report, meta)
    if plot is not None:
        from pysnn.plot import save_conversion_error

        save_conversion_error(plot, errors, name=f"{network.name} on {data}")
    blame = _blame(case, rank_layers(errors)[:most])
    if blame_report is not None:
        write_table(blame, blame_report, meta)
    found = find(errors)
    if as_json:
        parts = {"diagnosis": asdict(found), "blame": table_json(blame)["rows"]}
        typer.echo(json.dumps({**table_json(errors, meta), **parts}))
        return
    _show(case, errors, blame, str(found))


def _number_of_layers(text: str) -> int | None:
    if text == "all":
        return None
    if not text.isdecimal():
        raise typer.BadParameter(f"--layers: expected a whole number or 'all', got '{text}'")
    return int(text)


def _case(sources: _Sources, steps: list[int] | None, limit: int | None, options: Mapping[str, Any]) -> _Case:
    from pysnn.datasets.source import parse_source
    from pysnn.files.psnn import load
    from pysnn.plan.windows import window_of

    network = sources.network
    saved = load(network)
    if saved.settings.coding != "constant":
        raise DataError(
            f"{network}: the analysis is for the coding 'constant', and this runs '{saved.settings.coding}'"
        )
    window = window_of(saved.network)
    if window is not None:
        if steps not in (None, [1]):
            raise DataError(f"{network}: its neurons have windows of {window} steps, and it takes no --steps")
        steps = [1]
    if steps is None:
        if saved.settings.steps is None:
            raise DataError(f"{network}: it does not say for how many time-steps it is meant; give --steps T")
        steps = [saved.settings.steps]
    return _Case(saved, _ann(saved, sources), parse_source(sources.data).load(limit), steps, options)


def _ann(saved: "SavedNetwork", sources: _Sources) -> "Network":
    """Return the ANN: that in the model's file, or the one that the converted network still holds."""
    from pysnn.convert.pools import settle_pools
    from pysnn.convert.recovered_ann import ann_digest, recovered_ann
    from pysnn.importers.model_files import load_ann
    from pysnn.nodes import ReLU

    path, model = sources.network, sources.ann
    known = saved.provenance.get("ann.sha256")
    if model is None:
        found = recovered_ann(saved.network)
        if known is None:
            warnings.warn(
                f"{path} does not say what its ANN is; what its weights say is taken for it, which is wrong if biases were "
                "calibrated or activations had upper bounds (then give --ann)",
                UserWarning,
                stacklevel=2,
            )
        elif ann_digest(found) != known:
            raise DataError(
                f"{path}: it does not hold all of its ANN (biases were calibrated, or activations have upper bounds); "
                "give the model that it was converted from: --ann MODEL"
            )
        return found
    read = load_ann(model, output=sources.output).network
    # The conversion's own mean and std, which a model's file need not have.
    found, _ = settle_pools(read.replace({read.input_name: saved.network.input}))
    missing = [name for name in saved.network.neurons if not isinstance(found.nodes.get(name), ReLU)]
    if missing:
        raise NetworkError(f"{model}: it has no ReLU '{missing[0]}', so {path} was converted from another network")
    if known is not None and ann_digest(found) != known:
        warnings.warn(
            f"{model} is not the very network that {path} was converted from (its digest differs); errors that it makes are "
            "taken for inherited ones",
            UserWarning,
            stacklevel=2,
        )
    return found


def _errors(case: _Case, precision: str) -> "pl.DataFrame":
    from pysnn.convert.analysis.error_table import error_rows
    from pysnn.progress import Progress

    with Progress("layer errors") as progress:
        options = {**case.options, "precision": precision, "progress": progress}
        return case.table("errors", error_rows(case.pair, case.data.x, case.steps, options))


def _blame(case: _Case, layers: Sequence[str]) -> "pl.DataFrame":
    from pysnn.convert.analysis.blame import blame_rows
    from pysnn.progress import Progress

    if not layers:
        return case.table("blame", [])
    with Progress("blame") as progress:
        options = {**case.options, "progress": progress}
        rows = blame_rows(case.pair, case.data.x, case.data.y, case.steps[-1], layers, options)
        return case.table("blame", rows)


def _show(case: _Case, errors: "pl.DataFrame", blame: "pl.DataFrame", sentences: str) -> None:
    """Print for people: at the largest number of steps, the tables and what they say."""
    from pysnn.ann import ann_accuracy
    from pysnn.convert.analysis.blame import summarise_blame

    last = errors.filter(errors["steps"] == case.steps[-1])
    window = last["window"][0]
    when = f"at T = {case.steps[-1]}" if window is None else f"in windows of {window} steps"
    show_rows(last.select(_SHOWN).to_dicts(), f"errors {when}, {last['samples'][0]} samples")
    typer.echo(f"\n{sentences}")
    if blame.is_empty():
        return
    typer.echo()
    show_rows(
        blame.select("layer", *_BLAMED).to_dicts(),
        "the output as it is; with exact currents into the layer (_input); with its exact values (_output)",
    )
    typer.echo(f"\n{summarise_blame(blame)}")
    if case.data.y is not None:
        right = ann_accuracy(case.ann, case.data.x, case.data.y)
        typer.echo(f"Right: the ANN {100 * right:.2f} %, the converted network {100 * blame['accuracy'][0]:.2f} %.")
