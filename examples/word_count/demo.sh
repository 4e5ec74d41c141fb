#!/usr/bin/env bash
# Feeds the word count over a real TCP socket with real text that this machine has, at full speed,
# and compares its closing totals with what tr, sort and uniq say about the same text.
#
#     examples/word_count/demo.sh BUILD_DIR [MEGABYTES=256]
set -euo pipefail
export LC_ALL=C

usage="usage: demo.sh BUILD_DIR [MEGABYTES=256]"
build=${1:?$usage}
total_bytes=$((${2:-256} * 1024 * 1024))
text_bytes=$((24 * 1024 * 1024))
feed=$build/examples/demo_feed
word_count=$build/examples/word_count

die() {
    echo "demo: $*" >&2
    exit 1
}

for program in "$feed" "$word_count"; do
    [ -x "$program" ] || die "$program is not built"
done

work=$(mktemp -d)
feed_pid=
count_pid=
clean_up() {
    trap - EXIT INT TERM
    for pid in $count_pid $feed_pid; do
        kill "$pid" 2>/dev/null || true
    done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# What is installed differs from machine to machine; whatever there is of this comes first to last.
real_text() {
    find /usr/share/common-licenses -type f -exec cat {} + || true
    find /usr/share/perl* -name '*.pod' -type f -exec cat {} + || true
    find /usr/share/doc -type f \( -name copyright -o -name 'README*' -o -name 'NEWS*' \
        -o -name 'changelog*' \) ! -name '*.gz' -exec cat {} + || true
    find /usr/share/doc /usr/share/man /usr/share/info -type f -name '*.gz' \
        -exec gzip -dcq {} + || true
    find /usr/share/dict /usr/share/perl* /usr/lib/python3 /usr/include -type f \
        \( -path '*/dict/*' -o -name '*.p[lm]' -o -name '*.py' -o -name '*.h' \) \
        -exec cat {} + || true
}

text=$work/text
# The last line gets an end: where the text is repeated, words must not grow together.
{
    { real_text 2>/dev/null | head -c "$text_bytes" || true; } | tr -d '\000'
    echo
} >"$text"
size=$(wc -c <"$text")
((size >= 64 * 1024)) || die "found only $size bytes of text on this machine"
repeats=$(((total_bytes + size - 1) / size))
echo "demo: $size bytes of this machine's text, $repeats times: $((size * repeats)) bytes"

tr -s '[:space:]' '\n' <"$text" | sort | uniq -c |
    awk -v times="$repeats" 'NF == 2 { printf "%.0f %s\n", $1 * times, $2 }' | sort >"$work/expected"

mkfifo "$work/port"
"$feed" "$text" "$repeats" >"$work/port" &
feed_pid=$!
read -r -t 30 port <"$work/port" || die "the feeding server did not start"

timeout -k 10 120 "$word_count" 127.0.0.1 "$port" --demo-totals "$work/totals" &
count_pid=$!
status=0
wait "$count_pid" || status=$?
count_pid=
((status == 0)) || die "word_count ended with status $status"
status=0
wait "$feed_pid" || status=$?
feed_pid=
((status == 0)) || die "the feeding server ended with status $status"

sort "$work/totals" >"$work/counted"
if ! cmp -s "$work/expected" "$work/counted"; then
    echo "demo: the totals differ (< expected, > counted):" >&2
    diff "$work/expected" "$work/counted" | head -n 20 >&2 || true
    exit 1
fi
awk '{ words += $1 } END { printf "every word counted once: %.0f words, %d distinct\n", words, NR }' \
    "$work/expected"
