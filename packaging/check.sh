#!/usr/bin/env bash
# check.sh PACKAGES SCRATCH COMPILER: builds and runs programs with what `./dev package` made, as users would.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../tests/consume"
packages=$1
scratch=$2
compiler=$3
rm -rf "$scratch"
mkdir -p "$scratch"

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

only() { # only <pattern>: the one file in PACKAGES of this pattern
    local found
    mapfile -t found < <(compgen -G "$packages/$1")
    ((${#found[@]} == 1)) || fail "$packages holds ${#found[@]} of $1"
    echo "${found[0]}"
}

consume() { # consume <name> <prefix>
    local wanted
    for wanted in include/sluice/sluice.hpp include/sluice/testing/run_batches.hpp lib/libsluice_engine.a \
        lib/cmake/sluice/sluiceConfigVersion.cmake lib/pkgconfig/sluice.pc share/doc/sluice/LICENSE \
        share/doc/sluice/docs/packaging.md; do
        [[ -f $2/$wanted ]] || fail "$1 is without $wanted"
    done
    cmake -G Ninja -S find_package -B "$scratch/$1" -DCMAKE_PREFIX_PATH="$2" -DCMAKE_CXX_COMPILER="$compiler" \
        >"$scratch/log" 2>&1 && cmake --build "$scratch/$1" -j 2 >>"$scratch/log" 2>&1 &&
        ctest --test-dir "$scratch/$1" --output-on-failure --no-tests=error >>"$scratch/log" 2>&1 ||
        { cat "$scratch/log"; fail "$1 is of no use"; }
    printf '%s: builds programs in both modes\n' "$1"
}

archive=$(only 'sluice-*.tar.gz')
mkdir "$scratch/unpacked"
tar -xzf "$archive" -C "$scratch/unpacked"
consume archive "$scratch/unpacked/$(basename "$archive" .tar.gz)"
if command -v dpkg >/dev/null; then
    dpkg -x "$(only '*.deb')" "$scratch/deb"
    # Both hold the same, and one build will do.
    diff -r "$scratch/unpacked"/* "$scratch/deb/usr" || fail 'the .deb holds something else than the archive'
    printf 'deb: holds the same\n'
fi

# The one header, with nothing of the tree in reach.
mkdir "$scratch/single"
cp "$(only sluice.hpp)" "$scratch/single/"
cd "$scratch/single"
source=$OLDPWD
printf '#include <sluice.hpp>\n' >engine.cpp
for file in context adults; do
    sed 's|<sluice/.*>|<sluice.hpp>|' "$source/$file.cpp" >"$file.cpp"
done
sed 's|<sluice/.*>|<sluice.hpp>|' "$source/adults.hpp" >adults.hpp
flags=(-std=c++20 -Wall -Wextra -Wpedantic -Werror -pthread -I .)
"$compiler" "${flags[@]}" context.cpp adults.cpp -o headerOnly
./headerOnly || fail 'the single header does not run'
flags+=(-DSLUICE_SEPARATE_COMPILATION)
"$compiler" "${flags[@]}" -DSLUICE_SOURCE -c engine.cpp
"$compiler" "${flags[@]}" context.cpp adults.cpp engine.o -o withEngine
./withEngine || fail 'the single header does not run with its engine compiled once'
printf 'sluice.hpp: builds programs in both modes\n'
