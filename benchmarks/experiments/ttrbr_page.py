"""Write docs/ttrbr_results.md, the table of docs/ttrbr.md, and a plot from the tables of benchmarks.experiments.ttrbr: no figure there is typed by hand."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl

from benchmarks.experiments.ann_costs import ann_table
from benchmarks.experiments.ttrbr_trials import TRIALS
from benchmarks.intervals import accuracy_cell, verdict
from benchmarks.markdown import fill, table
from benchmarks.peers.page import times_cell

__all__ = ["METHODS", "PAGE", "PLOT", "TABLES", "page"]

TABLES = Path(__file__).parents[1] / "tables"
PAGE = Path(__file__).parents[2] / "docs" / "ttrbr_results.md"
METHODS = PAGE.with_name("ttrbr.md")
PLOT = PAGE.with_name("ttrbr_errors.png")

_PARTS = {"e_p": "inherited", "e_c": "clipping", "e_q": "quantisation", "e_d": "deviation"}
_BLOCKS = {"none": "as it was", "A": "A", "B": "B", "C": "C"}
_OURS = {"int8": "pysnn int8", "int8_avx2": "pysnn int8, AVX2 alone", "float32": "pysnn float32"}
_STEPS = (1, 2, 4, 8, 16, 32)
_GAP_AT = 8
_DRAWN_AT = 8
_TRAINED = {name: f"{name}: {trial.title}, block {trial.block}" for name, trial in TRIALS.items()}
_REPEATED = {name: trial.repeats for name, trial in TRIALS.items() if trial.repeats}
"""Which trial each is with another seed."""
_GOALS = (
    ("r20-direct2-C", 2, 0.875),
    ("r20-pot4-C", 4, 0.85),
    ("r20-direct4-C", 4, 0.89),
    ("r20-direct4-C", 4, 0.90),
    ("r20-pot4-C", 8, 0.90),
    ("r20-pot4-C", 16, 0.915),
    ("r110-four-C", 4, 0.885),
    ("r110-pot8-C", 8, 0.905),
    ("r110-four-C", 8, 0.918),
    ("r110-pot8-C", 16, 0.92),
    ("r110-pot8-C", 16, 0.93),
)
"""Trial, T, and the accuracy that was asked for."""


def page(text: str, tables: Path = TABLES) -> str:
    """Return the page with its tables made again; a mark is ``<!-- table: KIND -->`` or ``<!-- table: KIND NETWORK -->``."""
    trained = {
        model: _sorted(pl.concat(map(pl.read_parquet, sorted(tables.glob(f"ttrbr_{short}-*.parquet"))), how="diagonal"))
        for model, short in (("resnet20", "r20"), ("resnet110", "r110"))
    }
    every = pl.concat(trained.values(), how="diagonal")
    trained = {model: frame.filter(~pl.col("trial").is_in(list(_REPEATED))) for model, frame in trained.items()}
    firsts = pl.concat(trained.values(), how="diagonal")
    converted = {
        model: pl.read_parquet(tables / f"conversion_{name}.parquet").filter(
            pl.col("error").is_null() & (pl.col("precision") == "int8") & (pl.col("network") == model)
        )
        for model, name in (("resnet20", "resnet20"), ("resnet110", "deep"))
    }

    made: dict[str, Callable[[], str]] = {
        "goals": lambda: _goals(every),
        "seeds": lambda: _seeds(every),
        "choice": lambda: _flattered(firsts),
        "shortcuts": lambda: _shortcuts(pl.read_parquet(tables / "current_shortcuts.parquet")),
        "spikes": lambda: _spikes_alone(pl.read_parquet(tables / "spike_shortcuts.parquet"), every),
        "anns": lambda: ann_table({"resnet20": "untouched ResNet-20", "resnet110": "untouched ResNet-110", **_TRAINED}),
        "errors": lambda: _errors(pl.read_parquet(tables / "ttrbr_errors.parquet")),
        "speed": lambda: _speed(pl.read_parquet(tables / "peers_deep.parquet")),
    }
    for model, own in trained.items():
        made[f"cost {model}"] = partial(_cost, own)
        made[f"accuracies {model}"] = partial(_accuracies, own, converted[model])
    return fill(text, lambda key: made[key]())


def _sorted(frame: pl.DataFrame) -> pl.DataFrame:
    """In the order of the work."""
    return frame.sort(pl.col("trial").replace_strict({name: at for at, name in enumerate(TRIALS)}), "steps")


def _accuracies(trained: pl.DataFrame, converted: pl.DataFrame) -> str:
    whole = converted.filter(pl.col("samples") == converted["samples"].max())
    untouched, samples = float(whole["ann_accuracy"][0]), int(whole["samples"][0])
    head = ["what was done", "block", "epochs in all", "ANN", *(f"T = {at}" for at in _STEPS)]
    head += [f"gap to its ANN at {_GAP_AT}", "to the untouched"]
    rows = []
    for name, found in _best(whole):
        cells = _cells(found, samples)
        rows.append([f"converted: {name}", "as it was", "", *cells(untouched), *_gaps(found, untouched, untouched)])
    for own in trained.partition_by("trial", maintain_order=True):
        found = dict(zip(own["steps"].to_list(), own["accuracy"].to_list(), strict=True))
        first = own.row(0, named=True)
        trial, ann = TRIALS[first["trial"]], first["ann_accuracy"]
        cells = _cells(found, first["samples"])
        gaps = _gaps(found, ann, untouched)
        rows.append([trial.title, _BLOCKS[first["block"]], str(trial.epochs), *cells(ann), *gaps])
    return table(head, rows)


def _cells(found: dict[int, float], samples: int) -> Callable[[float], list[str]]:
    """Return what makes the cells of a row from the accuracy of its ANN."""
    return lambda ann: [accuracy_cell(share, samples) for share in (ann, *(found[at] for at in _STEPS))]


def _gaps(found: dict[int, float], *others: float) -> list[str]:
    return [f"{100 * (found[_GAP_AT] - other):+.2f}" for other in others]


def _best(whole: pl.DataFrame) -> list[tuple[str, dict[int, float]]]:
    """Return each method of conversion, thresholds per channel: accuracy by steps, mean over calibration sets."""
    found = []
    own_of = whole.filter(pl.col("per_channel")).group_by("method", "settings", maintain_order=True)
    for (method, settings), own in own_of:
        means = own.group_by("steps").agg(pl.col("accuracy").mean())
        title = " + ".join([str(method), *json.loads(str(settings)).get("calibrate", [])])
        found.append((title, dict(zip(means["steps"].to_list(), means["accuracy"].to_list(), strict=True))))
    return found


def _goals(trained: pl.DataFrame) -> str:
    """What was asked, what is there, and whether its interval lies beyond what was asked."""
    rows = []
    for trial, steps, asked in _GOALS:
        own = _repetitions(trained, trial).filter(pl.col("steps") == steps)
        mean, samples = float(own["accuracy"].to_numpy().mean()), int(own["samples"][0])
        said = verdict(mean, asked, samples)
        cells = [f"{100 * asked:g}", accuracy_cell(mean, samples), str(own.height), said, TRIALS[trial].title]
        rows.append([str(own["model"][0]), str(steps), *cells])
    return table(["network", "T", "asked", "accuracy", "trainings", "", "row"], rows)


def _repetitions(trained: pl.DataFrame, first: str) -> pl.DataFrame:
    """A trial's rows, and those of the same training with other seeds."""
    others = [name for name, repeated in _REPEATED.items() if repeated == first]
    return trained.filter(pl.col("trial").is_in([first, *others]))


