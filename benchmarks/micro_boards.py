"""Emulated boards: how a network and a C program are linked for each, and how it is run there."""

import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from pysnn.export.c_source import c_source

__all__ = ["BOARDS", "Board", "missing_tool"]

ROOT = Path(__file__).parents[1]
ABI = ROOT / "rust" / "abi"
BARE = ABI / "suite" / "bare"
LIBRARIES = ROOT / "dist" / "edge" / "micro"
_C = (
    "-std=c11",
    "-Os",
    "-ffreestanding",
    "-nostdlib",
    "-ffunction-sections",
    "-Wl,--gc-sections,-z,noexecstack",
    "-Werror",
)


@dataclass(frozen=True)
class Board:
    """A processor, its compiler, its emulator, and bytes of memory that the suite may use."""

    name: str
    library: str
    compiler: tuple[str, ...]
    emulator: tuple[str, ...]
    memory: str
    room: int
    system: str
    flash: str = "256K"
    libraries: tuple[str, ...] = ("-lc_nano", "-lgcc")

    def dense(self) -> "Board":
        """Return the same with the library for dense layers alone."""
        return replace(self, library=f"{self.library}-dense")

    def missing(self) -> str:
        """Return what is not installed, or an empty string."""
        tools = [tool for tool in (self.compiler[0], self.emulator[0]) if shutil.which(tool) is None]
        return tools[0] if tools else missing_tool(self.library)

    def link(self, plan: bytes, folder: Path, main: str = "main.c", *defines: str) -> Path:
        """Link a program of the suite's folder with a network, and return it."""
        source = c_source(plan, "net")
        (folder / "net.h").write_text(source.header)
        (folder / "net.c").write_text(source.source)
        suite = [str(ABI / "suite" / "suite.c")] if main == "main.c" else []
        program = folder / f"{self.name}.elf"
        words = [
            *self.compiler,
            *_C,
            *(f"-I{path}" for path in (BARE, ABI / "suite", ABI / "include", folder)),
            *(defines or (f"-DSUITE_ROOM={self.room}",)),
            *(
                (f"-Wl,--defsym=RAM_BYTES={self.memory},--defsym=FLASH_BYTES={self.flash}",)
                if self.system == "arm"
                else ("-Wl,--no-warn-rwx-segments",)
            ),
            "-T",
            str(BARE / f"{self.system}.ld"),
            *suite,
            str(BARE / main),
            str(BARE / f"{self.system}.c"),
            str(folder / "net.c"),
            str(LIBRARIES / f"{self.library}.a"),
            *self.libraries,
            "-o",
            str(program),
        ]
        subprocess.run(words, check=True)
        return program

    def run(self, program: Path) -> list[str]:
        """Return the lines that a program prints."""
        command = [*self.emulator, "-kernel", str(program)]
        done = subprocess.run(command, capture_output=True, check=False, timeout=600, stdin=subprocess.DEVNULL)
        return (done.stdout + done.stderr).decode().splitlines()


def missing_tool(library: str) -> str:
    """Return the name of a library that is not built, or an empty string."""
    return "" if (LIBRARIES / f"{library}.a").exists() else f"dist/edge/micro/{library}.a (make edge-micro)"


def _arm(processor: str, machine: str, library: str, room: int) -> Board:
    compiler = ("arm-none-eabi-gcc", f"-mcpu={processor}", "-mthumb")
    emulator = ("qemu-system-arm", "-M", machine, "-nographic", "-semihosting")
    memory, flash = ("16K", "256K") if machine == "microbit" else ("4M", "4M")
    return Board(processor, library, compiler, emulator, memory, room, "arm", flash)


_RISCV = ("riscv64-unknown-elf-gcc", "--specs=picolibc.specs", "-march=rv32imac", "-mabi=ilp32", "-mcmodel=medany")
BOARDS = (
    # The micro:bit has 16 KB of memory.
    _arm("cortex-m0", "microbit", "thumbv6m-none-eabi", 13_000),
    _arm("cortex-m4", "mps2-an386", "thumbv7em-none-eabi", 3_500_000),
    _arm("cortex-m7", "mps2-an500", "thumbv7em-none-eabi", 3_500_000),
    Board(
        "riscv32",
        "riscv32imac-unknown-none-elf",
        _RISCV,
        ("qemu-system-riscv32", "-M", "virt", "-nographic", "-bios", "none"),
        "8M",
        400_000,
        "riscv",
        libraries=("-lc", "-lgcc"),
    ),
)
