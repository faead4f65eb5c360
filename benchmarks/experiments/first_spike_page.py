"""Write docs/first_spike_results.md from the tables of benchmarks.experiments.first_spike_accuracy: no figure there is typed by hand."""

from pathlib import Path

import polars as pl

from benchmarks.experiments.first_spike_tasks import TASKS
from benchmarks.intervals import accuracy_cell, verdict
from benchmarks.markdown import fill, table

__all__ = ["PAGE", "TABLES", "page"]

TABLES = Path(__file__).parents[1] / "tables"
PAGE = Path(__file__).parents[2] / "docs" / "first_spike_results.md"


def page(text: str, tables: Path = TABLES) -> str:
    """Return the page with its tables made again; a task without a table says so."""
    files = {name: tables / f"first_spike_{name}.parquet" for name in TASKS}
    frames = {name: pl.read_parquet(file) for name, file in files.items() if file.exists()}
    return fill(text, lambda key: _MADE[key](frames))


def _accuracy(frames: dict[str, pl.DataFrame]) -> str:
    rows = []
    for name, task in TASKS.items():
        goal = "" if task.goal is None else f"{task.goal:.1f}"
        if name not in frames:
            rows.append([task.title, goal, "not run", "", "", "", "", "", ""])
            continue
        own = frames[name]
        found = float(own["accuracy"].to_numpy().mean()), int(own["samples"].to_numpy()[0])
        said = "" if task.goal is None else verdict(found[0], task.goal / 100, found[1])
        seeds = ", ".join(f"{100 * value:.2f}" for value in own["accuracy"])
        spread = f"{100 * own['accuracy'].to_numpy().std(ddof=1):.2f}"
        means = [f"{100 * own[column].to_numpy().mean():.2f}" for column in ("validation_accuracy", "accuracy_int8")]
        rows.append(
            [task.title, goal, accuracy_cell(*found), said, seeds, spread, *means, _spread(own, "ties", 100, 2)]
        )
    head = ["network", "asked for", "test, %", "", "seeds", "sd of the seeds", "validation, %", "8-bit weights, %"]
    return table([*head, "ties, %"], rows)


def _cost(frames: dict[str, pl.DataFrame]) -> str:
    needed = {row["network"]: row for row in pl.read_parquet(TABLES / "ann_costs.parquet").to_dicts()}
    rows = []
    for name, own in frames.items():
        macs, nonzero = needed[name]["macs"], needed[name]["nonzero"]
        counts = [own[column].to_numpy().mean() for column in ("additions_decision", "additions_end")]
        shares = [f"{count:,.0f} ({100 * count / macs:.0f} %, {100 * count / nonzero:.0f} %)" for count in counts]
        times = " / ".join(f"{own[f'decision_time_{kind}'].to_numpy().mean():.2f}" for kind in ("mean", "p50", "p90"))
        spikes = [
            f"{own[column].to_numpy().mean():.3f}" for column in ("spikes_per_neuron_decision", "spikes_per_neuron")
        ]
        anns = [f"{macs:,}", f"{nonzero:,.0f}"]
        rows.append([TASKS[name].title, *spikes, times, *shares, *anns, _spread(own, "dead", 100, 1)])
    names = ["network", "spikes a neuron to the decision", "to the end", "decision time: mean / median / 90 %"]
    names += [
        "additions to the decision",
        "to the end",
        "MACs of the ANN",
        "with zeros of the input skipped",
        "dead, %",
    ]
    return table(names, rows)


def _settings(frames: dict[str, pl.DataFrame]) -> str:
    rows = []
    for name, task in TASKS.items():
        seconds = f"{frames[name]['training_seconds'].to_numpy().mean():,.0f}" if name in frames else ""
        options = ", ".join(f"{key} {value}" for key, value in task.options.items())
        rows.append([f"`{name}`", f"`{task.rule}`", f"`{options}`", seconds])
    return table(["task", "rule", "options", "seconds a training"], rows)


def _spread(own: pl.DataFrame, column: str, factor: float, digits: int) -> str:
    values = factor * own[column].to_numpy()
    return f"{values.mean():.{digits}f} ± {values.std(ddof=1):.{digits}f}"


_MADE = {"accuracy": _accuracy, "cost": _cost, "settings": _settings}


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"wrote {PAGE}")
