"""An exported network as C source: an array of constant bytes, which a linker leaves in flash memory."""

import re
from typing import NamedTuple

from pysnn.errors import DataError

__all__ = ["CSource", "c_source"]

_A_LINE = 20


class CSource(NamedTuple):
    """The two files: ``NAME.h`` declares the array, ``NAME.c`` has it."""

    name: str
    header: str
    source: str


def c_source(data: bytes, stem: str) -> CSource:
    """Return C99 source for the bytes of an exported network; names are made of the file's.

    Raises
    ------
    DataError
        No letter, digit or underscore of ASCII is in the file's name.

    Examples
    --------
    >>> print(c_source(bytes([1, 255]), "my-net").source)
    #include "my_net.h"
    <BLANKLINE>
    PYSNN_ALIGNED const unsigned char my_net[MY_NET_SIZE] = {
    1,255,
    };
    <BLANKLINE>
    """
    name = re.sub(r"\W+", "_", stem, flags=re.ASCII).strip("_")
    if not name:
        raise DataError(f"'{stem}': expected a letter or a digit in the name, of which a C array can be named")
    if name[0].isdigit():
        name = f"net_{name}"
    size = f"{name.upper()}_SIZE"
    rows = "\n".join(",".join(map(str, data[at : at + _A_LINE])) + "," for at in range(0, len(data), _A_LINE))
    header = f"""#ifndef {name.upper()}_H
#define {name.upper()}_H

/* Arrays of a network are read where they lie, at multiples of 64 bytes. */
#ifndef PYSNN_ALIGNED
#if defined(__cplusplus)
#define PYSNN_ALIGNED alignas(64)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define PYSNN_ALIGNED _Alignas(64)
#else
#define PYSNN_ALIGNED __attribute__((aligned(64)))
#endif
#endif

#define {size} {len(data)}

#ifdef __cplusplus
extern "C" {{
#endif
extern const unsigned char {name}[{size}];
#ifdef __cplusplus
}}
#endif

#endif
"""
    source = f'#include "{name}.h"\n\nPYSNN_ALIGNED const unsigned char {name}[{size}] = {{\n{rows}\n}};\n'
    return CSource(name, header, source)
