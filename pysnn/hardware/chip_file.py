"""Read a chip's file: every number with its words, and all numbers that the file's rules take."""

import tomllib
from collections.abc import Mapping
from typing import Any

from pysnn.errors import FileFormatError
from pysnn.frozen import FrozenDict
from pysnn.hardware.chip import COUNTS, FORMS, GRADES, MAPPINGS, SCOPES, SECTIONS, TIMINGS, Chip, Learning, Quantity

__all__ = ["parse_chip"]

_DRIVERS = (*COUNTS, "chips", "cores", "system", "clock", "steps")
_HEAD = ("title", "kind", "source", "mapping", "timing")
_WORDS = ("unit", "source", "grade", "scope")

_XYLO_CYCLES = ("input", "input_spike", "hidden", "recurrent", "spike", "output_spike", "output")
"""Names of the cycles that the timing "xylo" takes."""

_NEEDED: Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]] = {
    ("mapping", "loihi"): {
        "limits": (
            *("neurons_per_core", "cores", "synapse_words", "reserved_words", "fan_in", "delay_slots"),
            *("axons_in", "axons_out", "axons_out_across_chips"),
        )
    },
    ("mapping", "truenorth"): {"limits": ("axons_per_core", "neurons_per_core", "axon_types", "target_cores", "cores")},
    ("mapping", "xylo"): {"limits": ("fan_out",)},
    ("mapping", "single_core"): {"limits": ("neurons", "fan_in")},
    ("mapping", "neurons_per_core"): {"limits": ("neurons_per_core", "cores")},
    ("timing", "tick"): {"points": ("step_time",)},
    ("timing", "barrier"): {
        "delays": ("synops", "updates_active", "updates_inactive", "barrier", "management", "host")
    },
    ("timing", "throughput"): {"points": ("clock",)},
    ("timing", "xylo"): {"points": ("clock",), "cycles": _XYLO_CYCLES},
}
"""What a rule of mapping or timing takes from a chip's file."""


def parse_chip(name: str, text: str) -> Chip:
    """Read a chip's file.

    Raises
    ------
    FileFormatError
        The file is no TOML, or a number lacks its unit, source, grade or scope; the message names it.

    Examples
    --------
    >>> parse_chip("mine", 'title = "Mine"')
    Traceback (most recent call last):
    pysnn.errors.FileFormatError: chip 'mine': key 'kind' is missing
    """
    data = _read(name, text)
    included = data.get("included", {})
    for key, why in included.items():
        if key not in COUNTS or not isinstance(why, str) or not why:
            raise FileFormatError(f"chip '{name}': included.{key}: expected a count and a reason, got {why!r}")
    sections = {
        part: FrozenDict(
            {key: _quantity(f"chip '{name}': {part}.{key}", part, given) for key, given in data.get(part, {}).items()}
        )
        for part in SECTIONS
    }
    _check_rules(name, data, sections)
    _check_numbers(name, data, sections)
    head = {key: str(data[key]) for key in _HEAD}
    learning = _learning(name, data["learning"]) if "learning" in data else None
    return Chip(name=name, **head, sections=FrozenDict(sections), included=FrozenDict(included), learning=learning)


def _learning(name: str, given: Any) -> Learning:
    keys = ("engine", "forms", "source", "grade")
    where = f"chip '{name}': learning"
    if not isinstance(given, dict) or set(given) != set(keys):
        raise FileFormatError(f"{where}: expected a table with {', '.join(keys)}, got {given!r:.80}")
    for word, allowed in (("forms", FORMS), ("grade", GRADES)):
        if given[word] not in allowed:
            raise FileFormatError(f"{where}: {word}: expected one of {', '.join(allowed)}, got {given[word]!r:.60}")
    for word in ("engine", "source"):
        if not isinstance(given[word], str) or not given[word]:
            raise FileFormatError(f"{where}: {word}: expected words, got {given[word]!r:.60}")
    return Learning(**given)


