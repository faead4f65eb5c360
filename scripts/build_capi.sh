#!/bin/sh
# Build the C library for this machine: build_capi.sh FOLDER. It gets include/, lib/ with a static and a shared library and a file for
# pkg-config, and bin/suite, the tests that every library behind pysnn.h passes.
set -eu
out=$1
sources=rust/abi
command -v "${CC:-cc}" >/dev/null || { echo "this needs a C compiler: apt install gcc" >&2; exit 1; }
cargo build --quiet --profile capi -p pysnn-capi
built=${CARGO_TARGET_DIR:-target}/capi
mkdir -p "$out/include" "$out/lib/pkgconfig" "$out/bin"
cp "$sources/include/pysnn.h" "$out/include/"
cp "$built/libpysnn.a" "$out/lib/"
rm -f "$out/lib/libpysnn.so"
cp "$built/libpysnn.so" "$out/lib/"
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
cat > "$out/lib/pkgconfig/pysnn.pc" <<END
prefix=\${pcfiledir}/../..
Name: pysnn
Description: Runs exported spiking neural networks
Version: $version
Cflags: -I\${prefix}/include
Libs: -L\${prefix}/lib -lpysnn
Libs.private: -lm -lpthread -ldl
END
"${CC:-cc}" -std=c11 -O2 -Wall -Wextra -Werror -I"$sources/include" -I"$sources/suite" "$sources"/suite/*.c "$out/lib/libpysnn.a" -lm -lpthread -ldl \
    -o "$out/bin/suite"
ls -l "$out/lib" "$out/bin"
