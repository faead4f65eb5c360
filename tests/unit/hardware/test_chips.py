"""Every chip's file: each number with unit, source, grade and scope; and what a wrong file is told."""

import re
from importlib.resources import files

import pytest

from pysnn.errors import DataError, FileFormatError
from pysnn.hardware import chip_names, chip_table, load_chip, parse_chip
from pysnn.hardware.chip import COUNTS, GRADES, SCOPES

GOOD = """title = "T"
kind = "priced"
source = "S"
mapping = "none"
timing = "none"
[prices.synops]
value = 1.0
unit = "pJ"
source = "S"
grade = "published"
scope = "chip"
per = "synops"
"""


@pytest.mark.parametrize("name", chip_names())
def test_every_number_says_what_it_is(name: str) -> None:
    chip = load_chip(name)
    quantities = [(s, n, q) for s, held in chip.sections.items() for n, q in held.items()]
    assert quantities
    for section, _, q in quantities:
        assert q.unit
        assert q.source
        assert q.grade in GRADES
        assert q.scope in SCOPES
        assert 0 <= q.low <= q.value <= q.high
        if section == "prices":
            assert q.per in COUNTS
            assert q.unit == "pJ"
    assert (chip.kind == "priced") == bool(chip.section("prices"))
    assert set(chip.included) <= set(COUNTS) - {q.per for q in chip.section("prices").values()}


def test_the_chips_that_the_docs_promise_are_there() -> None:
    wanted = {"loihi1", "truenorth", "speck", "xylo", "spinnaker1", "odin", "cmos45", "loihi2", "akida", "tianjic"}
    assert wanted <= set(chip_names())
    table = chip_table()
    assert table.columns == ["chip", "title", "kind", "source"]
    assert table.filter(table["chip"].is_in(["loihi2", "akida", "tianjic"]))["kind"].unique().to_list() == ["limits"]


@pytest.mark.parametrize("word", ["unit", "source", "grade", "scope"])
def test_a_number_without_its_words_is_refused(word: str) -> None:
    text = "\n".join(line for k, line in enumerate(GOOD.splitlines()) if k < 5 or not line.startswith(f"{word} ="))
    with pytest.raises(FileFormatError, match=rf"prices\.synops: '{word}' is missing"):
        parse_chip("t", text)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"published"', '"guess"', "grade: expected one of"),
        ('scope = "chip"', 'scope = "room"', "scope: expected one of"),
        ("value = 1.0", "value = -1.0", "expected 0 <= low <= value <= high"),
        ("value = 1.0", "value = nan", "expected 0 <= low <= value <= high"),
        ("value = 1.0", "value = true", "expected a number"),
        ("value = 1.0", "low = 2.0\nvalue = 1.0", "expected 0 <= low <= value <= high"),
        ('per = "synops"', 'per = "spells"', "per: expected one of"),
        ('kind = "priced"', 'kind = "free"', "kind: expected one of"),
        ('timing = "none"', 'timing = "none"\ncolour = 1', "there is no key 'colour'"),
        ("value = 1.0", "value = ", "expected TOML"),
        ('title = "T"\n', "", "key 'title' is missing"),
        ("value = 1.0", "value = 1.0\nnominal = 2", "there is no key 'nominal'"),
    ],
)
def test_a_damaged_file_is_refused(old: str, new: str, message: str) -> None:
    assert parse_chip("t", GOOD).section("prices")["synops"].value == 1.0
    with pytest.raises(FileFormatError, match=message):
        parse_chip("t", GOOD.replace(old, new, 1))


def test_an_unknown_chip_is_answered_with_names_like_it() -> None:
    with pytest.raises(DataError, match=r"did you mean .*loihi1"):
        load_chip("loihi")
    with pytest.raises(DataError, match="There are akida"):
        load_chip("zzzz")
    with pytest.raises(DataError, match="expected a name"):
        load_chip(3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("loihi1", "limits.axons_out"),
        ("loihi1", "delays.barrier"),
        ("truenorth", "limits.axon_types"),
        ("truenorth", "points.step_time"),
        ("xylo", "limits.fan_out"),
        ("xylo", "cycles.recurrent"),
        ("odin", "limits.neurons"),
        ("odin", "points.clock"),
        ("spinnaker1", "limits.neurons_per_core"),
        ("cmos45", "memory.sram_exponent"),
    ],
)
def test_a_file_without_a_number_that_its_rules_take_is_refused(name: str, missing: str) -> None:
    text = files("pysnn.hardware").joinpath("data", f"{name}.toml").read_text(encoding="utf-8")
    assert parse_chip(name, text).name == name
    cut = re.sub(rf"^\[{re.escape(missing)}\]\n(.+\n)*", "", text, flags=re.MULTILINE)
    with pytest.raises(FileFormatError, match=rf"{re.escape(missing)} is missing"):
        parse_chip(name, cut)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (
            "speck",
            "[neuron_memory.core8]",
            "[neuron_memory.core9]",
            "kernel_memory and neuron_memory of the same cores",
        ),
        ("xylo", "[cycles.recurrent]", "[cycles.colour]", "cycles.recurrent is missing"),
        (
            "xylo",
            "[limits.fan_out]\nvalue = 64",
            "[limits.fan_out]\nvalue = 0",
            "limits.fan_out: expected a whole number",
        ),
        (
            "odin",
            "[limits.neurons]\nvalue = 256",
            "[limits.neurons]\nvalue = 2.5",
            "limits.neurons: expected a whole number",
        ),
        ("odin", "value = 0.55\nhigh = 1.0", "value = 0.6\nhigh = 1.0", "points.voltage: expected technology.voltage"),
        ("odin", "low = 1.3", "low = 0.0", "points.clock: expected a range above 0, got 0 to 75"),
        ("odin", "# What", "limits2 = 1\n# What", "there is no key|expected"),
    ],
)
def test_numbers_that_do_not_go_together(name: str, old: str, new: str, message: str) -> None:
    text = files("pysnn.hardware").joinpath("data", f"{name}.toml").read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(FileFormatError, match=message):
        parse_chip(name, text.replace(old, new, 1))


@pytest.mark.parametrize("part", ["limits", "prices", "included"])
def test_a_part_that_is_no_table(part: str) -> None:
    head = GOOD.split("[prices", maxsplit=1)[0]
    with pytest.raises(FileFormatError, match=rf"{part}: expected a table, got 3"):
        parse_chip("t", f"{head}{part} = 3\n")


def test_xylo_knows_its_cycles_only() -> None:
    text = files("pysnn.hardware").joinpath("data", "xylo.toml").read_text(encoding="utf-8")
    extra = re.search(r"\[cycles\.input\]\n(?:.+\n)*", text)
    assert extra is not None
    with pytest.raises(FileFormatError, match="cycles: there is no 'colour'"):
        parse_chip("xylo", text + "\n" + extra[0].replace("cycles.input", "cycles.colour"))