def _read(name: str, text: str) -> dict[str, Any]:
    """Return the tables of a file whose keys are those that there are."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FileFormatError(f"chip '{name}': expected TOML, got {error}") from error
    for key in _HEAD:
        if key not in data:
            raise FileFormatError(f"chip '{name}': key '{key}' is missing")
    for key, allowed in (("kind", ("priced", "limits")), ("mapping", MAPPINGS), ("timing", TIMINGS)):
        if data[key] not in allowed:
            raise FileFormatError(f"chip '{name}': {key}: expected one of {', '.join(allowed)}, got {data[key]!r}")
    unknown = [key for key in data if key not in (*_HEAD, *SECTIONS, "included", "learning")]
    if unknown:
        raise FileFormatError(f"chip '{name}': there is no key '{unknown[0]}', expected {', '.join(SECTIONS)}")
    for part in (*SECTIONS, "included"):
        if not isinstance(data.get(part, {}), dict):
            raise FileFormatError(f"chip '{name}': {part}: expected a table, got {data[part]!r:.60}")
    return data


def _check_rules(name: str, data: Mapping[str, Any], sections: Mapping[str, Mapping[str, Quantity]]) -> None:
    """Check that the rules of the file have the numbers that they take."""
    needed = [(f"{rule} = '{data[rule]}'", _NEEDED.get((rule, data[rule]), {})) for rule in ("mapping", "timing")]
    needed.append(("a power of the clock", {"points": ("clock",)} if _clocked(sections) else {}))
    needed.append(("memory", {"memory": ("sram", "sram_exponent")} if sections["memory"] else {}))
    for rule, parts in needed:
        for part, words in parts.items():
            for word in words:
                if word not in sections[part]:
                    raise FileFormatError(f"chip '{name}': {part}.{word} is missing, which {rule} takes")


def _check_numbers(name: str, data: Mapping[str, Any], sections: Mapping[str, Mapping[str, Quantity]]) -> None:
    """Check names of cycles and cores, that limits are whole numbers, and the voltage."""
    if data["timing"] == "xylo" and (unknown := set(sections["cycles"]) - set(_XYLO_CYCLES)):
        raise FileFormatError(
            f"chip '{name}': cycles: there is no '{min(unknown)}', expected {', '.join(_XYLO_CYCLES)}"
        )
    rooms = [list(sections[part]) for part in ("kernel_memory", "neuron_memory")]
    if data["mapping"] == "speck" and (not rooms[0] or rooms[0] != rooms[1]):
        raise FileFormatError(f"chip '{name}': speck: expected kernel_memory and neuron_memory of the same cores")
    for part in ("limits", "kernel_memory", "neuron_memory"):
        for word, q in sections[part].items():
            if q.value < 1 or q.value != int(q.value):
                raise FileFormatError(f"chip '{name}': {part}.{word}: expected a whole number from 1, got {q.value:g}")
    for word, q in sections["points"].items():
        if q.low <= 0:
            raise FileFormatError(
                f"chip '{name}': points.{word}: expected a range above 0, got {q.low:g} to {q.high:g}"
            )
    voltage, profile = sections["points"].get("voltage"), sections["technology"].get("voltage")
    if voltage is not None and (profile is None or voltage.value != profile.value):
        raise FileFormatError(f"chip '{name}': points.voltage: expected technology.voltage as its value")


def _clocked(sections: Mapping[str, Mapping[str, Quantity]]) -> bool:
    return any(quantity.per == "clock" for quantity in sections["powers"].values())


def _quantity(where: str, section: str, given: Any) -> Quantity:
    if not isinstance(given, dict):
        raise FileFormatError(f"{where}: expected a table with value, unit, source, grade and scope, got {given!r:.60}")
    for word in _WORDS:
        if not isinstance(given.get(word), str) or not given[word]:
            raise FileFormatError(f"{where}: '{word}' is missing")
    for word, allowed in (("grade", GRADES), ("scope", SCOPES)):
        if given[word] not in allowed:
            raise FileFormatError(f"{where}: {word}: expected one of {', '.join(allowed)}, got {given[word]!r}")
    per = given.get("per", "")
    if section in ("prices", "powers", "delays", "cycles") and per not in _DRIVERS:
        raise FileFormatError(f"{where}: per: expected one of {', '.join(_DRIVERS)}, got {per!r}")
    unknown = [key for key in given if key not in (*_WORDS, "low", "value", "high", "per")]
    if unknown:
        raise FileFormatError(f"{where}: there is no key '{unknown[0]}'")
    value = given.get("value")
    numbers = (given.get("low", value), value, given.get("high", value))
    if any(isinstance(n, bool) or not isinstance(n, int | float) for n in numbers):
        raise FileFormatError(f"{where}: expected a number as 'value', and as 'low' and 'high' if there are any")
    low, nominal, high = (float(n) for n in numbers if n is not None)
    if not 0 <= low <= nominal <= high < float("inf"):
        raise FileFormatError(f"{where}: expected 0 <= low <= value <= high, got {low}, {nominal}, {high}")
    return Quantity(low, nominal, high, per=per, **{word: given[word] for word in _WORDS})
