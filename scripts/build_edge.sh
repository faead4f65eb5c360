#!/bin/sh
# Build pysnn-run for a target, statically linked, and copy it: build_edge.sh TARGET FILE.
# With musl Rust's own linker is enough; with glibc a compiler for the target brings the C library, and Rust's linker links too:
# it keeps one copy of functions that are the same.
set -eu
target=$1 file=$2
host=$(rustc -vV | sed -n 's/^host: //p')
# A panic ends the program, so nothing reads tables of how to unwind a stack.
flags='-Ctarget-feature=+crt-static -Cforce-unwind-tables=no' suffix=
needs() {
    command -v "$1" >/dev/null || { echo "$target needs a linker: apt install $2" >&2; exit 1; }
    lld=$(rustc --print sysroot)/lib/rustlib/$host/bin/gcc-ld
    flags="$flags -Clinker=$1 -Clink-arg=-fuse-ld=lld -Clink-arg=-B$lld -Clink-arg=-Wl,--icf=all"
}
if [ "$target" != "$host" ]; then
    rustc --print target-libdir --target "$target" | xargs test -d \
        || { echo "this needs Rust's library for it: rustup target add $target" >&2; exit 1; }
    case $target in
        *-musl)
            flags="$flags -Clinker=rust-lld -Clink-arg=--icf=all -Clink-arg=--no-eh-frame-hdr -Clink-arg=-Tscripts/build_edge.ld --cfg sha2_backend_soft=\"compact\""
            ;;
        armv7-*)
            # Without NEON, which not all of these processors have, level 3 unrolls loops and makes vectors of none.
            export CARGO_PROFILE_EDGE_OPT_LEVEL=s
            # The two names are where the tables would begin and end.
            flags="$flags --cfg sha2_backend_soft=\"compact\" -Clink-arg=-Wl,-Tscripts/build_edge.ld,--defsym=__exidx_start=0,--defsym=__exidx_end=0"
            needs arm-linux-gnueabihf-gcc gcc-arm-linux-gnueabihf
            ;;
        wasm32-*) suffix=.wasm ;;
        riscv64gc-*) needs riscv64-linux-gnu-gcc gcc-riscv64-linux-gnu ;;
    esac
fi
RUSTFLAGS=$flags cargo build --quiet --profile edge -p pysnn-run --target "$target"
mkdir -p "$(dirname "$file")"
cp "${CARGO_TARGET_DIR:-target}/$target/edge/pysnn-run$suffix" "$file.part"
mv "$file.part" "$file"
ls -l "$file"