def _seeds(trained: pl.DataFrame) -> str:
    """Accuracy of each seed at the steps that were trained for, and how far seeds are apart."""
    rows = []
    for name in dict.fromkeys(_REPEATED.values()):
        own = _repetitions(trained, name).filter(pl.col("steps") == pl.col("training_steps"))
        shares = 100 * own["accuracy"].to_numpy()
        cells = [accuracy_cell(share, samples) for share, samples in own.select("accuracy", "samples").rows()]
        spread = [f"{shares.mean():.2f}", f"{shares.std(ddof=1):.2f}"]
        rows.append([str(own["model"][0]), TRIALS[name].title, str(own["steps"][0]), ", ".join(cells), *spread])
    return table(["network", "what was done", "T", "seeds", "mean", "sd of the seeds"], rows)


def _flattered(trained: pl.DataFrame) -> str:
    """Accuracy of the trained ANN on the images that chose, and on the test split."""
    rows = []
    for own in trained.filter(pl.col("validation_accuracy").is_not_nan()).partition_by("trial", maintain_order=True):
        first = own.row(0, named=True)
        chosen, ann = first["validation_accuracy"], first["ann_accuracy"]
        cells = [f"{100 * chosen:.2f}", f"{100 * ann:.2f}", f"{100 * (chosen - ann):+.2f}"]
        rows.append([first["model"], TRIALS[first["trial"]].title, _BLOCKS[first["block"]], *cells])
    return table(["network", "what was done", "block", "last 5,000 training images", "test split", "difference"], rows)


