"""``pysnn convert``: a trained network in, a spiking one out, and what each layer's threshold is."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pysnn.cli.errors import named
from pysnn.cli.options import check_choice
from pysnn.cli.outputs import NETWORK, TABLE, check_outputs
from pysnn.cli.show import show_table
from pysnn.cli.streams import one_line, say_note
from pysnn.errors import DataError
from pysnn.tables import metadata

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pysnn.convert import Conversion
    from pysnn.datasets.npz import Data
    from pysnn.importers.model_files import ModelFile
    from pysnn.network import Network

__all__ = ["convert"]

_DATA_SET_SAMPLES = 1000
_CHECK_SAMPLES = 16
_REPORT_SAMPLES = 64


def convert(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help=".onnx, CIFAR .safetensors, or an ANN's .psnn.")],
    calibration: Annotated[
        str, typer.Option(metavar="SOURCE", help="FILE.npz, cifar10:DIR, idx:DIR, digits: to fit to.")
    ],
    out: Annotated[Path, typer.Option(metavar="NET.psnn", help="Where to save the spiking network.")],
    steps: Annotated[int | None, typer.Option(metavar="T", min=1, help="Time-steps that it is meant for.")] = None,
    window: Annotated[
        int | None, typer.Option(metavar="S", help="Steps of a window; of first-spike and trained, and no T.")
    ] = None,
    method: Annotated[str, typer.Option(metavar="NAME", help="See 'pysnn methods'.")] = "percentile",
    calibrate: Annotated[str | None, typer.Option(metavar="WHAT", help="On top: bias, v_init, or bias,v_init.")] = None,
    per_channel: Annotated[
        bool | None, typer.Option("--per-channel/--per-layer", help="Thresholds for each; the method's own by default.")
    ] = None,
    percentile: Annotated[float | None, typer.Option(metavar="P", help="Setting of the method percentile.")] = None,
    fit_weights: Annotated[
        bool | None,
        typer.Option("--fit-weights", help="With first-spike: fit weights too, for few steps; it takes longer."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Take the first samples; of data sets 1,000.")] = None,
    mean: Annotated[str | None, typer.Option(metavar="A,B,C", help="Subtracted from data in 0..1.")] = None,
    std: Annotated[str | None, typer.Option(metavar="A,B,C", help="Then divided by.")] = None,
    output: Annotated[str | None, typer.Option(metavar="VALUE", help="Value of an ONNX model to read.")] = None,
    precision: Annotated[str, typer.Option(metavar="float32|int8", help="How it is to be run.")] = "float32",
    first_layer: Annotated[
        str,
        typer.Option(metavar="float32|int8", help="Arithmetic of the first layer of an int8 network, on uint8 data."),
    ] = "float32",
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write each layer's error at T, T/2, ...")] = None,
    table: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the table: parquet, csv, json.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Convert a trained network into a spiking one: one row a layer, its threshold and what that clips."""
    from pysnn.convert import convert as convert_network
    from pysnn.datasets.source import training_source
    from pysnn.files.conversion import save_conversion
    from pysnn.files.settings import PRECISIONS, Settings
    from pysnn.importers.model_files import load_ann
    from pysnn.progress import Progress

    check_choice("--precision", precision, PRECISIONS)
    check_choice("--first-layer", first_layer, PRECISIONS)
    wanted = {"per_channel": per_channel, "percentile": percentile, "window": window, "fit_weights": fit_weights}
    settings = _method_settings(method, steps, wanted)
    _check_length(method, steps, calibrate, windowed=method == "first-spike" or window is not None)
    normalisation = _normalisation(mean, std)
    given = training_source(calibration)
    outputs = {"--out": (out, NETWORK), "--report": (report, TABLE), "--table": (table, TABLE)}
    check_outputs(outputs, [model, given.path])
    source = load_ann(model, output=output, **normalisation)
    if limit is None and not given.is_file:
        limit = _DATA_SET_SAMPLES
    data = _calibration_data(source.network, calibration, given.load(limit))
    with named(f"calibration data '{calibration}'"):
        facts, notes = _facts(source, data, whole=limit is None)
    if calibrate is not None:
        settings["calibrate"] = tuple(calibrate.split(","))
    with Progress("thresholds") as progress:
        conversion = convert_network(
            source.network,
            data.x,
            method,
            steps=steps,
            compare=False,
            precision=precision,  # type: ignore[arg-type]
            progress=progress,
            **settings,
        )
    _warn_of_accuracy(source.network, data, facts)
    notes += _merged(source.network, conversion.ann)
    with Progress("agreement") as progress:
        conversion = conversion.compared(data.x, precision=precision, progress=progress)
    assert conversion.agreement is not None
    notes.append(conversion.agreement.sentence)
    length = {"steps": steps} if steps is not None else {"window": conversion.window}
    asked = {**length, "precision": precision, "calibration": calibration}
    meta = metadata(**{**conversion.provenance, **facts, **asked})
    notes += _analyse(conversion, data.x, precision, report, meta)
    save_conversion(
        out,
        conversion,
        data.x,
        settings=Settings(steps=steps, precision=precision, first_layer=first_layer),  # type: ignore[arg-type]
        provenance=facts,
    )
    if conversion.int8_refusal is not None:
        notes.append(f"runs in float32 only: {conversion.int8_refusal}")
    notes.append(
        f"saved {out}: layers of neurons {len(conversion.calibration.layers)}, {_length(conversion)}, {precision}"
    )
    for sentence in notes:
        say_note(sentence)
    show_table(
        conversion.report, {**meta, "network": str(out)}, as_json=as_json, title=f"{model.name} by {method}", file=table
    )


