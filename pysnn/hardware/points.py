"""Totals of one network on one chip over many operating points: counts and mapping are made once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

from pysnn.activity import Activity
from pysnn.first_spike.network import FirstSpikeNetwork
from pysnn.hardware.case import check_points
from pysnn.hardware.chip import Chip
from pysnn.hardware.counts import count
from pysnn.hardware.estimate import EstimateOptions, PlacingKeywords, cases
from pysnn.hardware.pricing.energy import price_totals
from pysnn.network import Network

if TYPE_CHECKING:
    import polars as pl

__all__ = ["sweep_points"]


def sweep_points(
    network: Network | FirstSpikeNetwork,
    activity: Activity,
    *,
    chip: str | Chip,
    points: Sequence[Mapping[str, float]],
    steps: int | None = None,
    **options: Unpack[PlacingKeywords],
) -> "pl.DataFrame":
    """Return energy, latency and power at each operating point.

    Parameters
    ----------
    network, activity, steps
        As in :func:`~pysnn.hardware.estimate`.
    chip
        One chip.
    points
        Values of its operating points by name; those that are not named are nominal.
    **options
        Fields of :class:`EstimateOptions` but ``points``.

    Returns
    -------
    table
        Schema "operating_points": rows of schema "estimate" for totals, behind the number of the point and its values.

    Raises
    ------
    DataError
        As :func:`~pysnn.hardware.estimate`, and where a point lies outside the chip's range.

    Examples
    --------
    >>> import numpy as np
    >>> from pysnn import IF, Input, Linear, Output, run
    >>> net = Network.chain({"in": Input((2,)), "a": IF(), "fc": Linear(np.eye(2)), "b": IF(), "out": Output("count")})
    >>> activity = run(net, np.float32([[0.5, 1.0]]), steps=4).activity
    >>> table = sweep_points(net, activity, chip="truenorth", points=[{"step_time": ms} for ms in (0.5, 1.0)])
    >>> table.filter(table["term"] == "latency")["value"].to_list()
    [2.0, 4.0]
    """
    from pysnn.tables import make_table

    (base,) = cases(count(network, activity, steps), [chip], EstimateOptions(**options))
    for point in points:
        check_points(base.chip, point)
    names = list(base.chip.section("points"))
    rows: list[dict[str, Any]] = []
    for number, totals in enumerate(price_totals([replace(base, points=point) for point in points])):
        values = ", ".join(f"{name}={points[number].get(name, base.point(name)):g}" for name in names)
        rows += ({"point": number, "values": values, **row} for row in totals)
    return make_table("operating_points", rows)