def _cost(trained: pl.DataFrame) -> str:
    needed = {row["network"]: row for row in pl.read_parquet(TABLES / "ann_costs.parquet").to_dicts()}
    rows = []
    for own in trained.partition_by("trial", maintain_order=True):
        at = own.filter(pl.col("steps") == _GAP_AT).row(0, named=True)
        # Without padding all networks of a model need the same; which activations are not zero is known of kept networks.
        ann, kept = needed[at["model"]], needed.get(at["trial"])
        share = f"{100 * at['synops'] / kept['nonzero']:.0f} %" if kept else ""
        rows.append(
            [
                TRIALS[at["trial"]].title,
                _BLOCKS[at["block"]],
                f"{at['spikes_per_neuron']:.2f}",
                f"{at['synops'] / 1e6:.1f} M",
                f"{100 * at['synops'] / ann['macs']:.0f} %",
                share,
                f"{at['training_seconds'] / 60:.0f}",
                str(at["epoch"]),
            ]
        )
    head = ["what was done", "block", f"spikes per neuron at T = {_GAP_AT}", "synaptic additions", "of the ANN's MACs"]
    head += ["of its MACs that are not zero", "minutes of its own training", "epoch that was kept"]
    return table(head, rows)


def _shortcuts(frame: pl.DataFrame) -> str:
    """What shortcuts of currents need beside synaptic additions, and what spikes in their place would."""
    rows = []
    for row in frame.to_dicts():
        millions = [f"{row[name] / 1e6:.2f} M" for name in ("edge_sums", "rescales", "shifts", "bias_sums")]
        accuracy = accuracy_cell(row["accuracy"], row["samples"])
        additions = [f"{row[name] / 1e6:.0f} M" for name in ("synops", "synops_spikes_only")]
        rows.append([row["network"], row["units"].replace("_", " "), accuracy, additions[0], *millions, additions[1]])
    head = ["network", "units of weights", "accuracy on training images", "synaptic additions", "sums of currents"]
    head += [
        "multiplications of currents",
        "shifts of currents",
        "additions of biases",
        "synaptic additions with spikes alone",
    ]
    return table(head, rows)


def _spikes_alone(frame: pl.DataFrame, trained: pl.DataFrame) -> str:
    """Networks rebuilt without shortcuts of currents, beside what they were made of."""
    rows = []
    for row in _sorted(frame).to_dicts():
        own = trained.filter((pl.col("trial") == row["trial"]) & (pl.col("steps") == row["steps"])).row(0, named=True)
        cells = [accuracy_cell(found["accuracy"], found["samples"]) for found in (own, row)]
        cells += [f"{found['synops'] / 1e6:.1f} M" for found in (own, row)]
        cells += [f"{row[name] / 1e6:.2f} M" for name in ("rescales", "shifts", "bias_sums")]
        cells += [f"{row[name] / 1e6:.2f} M" for name in ("weights", "rebuilt_weights")]
        rows.append([_TRAINED[row["trial"]], str(row["steps"]), *cells])
    head = ["network", "T", "shortcuts of currents", "spikes alone", "synaptic additions", "with spikes alone"]
    head += ["multiplications of currents", "shifts of currents", "additions of biases", "weights", "with spikes alone"]
    return table(head, rows)