def _merged(network: "Network", ann: "Network") -> list[str]:
    """Say how many weight layers int8 made one with those that read them."""
    from pysnn.nodes import Conv2d, Linear

    gone = [name for name, node in network.nodes.items() if isinstance(node, Conv2d | Linear) and name not in ann.nodes]
    if not gone:
        return []
    return [
        f"int8: weight layers merged with those that read them {len(gone)}; {network.parameters:,} weights became {ann.parameters:,}"
    ]


def _length(conversion: "Conversion") -> str:
    return f"T = {conversion.steps}" if conversion.window is None else f"windows of {conversion.window} steps"


def _check_length(method: str, steps: int | None, calibrate: str | None, *, windowed: bool) -> None:
    """Refuse steps where a network has windows, and ask for them where it has none."""
    if windowed:
        if steps is not None or calibrate is not None:
            raise typer.BadParameter(
                f"--method {method} has --window S in place of --steps, and goes without --calibrate: first-spike shifts currents itself"
            )
    elif steps is None:
        raise typer.BadParameter(f"--steps: method '{method}' converts for a number of time-steps; give --steps T")


def _method_settings(method: str, steps: int | None, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that were asked for, checked before anything is read."""
    from pysnn.convert.methods.registry import make_method

    settings = {name: value for name, value in wanted.items() if value is not None}
    try:
        # The conversion makes it again, and says what there is to say of its settings.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            make_method(method, settings, steps)
    except DataError as error:
        raise typer.BadParameter(str(error)) from error
    return settings


def _normalisation(mean: str | None, std: str | None) -> dict[str, list[float]]:
    if (mean is None) != (std is None):
        raise typer.BadParameter("--mean and --std go together, got only one of them")
    found = {}
    for name, text in (("mean", mean), ("std", std)):
        if text is not None:
            try:
                found[name] = [float(part) for part in text.split(",")]
            except ValueError:
                raise typer.BadParameter(f"--{name}: expected numbers with commas between, got '{text}'") from None
    return found


def _calibration_data(network: "Network", text: str, data: "Data") -> "Data":
    """Return the data of a source, checked against the network's input."""
    from pysnn.encode.batch import checked_data

    with named(f"calibration data '{text}'"):
        checked_data(data.x, network.input, network.input_name, "constant")
    return data


def _facts(source: "ModelFile", data: "Data", *, whole: bool) -> tuple[dict[str, str | int | float], list[str]]:
    """Compare the network with its source, and give what is known of it: for the file and for the table, and in words."""
    from pysnn.convert import ann_accuracy

    facts: dict[str, str | int | float] = {
        "model": one_line(source.path.name),
        "model.kind": source.kind,
        "model.sha256": source.sha256,
        "calibration.file_sha256": data.digest,
    }
    notes = [f"import: {note}" for note in source.notes]
    found = source.compare(data.x)
    if found is not None:
        facts |= {"import.reference": found.reference, "import.difference": found.difference}
        notes.append(
            f"import: largest relative difference to {found.reference} {found.difference:.2g}, {found.samples} samples"
        )
    if data.y is not None:
        # The digest is that of the whole file, so an accuracy on a part of it must not be taken for that of all.
        on = data.digest if whole else f"first {len(data.x)} of {data.digest}"
        accuracy = ann_accuracy(source.network, data.x, data.y)
        facts |= {"ann_accuracy": accuracy, "ann_accuracy_on": "calibration data", "ann_accuracy_data": on}
        notes.append(f"ANN: {100 * accuracy:.2f} % right on the {len(data.x)} samples of the calibration data")
    return facts, notes


def _warn_of_accuracy(network: "Network", data: "Data", facts: Mapping[str, Any]) -> None:
    """Warn of an ANN that is no better than chance on the calibration data, unless these were warned of already."""
    from pysnn.convert.calibration import calibration_data
    from pysnn.convert.plausible import data_problem, odd_accuracy

    if data.y is None or data_problem(network, calibration_data(network, data.x)) is not None:
        return
    problem = odd_accuracy(facts["ann_accuracy"], data.y)
    if problem:
        warnings.warn(problem, UserWarning, stacklevel=2)


def _analyse(
    conversion: "Conversion", x: "NDArray[Any]", precision: str, file: Path | None, meta: Mapping[str, Any]
) -> list[str]:
    """Run some of the calibration data: write each layer's errors if asked to, warn of layers that carry nothing."""
    from pysnn.files.conversion import powers_of_two
    from pysnn.progress import Progress
    from pysnn.tables import write_table

    if file is None:
        conversion.errors(x[:_CHECK_SAMPLES], precision=precision)  # type: ignore[arg-type]
        return []
    part = x[:_REPORT_SAMPLES]
    with Progress("layer errors") as progress:
        steps = None if conversion.steps is None else powers_of_two(conversion.steps)
        frame = conversion.errors(part, steps, precision=precision, progress=progress)  # type: ignore[arg-type]
    write_table(frame, file, meta)
    return [f"wrote {file}: the error of each layer on the first {len(part)} samples of the calibration data"]
