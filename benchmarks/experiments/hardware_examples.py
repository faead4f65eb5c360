"""Write docs/hardware_examples.md: networks of this repository on chips, beside published figures and ANNs.

``PYSNN_DATA=DIR python -m benchmarks.experiments.hardware_examples``
"""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.common import data_folder
from benchmarks.experiments.nmnist_network import STEPS as EVENT_STEPS
from benchmarks.experiments.nmnist_network import nmnist
from benchmarks.experiments.ttrbr_trials import NETWORKS
from benchmarks.markdown import table
from pysnn.activity import Activity
from pysnn.convert import convert
from pysnn.datasets.cifar import load_cifar10
from pysnn.datasets.idx import load_idx
from pysnn.files.first_spike import load as load_first_spike
from pysnn.files.psnn import load
from pysnn.first_spike import FirstSpikeNetwork, evaluate
from pysnn.hardware import Estimate, estimate, load_chip
from pysnn.hardware.spikes_only import SPIKES_ONLY
from pysnn.importers import resnet_cifar, vgg11_cifar
from pysnn.network import Network
from pysnn.simulation.simulator import run

__all__ = ["PAGE"]

PAGE = Path(__file__).parents[2] / "docs" / "hardware_examples.md"

_NETWORKS = Path(__file__).parents[1] / "networks"
_CHIPS = ("loihi1", "loihi1_sanafe", "truenorth", "spinnaker1", "cmos45")
_SAMPLES, _CALIBRATION = 64, 256

_HEAD = """# Worked examples of estimates

<!-- table: all -->
Made by `PYSNN_DATA=DIR python -m benchmarks.experiments.hardware_examples`. Energy in uJ a sample, [low, high] behind the nominal value; "at least":
something has no price, and the value is a lower bound. The outermost scope that has a price is shown. Baselines are on 45 nm CMOS with memory.

"""


def _energy(found: Estimate, chip: str, network: str = "snn") -> str:
    total = found.total(chip, network)
    if total is None:
        return "not priced"
    if total.high == float("inf"):
        return f"at least {total.value / 1e6:.4g} [{total.low / 1e6:.4g}, ]"
    return f"{total.value / 1e6:.4g} [{total.low / 1e6:.4g}, {total.high / 1e6:.4g}]"


def _operations(found: Estimate, network: str) -> float | None:
    table = found.table.filter((found.table["term"] == "synops") & (found.table["layer"] == ""))
    values = table.filter(table["network"] == network)["value"]
    return float(values[0]) if len(values) else None


def _section(title: str, found: Estimate, text: str) -> str:
    synops = _operations(found, "snn")
    broken = found.violations.group_by("chip", maintain_order=True).len().to_dicts()
    rows = [[f"spiking, {chip}", _energy(found, chip)] for chip in found.meta["chips"]]
    rows += [
        [f"spiking, spikes in the place of currents, {chip}", _energy(found, chip, SPIKES_ONLY)]
        for chip in found.meta["chips"]
        if found.total(chip, SPIKES_ONLY) is not None
    ]
    rows += [
        [name, _energy(found, "cmos45", name)]
        for name in ("ann_float32", "ann_int8", "ann_int8_zero_skip", "ann_low_bits")
    ]
    rules = "; ".join(f"{row['chip']}: {row['len']}" for row in broken) or "none"
    words = "\n".join(f"* {sentence}" for sentence in found.verdicts)
    again = _operations(found, SPIKES_ONLY)
    text += "" if again is None else f" {again:,.0f} synaptic operations where every spike is delivered again."
    head = f"## {title}\n\n{text} {found.meta['samples']:,} samples; {synops:,.0f} synaptic operations a sample. Rules that chips break: {rules}.\n\n"
    return head + table(["network", "energy (uJ a sample)"], rows) + f"\n\n{words}\n\n"


def _first_spike(name: str) -> tuple[FirstSpikeNetwork, Activity]:
    x, y = load_idx(data_folder() / "mnist", "test", None)
    network = load_first_spike(_NETWORKS / name).network
    activity = evaluate(network, x, y, threads=2).activity
    assert activity is not None
    return network, activity


