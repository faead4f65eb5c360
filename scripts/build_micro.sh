#!/bin/sh
# Build a library for microcontrollers: build_micro.sh TARGET FILE, where a target is thumbv6m-none-eabi (Cortex-M0), thumbv7em-none-eabi
# (M4, M7) or riscv32imac-unknown-none-elf.
set -eu
target=$1 file=$2
rustc --print target-libdir --target "$target" | xargs test -d \
    || { echo "this needs Rust's library for it: rustup target add $target" >&2; exit 1; }
cargo build --quiet --profile micro -p pysnn-micro-c --no-default-features --target "$target"
mkdir -p "$(dirname "$file")"
cp "${CARGO_TARGET_DIR:-target}/$target/micro/libpysnn_micro_c.a" "$file.part"
mv "$file.part" "$file"