def _errors(frame: pl.DataFrame) -> str:
    """Medians over the layers of each kind, at one number of steps."""
    rows = []
    for (stage, kind), own in frame.filter(pl.col("steps") == _DRAWN_AT).group_by("stage", "kind", maintain_order=True):
        cells = [f"{float((own[part] / own['signal']).to_numpy().mean()):.2f}" for part in _PARTS]
        sigma = f"{float(own['sigma_per_threshold'].to_numpy().mean()):.2f}"
        rows.append([str(stage), str(kind), *cells, sigma])
    return table(["network", "neurons", *_PARTS.values(), "sigma / threshold"], rows)


def _speed(frame: pl.DataFrame) -> str:
    """Milliseconds an image of pysnn and of every other program, a part of the table a batch."""
    rows = []
    for (batch,), own in frame.sort("batch", "ms").group_by("batch", maintain_order=True):
        first = own.row(0, named=True)
        ours = {title: first[f"{key}_ms"] for key, title in _OURS.items()}
        rows += [[str(batch), name, f"{ms:.1f}", f"{ms / first['int8_ms']:.1f}", ""] for name, ms in ours.items()]
        for row in own.to_dicts():
            rows.append([str(batch), row["peer"], f"{row['ms']:.1f}", times_cell(row, "int8"), row["setup"]])
    return table(["batch", "program", "ms an image", "times pysnn's int8", "its fastest way"], rows)


def draw(frame: pl.DataFrame, path: Path = PLOT) -> None:
    """Draw the parts of the error along the depth: a column a network, a row a kind of neuron, sigma/threshold below."""
    from pysnn.plot.frame import COLOURS, new_figure

    colours = dict(zip(_PARTS, (COLOURS[name] for name in ("purple", "green", "orange", "red")), strict=True))
    frame = frame.filter(pl.col("steps") == _DRAWN_AT)
    stages = frame["stage"].unique(maintain_order=True).to_list()
    figure = new_figure(3.6 * len(stages), 8.2)
    panels = figure.subplots(3, len(stages), sharex=True, sharey="row", squeeze=False)
    for column, stage in enumerate(stages):
        own = frame.filter(pl.col("stage") == stage)
        end = own["depth"].max()
        for row, kind in enumerate(("behind the sum", "in the branch")):
            part = own.filter(pl.col("kind") == kind)
            axes = panels[row][column]
            for name, label in _PARTS.items():
                ratio = (part[name] / part["signal"]).to_numpy()
                axes.plot(part["depth"].to_numpy() / end, ratio, label=label, color=colours[name], linewidth=1.2)
            axes.set_yscale("log")
            axes.set_ylim(1e-2, 1e1)
            axes.axhline(1, color=COLOURS["grey"], linewidth=0.8)
            axes.grid(alpha=0.3)
        panels[0][column].set_title(stage)
        for kind, line in (("behind the sum", "-"), ("in the branch", ":"), ("end of the branch", "--")):
            part = own.filter(pl.col("kind") == kind)
            if part.height:
                panels[2][column].plot(
                    part["depth"].to_numpy() / end,
                    part["sigma_per_threshold"].to_numpy(),
                    line,
                    color=COLOURS["blue"],
                    linewidth=1.2,
                    label=kind,
                )
        panels[2][column].grid(alpha=0.3)
        panels[2][column].set_xlabel("depth, as a share")
    panels[0][0].set_ylabel("behind the sum:\nRMS error / RMS activation")
    panels[1][0].set_ylabel("in the branch:\nRMS error / RMS activation")
    panels[2][0].set_ylabel("sigma / threshold")
    panels[2][-1].set_ylim(bottom=0)
    for row in (0, 2):
        panels[row][-1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    figure.suptitle(f"ResNet-110 at T = {_DRAWN_AT}: what each layer adds to the error")
    figure.savefig(path, dpi=100)


def main() -> None:
    """Write the page and its plot."""
    draw(pl.read_parquet(TABLES / "ttrbr_errors.parquet"))
    for path in (PAGE, METHODS):
        path.write_text(page(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
