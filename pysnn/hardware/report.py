"""Estimates as documents: Markdown and LaTeX tables, and a methods paragraph with equations and citations."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysnn.errors import DataError
from pysnn.files.aside import write_aside

if TYPE_CHECKING:
    from pysnn.hardware.estimate import Estimate

__all__ = ["latex", "markdown", "methods", "write_report"]

_TERMS = ("energy_total", "latency", "power")
_COLUMNS = ("network", "chip", "term", "low", "value", "high", "unit", "scope", "grade")

_EQUATIONS = (
    "Energy per sample is E = t (P_static + P_management + P_clock f) + sum over counts n_k e_k, "
    "with n_k the exact number of synaptic operations (spikes times real fan-out, padding cut, zero weights left out), neuron updates, spikes, "
    "packets and hops of the run, and e_k their marginal energies. "
    "Every e_k is an interval (low, nominal, high); sums of intervals are intervals, and where a count has no published price the total is "
    "reported as a lower bound."
)

_PLASTIC = (
    "The run is one sample. Plastic synapses pass spikes whatever their weight, so zero weights are counted too; a plastic update is a synapse visited by "
    "an arriving spike, by a spike of its target, or by a reward."
)


def methods(estimate: "Estimate") -> str:
    """Return a paragraph for a paper: what was counted, the equations, and the source of every price used.

    Examples
    --------
    >>> import numpy as np
    >>> from pysnn import IF, Input, Linear, Network, Output, run
    >>> from pysnn.hardware import estimate
    >>> net = Network.chain({"in": Input((1,)), "a": IF(), "fc": Linear([[1.0]]), "b": IF(), "out": Output("count")})
    >>> found = estimate(net, run(net, np.float32([[0.5]]), steps=4).activity, chips=["odin"])
    >>> "Frenkel" in methods(found)
    True
    """
    table, meta = estimate.table, estimate.meta
    used = table.filter(
        table["term"].str.starts_with("energy_") & table["value"].is_not_null() & (table["grade"] != "included")
    )
    used = used.filter(~used["term"].is_in(["energy_total", "energy_delay"]) & (used["layer"] == ""))
    sources = {f"{row['chip']}: {row['source']}" for row in used.to_dicts()}
    missing = table.filter(
        (table["grade"] == "not_priced") & table["term"].str.starts_with("energy_") & (table["layer"] == "")
    )
    missing = missing.filter(missing["term"] != "energy_delay")
    lost = sorted({f"{row['chip']}: {row['term'].removeprefix('energy_')}" for row in missing.to_dicts()})
    run = f"over {meta['samples']} samples at T = {meta['steps']}"
    if "seconds" in meta:
        run = f"in one run of {meta['seconds']:g} s, {meta['steps']} steps"
    parts = [
        f"Operations were counted exactly {run} with pysnn {meta['pysnn']}.",
        _EQUATIONS,
        *([_PLASTIC] if "seconds" in meta else []),
        "Prices: " + "; ".join(sorted(sources)) + ".",
    ]
    if lost:
        parts.append("Not priced: " + "; ".join(lost) + ".")
    return " ".join(parts)


def markdown(estimate: "Estimate") -> str:
    """Return the totals, the mapping, what does not fit, the verdicts and the methods as Markdown."""
    lines = ["## Estimate", "", *_markdown_table(_COLUMNS, _totals(estimate))]
    for title, frame in (("Cores", estimate.mapping), ("What does not fit", estimate.violations)):
        if not frame.is_empty():
            lines += ["", f"## {title}", "", *_markdown_table(tuple(frame.columns), frame.to_dicts())]
    lines += [
        "",
        "## In words",
        "",
        *(f"* {sentence}" for sentence in estimate.verdicts),
        "",
        "## Methods",
        "",
        methods(estimate),
        "",
    ]
    return "\n".join(lines)


def latex(estimate: "Estimate") -> str:
    """Return the totals as a LaTeX table, and the methods below it."""
    head = " & ".join(_escaped(name) for name in _COLUMNS) + r" \\"
    body = [" & ".join(_escaped(_text(row[name])) for name in _COLUMNS) + r" \\" for row in _totals(estimate)]
    columns = "lll" + "r" * 3 + "lll"
    lines = [
        rf"\begin{{tabular}}{{{columns}}}",
        r"\hline",
        head,
        r"\hline",
        *body,
        r"\hline",
        r"\end{tabular}",
        "",
        _escaped(methods(estimate)),
    ]
    return "\n".join(lines) + "\n"


def write_report(estimate: "Estimate", path: str | os.PathLike[str]) -> Path:
    """Write ``.md`` or ``.tex``, aside first, then renamed.

    Raises
    ------
    DataError
        The name has another ending.
    """
    target = Path(path)
    makers = {".md": markdown, ".tex": latex}
    make = makers.get(target.suffix.lower())
    if make is None:
        raise DataError(f"report: expected a name that ends with .md or .tex, got '{target}'")
    text = make(estimate)
    return write_aside(target, lambda aside: aside.write_text(text, encoding="utf-8"))


def _totals(estimate: "Estimate") -> list[dict[str, Any]]:
    table = estimate.table
    return table.filter((table["layer"] == "") & table["term"].is_in(_TERMS)).to_dicts()


def _markdown_table(columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> list[str]:
    lines = ["| " + " | ".join(columns) + " |", "| " + " | ".join("---" for _ in columns) + " |"]
    return lines + ["| " + " | ".join(_text(row[name]).replace("|", "\\|") for name in columns) + " |" for row in rows]


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)


def _escaped(text: str) -> str:
    kept = text.replace("\\", r"\textbackslash{}")
    for sign in "&%$#_{}":
        kept = kept.replace(sign, "\\" + sign) if sign not in "{}" else kept
    return kept.replace("<", r"$<$").replace(">", r"$>$").replace("^", r"\^{}").replace("~", r"\~{}")
