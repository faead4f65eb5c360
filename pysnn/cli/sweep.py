"""``pysnn sweep``: run many conversions, see how far they are, collect what came out."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pysnn.cli.errors import interruptible, reported
from pysnn.cli.outputs import TABLE, check_outputs
from pysnn.cli.show import show_rows
from pysnn.cli.streams import say
from pysnn.errors import SweepError
from pysnn.files.aside import check_folder
from pysnn.sweep.best import best_first, order_in_words, telling
from pysnn.sweep.folder import SweepFolder
from pysnn.sweep.status import failures, status_table
from pysnn.tables import metadata, table_json, write_table

if TYPE_CHECKING:
    import polars as pl

__all__ = ["sweep"]

sweep = typer.Typer(name="sweep", help="Convert and run at many points; what is done survives.", no_args_is_help=True)

Spec = Annotated[Path, typer.Argument(metavar="SPEC.toml", help="What to sweep.")]
Out = Annotated[Path | None, typer.Option(metavar="DIR", help="Where results go; the spec's own by default.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes; one a core by default.")]
Where = Annotated[
    str, typer.Option("--executor", metavar="NAME", help="processes, loky, dask-local or dask://HOST:PORT.")
]
Best = Annotated[int, typer.Option("--best", min=0, metavar="N", help="Rows to print, best first.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Target = Annotated[Path, typer.Argument(metavar="DIR|SPEC.toml", help="A sweep's folder, or its spec.")]

_SHORT = 12


def run(
    spec: Spec,
    shard: Annotated[str | None, typer.Option(metavar="i/n", help="Only shard i of n, i = 1..n.")] = None,
    executor: Where = "processes",
    workers: Workers = None,
    out: Out = None,
    best_rows: Best = 10,
    as_json: Json = False,
) -> None:
    """Run what is not done yet; the same command goes on after any interruption."""
    _sweep(spec, out, executor, {"shard": _shard(shard), "workers": workers})
    _finish(_folder(spec, out), best_rows, as_json=as_json)


def retry_failed(
    spec: Spec,
    executor: Where = "processes",
    workers: Workers = None,
    out: Out = None,
    best_rows: Best = 10,
    as_json: Json = False,
) -> None:
    """Run the points that failed once more."""
    _sweep(spec, out, executor, {"workers": workers, "retry_failed": True})
    _finish(_folder(spec, out), best_rows, as_json=as_json)


def status(target: Target, as_json: Json = False) -> None:
    """Say how many points are done, failed and left."""
    _show(_folder(target, None), as_json=as_json)


def best(
    target: Target,
    by: Annotated[
        str | None,
        typer.Option(metavar="COLUMN[,-COLUMN...]", help="Largest first, or -smallest; the job's own by default."),
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="Rows.")] = 10,
    as_json: Json = False,
) -> None:
    """Print rows, best first."""
    folder = _folder(target, None)
    order = _order(folder) if by is None else [name.strip() for name in by.split(",")]
    if not order:
        raise typer.BadParameter("--by: this sweep does not say what is best, so name a column")
    found = best_first(folder.table(folder.plan()["points"]), order).head(count)
    if as_json:
        typer.echo(json.dumps(table_json(found, metadata(folder=str(folder.path), by=order))))
    elif found.height:
        _show_best(found, order)
    else:
        say("pysnn sweep best: no point is done yet, or all have failed")


def collect(
    target: Target,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The table: .parquet, .csv or .json.")],
    as_json: Json = False,
) -> None:
    """Write the rows of all points, each once, in the order of the spec."""
    check_outputs({"--out": (out, TABLE)}, [target])
    folder = _folder(target, None)
    plan = folder.plan()
    table = folder.table(plan["points"])
    meta = metadata(**{name: value for name, value in plan.items() if name not in {"points", "columns"}})
    write_table(table, out, meta)
    missing = len(plan["points"]) - table["point"].n_unique()
    if missing:
        say(f"pysnn sweep collect: {missing} of {len(plan['points'])} points are not there yet")
    if as_json:
        typer.echo(json.dumps(table_json(table, meta)))
    else:
        typer.echo(f"{out}: {table.height} rows of {table['point'].n_unique()} points")


for command in (run, status, best, collect, retry_failed):
    name = command.__name__.replace("_", "-")
    sweep.command(name)(reported(command, f"sweep {name}"))


def _sweep(path: Path, out: Path | None, executor: str, options: dict[str, Any]) -> None:
    from pysnn.processors import usable_threads
    from pysnn.progress import Progress
    from pysnn.sweep import SweepOptions
    from pysnn.sweep import sweep as run_sweep
    from pysnn.sweep.executors.registry import check_executor
    from pysnn.sweep.spec import load_spec

    local = check_executor(executor).local
    # Workers elsewhere have another working folder.
    spec = load_spec(path if local else path.absolute())
    folder = out or spec.out
    check_folder(folder)
    threads = max(1, usable_threads() // SweepOptions(**options).processes) if local else 1
    job = replace(spec.run, threads=threads)
    about = {"job": spec.job, "spec": path.name, "best": list(job.best)}
    fixed: dict[str, Any] = {"data": job.digest, "files": job.files, "columns": job.columns, "about": about}
    kept = f"the points that are done are kept in '{folder}'; the same command goes on"
    with interruptible(lambda: kept), Progress("sweep") as progress:
        run_sweep(job, spec.space, executor, out=folder, progress=progress, **fixed, **options)


def _folder(target: Path, out: Path | None) -> SweepFolder:
    """Return the folder of a sweep that is named by itself or by its spec."""
    from pysnn.sweep.spec import load_spec

    return SweepFolder(out or (load_spec(target).out if target.is_file() else target))


def _shard(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    index, slash, count = text.partition("/")
    if not (slash and index.isdecimal() and count.isdecimal() and 1 <= int(index) <= int(count)):
        raise typer.BadParameter(f"expected i/n with i = 1..n, got '{text}'", param_hint="--shard")
    return int(index), int(count)


def _order(folder: SweepFolder) -> list[str]:
    """Return by which columns the rows of a sweep are ordered; a sweep from Python says nothing of it."""
    return [str(name) for name in folder.plan().get("best", ())]


def _show(folder: SweepFolder, best_rows: int = 0, *, as_json: bool) -> int:
    """Print how far a sweep is, and the best rows, and give how many points failed."""
    table = status_table(folder)
    failed = failures(folder)
    order = _order(folder) if best_rows else []
    found = best_first(folder.table(folder.plan()["points"]), order).head(best_rows) if order else None
    if as_json:
        told = {} if found is None else {"best": table_json(found, {})["rows"]}
        typer.echo(json.dumps(table_json(table, metadata(folder=str(folder.path), failures=failed, **told))))
        return int(table["failed"][0])
    show_rows(table.to_dicts(), str(folder.path))
    if failed:
        typer.echo()
        show_rows([{**row, "point": row["point"][:_SHORT]} for row in failed], "Points that failed (the first ones)")
    if found is not None and found.height:
        typer.echo()
        _show_best(found, order)
    return int(table["failed"][0])


def _show_best(found: "pl.DataFrame", order: list[str]) -> None:
    typer.echo(f"Best first: {order_in_words(order)}")
    show_rows(telling(found, order).to_dicts())


def _finish(folder: SweepFolder, best_rows: int, *, as_json: bool) -> None:
    failed = _show(folder, best_rows, as_json=as_json)
    if failed:
        raise SweepError(
            f"{failed} points failed; `pysnn sweep status` says why, `pysnn sweep retry-failed` tries again"
        )
