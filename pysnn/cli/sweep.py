"""``pysnn sweep``: run many conversions, see how far they are, collect what came out."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from pysnn.cli.errors import interruptible, reported
from pysnn.cli.outputs import TABLE, check_outputs
from pysnn.cli.show import show_rows
from pysnn.cli.streams import say
from pysnn.errors import SweepError
from pysnn.files.aside import check_folder
from pysnn.schemas import SCHEMAS
from pysnn.sweep.folder import SweepFolder
from pysnn.sweep.status import failures, status_table
from pysnn.tables import metadata, table_json, write_table

__all__ = ["sweep"]

sweep = typer.Typer(name="sweep", help="Convert and run at many points; what is done survives.", no_args_is_help=True)

Spec = Annotated[Path, typer.Argument(metavar="SPEC.toml", help="What to sweep.")]
Out = Annotated[Path | None, typer.Option(metavar="DIR", help="Where results go; the spec's own by default.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes; one a core by default.")]
Where = Annotated[
    str, typer.Option("--executor", metavar="NAME", help="processes, loky, dask-local or dask://HOST:PORT.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Target = Annotated[Path, typer.Argument(metavar="DIR|SPEC.toml", help="A sweep's folder, or its spec.")]

_SHORT = 12


def run(
    spec: Spec,
    shard: Annotated[str | None, typer.Option(metavar="i/n", help="Only shard i of n, i = 1..n.")] = None,
    executor: Where = "processes",
    workers: Workers = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Run what is not done yet; the same command goes on after any interruption."""
    _sweep(spec, out, executor, {"shard": _shard(shard), "workers": workers})
    _finish(_folder(spec, out), as_json=as_json)


def retry_failed(
    spec: Spec,
    executor: Where = "processes",
    workers: Workers = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Run the points that failed once more."""
    _sweep(spec, out, executor, {"workers": workers, "retry_failed": True})
    _finish(_folder(spec, out), as_json=as_json)


def status(target: Target, as_json: Json = False) -> None:
    """Say how many points are done, failed and left."""
    _show(_folder(target, None), as_json=as_json)


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


for command in (run, status, collect, retry_failed):
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
    about = {"job": spec.job, "spec": path.name}
    fixed: dict[str, Any] = {"data": job.digest, "files": job.files, "columns": SCHEMAS[job.schema], "about": about}
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


def _show(folder: SweepFolder, *, as_json: bool) -> int:
    """Print how far a sweep is, and give how many points failed."""
    table = status_table(folder)
    failed = failures(folder)
    if as_json:
        typer.echo(json.dumps(table_json(table, metadata(folder=str(folder.path), failures=failed))))
    else:
        show_rows(table.to_dicts(), str(folder.path))
        if failed:
            typer.echo()
            show_rows(
                [{**row, "point": row["point"][:_SHORT]} for row in failed], "Points that failed (the first ones)"
            )
    return int(table["failed"][0])


def _finish(folder: SweepFolder, *, as_json: bool) -> None:
    failed = _show(folder, as_json=as_json)
    if failed:
        raise SweepError(
            f"{failed} points failed; `pysnn sweep status` says why, `pysnn sweep retry-failed` tries again"
        )
