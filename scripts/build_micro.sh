#!/bin/sh
# Build a library for microcontrollers: build_micro.sh TARGET FILE, where a target is thumbv6m-none-eabi (Cortex-M0), thumbv7em-none-eabi
# (M4, M7) or riscv32imac-unknown-none-elf, for networks with maps or, where FILE ends in -dense.a, of dense layers alone.
set -eu
target=$1 file=$2
case $target in
    thumb*) tool=arm-none-eabi-ar packages=gcc-arm-none-eabi ;;
    *) tool=riscv64-unknown-elf-ar packages="gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf" ;;
esac
case $file in
    *-dense.a) features="" ;;
    *) features=maps ;;
esac
rustc --print target-libdir --target "$target" | xargs test -d \
    || { echo "this needs Rust's library for it: rustup target add $target" >&2; exit 1; }
command -v "$tool" >/dev/null || { echo "this needs $tool: apt install $packages" >&2; exit 1; }
cargo build --quiet --profile micro -p pysnn-micro-c --no-default-features --features "$features" --target "$target"
mkdir -p "$(dirname "$file")"
whole=$(realpath "${CARGO_TARGET_DIR:-target}/$target/micro/libpysnn_micro_c.a")
# Rust's archive brings functions of its own for memory and arithmetic; those of the C compiler and its library are smaller.
parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT
(cd "$parts" && "$tool" x "$whole" "$("$tool" t "$whole" | grep '^pysnn_micro_c')")
rm -f "$file.part"
"$tool" rcs "$file.part" "$parts"/*.o
mv "$file.part" "$file"
