#!/usr/bin/env bash
# build.sh PREFIX SCRATCH COMPILER...: programs by nothing but a compiler and what pkg-config says of PREFIX.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
prefix=$1
scratch=$2
compiler=("${@:3}")
mkdir -p "$scratch"

PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name sluice.pc)")
export PKG_CONFIG_PATH
version=$(sed -n 's/^#define SLUICE_VERSION_STRING "\(.*\)"$/\1/p' ../../include/sluice/version.hpp)

program() { # program <package> <source...>
    local package=$1 flags
    shift
    [[ $(pkg-config --modversion "$package") == "$version" ]] || { echo "$package is not $version" >&2; exit 1; }
    read -r -a flags <<<"$(pkg-config --cflags --libs "$package")"
    "${compiler[@]}" -std=c++20 "$@" "${flags[@]}" -o "$scratch/$package"
    "$scratch/$package"
}

program sluice algebra.cpp
program sluice-engine context.cpp adults.cpp