def _temporal() -> Iterator[str]:
    network, activity = _first_spike("stdbp-mnist.psnn")
    found = estimate(network, activity, chips=_CHIPS)
    chip = load_chip("stdbp_accelerator").section("published")
    power, time = chip["power"].value, chip["latency"].value
    published = (
        f"Published for an accelerator: {power} mW and {time} ms an image, which is {power * time:.1f} uJ, at one operating point; it is no price list. Counts "
        "are up to the decision; event times have no time-step, so powers that act over time are not priced here."
    )
    yield _section("STDBP on MNIST", found, published)
    network, activity = _first_spike("sstdp-mnist.psnn")
    found = estimate(network, activity, chips=_CHIPS, steps=network.steps)
    additions, dense = float(activity.effective_acs[0]), activity.dense
    skipped = found.table.filter(
        (found.table["network"] == "ann_int8_zero_skip")
        & (found.table["term"] == "macs")
        & (found.table["layer"] == "")
    )
    text = (
        f"{additions:,.0f} additions up to the decision, against {dense:,} multiplications of the ANN, and {skipped['value'][0]:,.0f} of an ANN that "
        "skips zeros."
    )
    yield _section("SSTDP on MNIST", found, text)


def _deep() -> Iterator[str]:
    folder = data_folder()
    images, _ = load_cifar10(folder / "cifar10", "train", _CALIBRATION)
    given, _ = load_cifar10(folder / "cifar10", "test", _SAMPLES)
    for name in ("resnet20", "resnet110"):
        ann = resnet_cifar(folder / "pretrained" / f"{name}_cifar10.safetensors")
        network = convert(ann, images, "percentile", per_channel=True).network
        activity = run(network, given, steps=[4, 8]).activity
        for steps in (4, 8):
            found = estimate(network, activity, chips=_CHIPS, steps=steps)
            yield _section(f"{name} at T = {steps}", found, "Shortcuts carry spikes.")
    for name, trained in (("resnet20", "r20-pot4-C"), ("resnet110", "r110-pot8-C")):
        network = load(NETWORKS / f"{trained}.psnn").network
        activity = run(network, given, steps=[4, 8], precision="int8", probe=True).activity
        for steps in (4, 8):
            found = estimate(network, activity, chips=_CHIPS, steps=steps, weight_bits=8)
            text = f"Shortcuts carry currents (network {trained}), which is a violation where packets are spikes."
            yield _section(f"{name} with shortcuts of currents at T = {steps}", found, text)
    ann = vgg11_cifar(folder / "pretrained" / "vgg11_cifar10.safetensors")
    network = convert(ann, images, "percentile", per_channel=True).network
    yield _vgg(network, given)


def _vgg(network: Network, given: object) -> str:
    activity = run(network, given, steps=8, precision="int8").activity
    found = estimate(network, activity, chips=_CHIPS, steps=8, weight_bits=8)
    return _section("VGG-11 with 8-bit weights at T = 8", found, "Precision int8.")


def _events() -> Iterator[str]:
    task = nmnist()
    result = run(task.network, task.events, steps=EVENT_STEPS, coding="events", labels=task.labels, probe=True)
    found = estimate(task.network, result.activity, chips=_CHIPS, steps=EVENT_STEPS, weight_bits=7)
    cores = sum(row["cores"] for row in found.mapping.to_dicts() if row["chip"] == "loihi1")
    text = (
        f"Events of N-MNIST in {EVENT_STEPS} steps, a small network that was trained on 1,000 samples: {100 * result.accuracy[-1]:.0f} % of the held-out 100 "
        f"are right. Weights of 7 bits; {cores} cores of Loihi, as SLAYER has published for this shape. A float32 ANN needs a dense pass of the mean rates."
    )
    yield _section("N-MNIST, 2312-512-10", found, text)


def main() -> None:
    """Write the page."""
    PAGE.write_text(
        (_HEAD + "".join([*_temporal(), *_events(), *_deep()])).rstrip() + "\n<!-- end -->\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
