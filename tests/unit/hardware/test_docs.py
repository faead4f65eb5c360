"""The example in docs/adding_a_chip.md is a chip."""

import re
from pathlib import Path

from pysnn.hardware import estimate, map_network, parse_chip
from tests.unit.hardware.networks import counted_run, dense_net

DOCS = Path(__file__).parents[3] / "docs"


def test_the_example_of_a_chip_works() -> None:
    text = re.search(r"```toml\n(.*?)```", (DOCS / "adding_a_chip.md").read_text(encoding="utf-8"), re.DOTALL)
    assert text is not None
    chip = parse_chip("mine", text[1])
    net = dense_net()
    assert map_network(net, chip)["cores"].to_list() == [1, 1]
    found = estimate(net, counted_run(net), chips=[chip], steps=6).total("mine")
    assert found is not None
    assert found.low < found.value < found.high


def test_the_example_of_an_estimate_runs() -> None:
    code = re.search(r"```python\n(.*?)```", (DOCS / "hardware.md").read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None
    scope: dict[str, object] = {}
    exec(compile(code[1], "hardware.md", "exec"), scope)  # noqa: S102
    assert scope["found"].table.height  # type: ignore[attr-defined]
