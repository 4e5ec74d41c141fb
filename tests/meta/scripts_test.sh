#!/usr/bin/env bash
# scripts_test.sh TOP SCRATCH: what ./dev, .ci/run and the merging of benchmark results promise.
set -euo pipefail
top=$1
scratch=$2
rm -rf "$scratch"
mkdir -p "$scratch"

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

for script in "$top/dev" "$top/.ci/run" "$top"/examples/*/*.sh "$top"/packaging/*.sh "$top"/tests/consume/*/*.sh; do
    [[ ! -f $script ]] || bash -n "$script" || fail "$script is not a script"
done

# The help names every command, and an unknown one is an error that shows it.
for command in demo test bench lint stress fuzz package help; do
    "$top/dev" help | grep -q "^  $command " || fail "help does not name $command"
done
! "$top/dev" dance >"$scratch/out" 2>&1 || fail 'an unknown command ends well'
grep -q 'no such command: dance' "$scratch/out" || fail 'an unknown command is not named'

# Where there is neither a compiler nor apt, the script names what is missing and stops.
mkdir "$scratch/bin"
for tool in bash sh dirname sort sed cat env basename mkdir; do
    ln -s "$(command -v "$tool")" "$scratch/bin/"
done
! PATH=$scratch/bin "$top/dev" demo >"$scratch/out" 2>&1 || fail 'the demo ends well without a compiler'
grep -q 'missing: g++ cmake ninja boost' "$scratch/out" || fail "missing tools are not named: $(cat "$scratch/out")"

# With apt there, it asks for the packages that bring what is missing, and says so when that did not help.
for tool in apt-get apt-cache id; do
    printf '#!/bin/sh\necho "%s $*" >>"%s/asked"\necho 0\n' "$tool" "$scratch" >"$scratch/bin/$tool"
    chmod +x "$scratch/bin/$tool"
done
! PATH=$scratch/bin "$top/dev" demo >"$scratch/out" 2>&1 || fail 'the demo ends well without a compiler'
grep -q '^apt-get install .* g++ cmake ninja-build libboost1.81-dev$' "$scratch/asked" ||
    fail "other packages are asked for: $(cat "$scratch/asked")"
grep -q 'still missing: g++ cmake ninja boost' "$scratch/out" || fail "what stays missing is not named"

# .ci/run counts its steps in its last line, and one that failed is remembered.
mkdir -p "$scratch/ci/.ci"
cp "$top/.ci/run" "$scratch/ci/.ci/"
printf '#!/bin/sh\n[ "$1" != lint ]\n' >"$scratch/ci/dev"
chmod +x "$scratch/ci/dev"
! bash "$scratch/ci/.ci/run" >"$scratch/out" 2>&1 || fail '.ci/run ends well after a failed step'
[[ $(tail -n 1 "$scratch/out") == '9 passed, 1 failed' ]] || fail ".ci/run counts wrong: $(tail -n 1 "$scratch/out")"
printf '#!/bin/sh\n' >"$scratch/ci/dev"
bash "$scratch/ci/.ci/run" >"$scratch/out" 2>&1 || fail '.ci/run fails without a failed step'
[[ $(tail -n 1 "$scratch/out") == '10 passed, 0 failed' ]] || fail ".ci/run counts wrong: $(tail -n 1 "$scratch/out")"

# Results of several programs become one file; what is not a number becomes null.
result() { # result <name> <value>
    printf '{\n  "context": {\n    "host_name": "h[0];"\n  },\n  "benchmarks": [\n    {\n'
    printf '      "name": "%s",\n      "cpu_time": %s\n    }\n  ]\n}\n' "$1" "$2"
}
merge() {
    cmake -D "OUT=$scratch/all.json" -D "IN=$1" -P "$top/cmake/merge_benchmarks.cmake" >"$scratch/out" 2>&1
}
result 'a;[b]/1' 1.0500000000000000e+00 >"$scratch/a.json"
result c NaN >"$scratch/c.json"
merge "$scratch/a.json;$scratch/c.json" || fail "results are not merged: $(cat "$scratch/out")"
{
    printf '{\n  "context": {\n    "host_name": "h[0];"\n  },\n  "benchmarks": [\n    {\n'
    printf '      "name": "a;[b]/1",\n      "cpu_time": 1.0500000000000000e+00\n    },\n    {\n'
    printf '      "name": "c",\n      "cpu_time": null\n    }\n  ]\n}\n'
} | cmp - "$scratch/all.json" || fail "results are merged wrongly: $(cat "$scratch/all.json")"
echo 'no result' >"$scratch/b.json"
! merge "$scratch/a.json;$scratch/b.json" || fail 'a file that is no result is merged'

# One header is made of a tree, and of nothing that would not be one.
if command -v python3 >/dev/null; then
    for script in "$top"/packaging/*.py "$top"/packaging/conan/*.py "$top"/packaging/conan/*/*.py; do
        python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' "$script" || fail "$script is not Python"
    done
    header() { # header <name> <line...>
        printf '#pragma once\n\n' >"$scratch/tree/include/sluice/$1"
        printf '%s\n' "${@:2}" >>"$scratch/tree/include/sluice/$1"
    }
    single() {
        python3 "$top/packaging/single_header.py" "$scratch/tree/include" "$scratch/single" "$@" >"$scratch/out" 2>&1
    }
    mkdir -p "$scratch/tree/include/sluice/impl"
    echo 'All rights given.' >"$scratch/tree/LICENSE"
    cp "$top/include/sluice/version.hpp" "$scratch/tree/include/sluice/"
    header a.hpp '#include <sluice/b.hpp> // b' '' '#include <vector>' '' 'a' '' \
        '#if !defined(SLUICE_SEPARATE_COMPILATION)' '#include <sluice/impl/a.ipp>' '#endif'
    header b.hpp '#if defined(X)' '#include <x.h>' '#endif' 'b'
    header impl/a.ipp '#include <sluice/a.hpp>' '' '#include <boost/x.hpp>' '#include <vector>' '' 'the body'
    single --forward || fail "no header is made: $(cat "$scratch/out")"
    [[ $(sed -n '/^#include/,$p; /^a$/q' "$scratch/single/sluice.hpp" | grep . |
        paste -sd ' ') == '#include <vector>'\
' // --- <sluice/b.hpp> #if defined(X) #include <x.h> #endif b // --- <sluice/a.hpp> a' ]] ||
        fail 'headers are out of order'
    [[ $(tail -n 8 "$scratch/single/sluice.hpp" | grep . | paste -sd ' ') == \
        '#include <boost/x.hpp> // --- <sluice/impl/a.ipp> the body #endif // SLUICE_BODIES' ]] ||
        fail 'the body is not the end'
    [[ $(cat "$scratch/single/sluice/a.hpp") == $'#pragma once\n#include <sluice.hpp>' ]] || fail 'nothing is forwarded'
    header b.hpp '#include <sluice/a.hpp>'
    ! single || fail 'headers may include each other'
    grep -q '^sluice/a.hpp includes sluice/b.hpp includes sluice/a.hpp$' "$scratch/out" || fail 'a circle is not named'
    header b.hpp '#ifdef X' '#include <sluice/version.hpp>' '#endif'
    ! single || fail 'a header may be included on a condition'
    grep -q 'sluice/b.hpp includes <sluice/version.hpp> on a condition' "$scratch/out" || fail 'a condition is not named'
fi

echo 'the scripts keep their promises'
