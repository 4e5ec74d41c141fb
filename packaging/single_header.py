#!/usr/bin/env python3
"""Makes one header of a tree of them: single_header.py TREE OUT [--forward]

TREE is the folder that holds sluice/. OUT becomes a folder with sluice.hpp, the public headers in the order in which
they need each other and then the bodies of the engine; with --forward it gets a sluice/ too, of headers which only
include that file, so that code written for the tree is built against the one header.
"""
import re
import sys
from pathlib import Path

INCLUDE = re.compile(r"\s*#\s*include\s*<([^>]+)>")
PLAIN = re.compile(r"boost/.+|(sys|netinet|arpa)/.+|[^/]+")  # what may be asked of everybody
BODIES = re.compile(r"#if !defined\(SLUICE_SEPARATE_COMPILATION\)\n(#include <sluice/impl/.+>.*\n)+#endif\n")
SOURCE = "sluice/impl/src.hpp"  # lists the bodies; here the end of the file does

USE = """\
// The whole of sluice {version} in one file. As it stands it is header-only. To compile the engine once, define
// SLUICE_SEPARATE_COMPILATION for every source, and SLUICE_SOURCE besides in exactly one, before it includes this file.
"""


class File:
    """One file, split into what it includes and what remains."""

    def __init__(self, tree, name):
        self.needs, self.system, self.foreign, self.text = [], set(), [], ""
        depth = 0
        for line in BODIES.sub("", (tree / name).read_text(encoding="utf-8")).splitlines():
            depth += bool(re.match(r"\s*#\s*if", line)) - bool(re.match(r"\s*#\s*endif", line))
            include = INCLUDE.match(line)
            if line.strip() == "#pragma once":
                continue
            if include and include[1].startswith("sluice/"):
                if depth:
                    sys.exit(f"{name} includes <{include[1]}> on a condition: only bodies may be included like that")
                self.needs.append(include[1])
            elif include and not depth:
                if PLAIN.fullmatch(include[1]):
                    self.system.add(include[1])
                else:
                    self.foreign.append(include[1])
            else:
                self.text += line + "\n"

    def section(self, name):
        """The text; on the condition that the libraries are there which not everybody has."""
        text = self.text.strip()
        if self.foreign:
            condition = " && ".join(f"__has_include(<{header}>)" for header in self.foreign)
            includes = "".join(f"#include <{header}>\n" for header in self.foreign)
            text = f"#if {condition}\n{includes}{text}\n#endif"
        return f"\n// --- <{name}>\n\n{text}\n" if text else ""


def ordered(files, wanted):
    """The wanted names and what they need, each after what it needs itself."""
    done, path = [], []

    def visit(name):
        if name in done:
            return
        if name in path:
            sys.exit(" includes ".join([*path[path.index(name):], name]))
        if name not in files:
            sys.exit(f"{path[-1]} includes <{name}>, which is not in the tree")
        path.append(name)
        for needed in files[name].needs:
            visit(needed)
        path.pop()
        done.append(name)

    for name in wanted:
        visit(name)
    return done


def includes(names):
    """Boost's before the standard library's, as everywhere."""
    groups = [], []
    for name in sorted(names):
        groups[not name.startswith("boost/")].append(f"#include <{name}>\n")
    return "\n".join("".join(group) for group in groups if group)


def amalgamate(tree, files):
    names = ordered(files, sorted(files))
    headers = [name for name in names if not name.startswith("sluice/impl/")]
    bodies = [name for name in names if name.startswith("sluice/impl/")]
    for name in headers:
        if wrong := [needed for needed in files[name].needs if needed in bodies]:
            sys.exit(f"{name} includes <{wrong[0]}> also where the engine is compiled once")
    common = set().union(*(files[name].system for name in headers))
    rest = set().union(*(files[name].system for name in bodies)) - common

    version = re.search(r'SLUICE_VERSION_STRING "([^"]+)"', files["sluice/version.hpp"].text)[1]
    licence = (tree.parent / "LICENSE").read_text(encoding="utf-8").strip().splitlines()
    out = USE.format(version=version)
    out += "".join(f"// {line}".rstrip() + "\n" for line in ["", "SPDX-License-Identifier: BSL-1.0", "", *licence])
    out += "\n#if !defined(SLUICE_SINGLE_HEADER)\n#define SLUICE_SINGLE_HEADER\n\n" + includes(common)
    out += "".join(files[name].section(name) for name in headers)
    out += "\n#endif // SLUICE_SINGLE_HEADER\n"
    out += "\n#if (!defined(SLUICE_SEPARATE_COMPILATION) || defined(SLUICE_SOURCE)) && !defined(SLUICE_BODIES)\n"
    out += "#define SLUICE_BODIES\n\n" + includes(rest)
    out += "".join(files[name].section(name) for name in bodies)
    return out + "\n#endif // SLUICE_BODIES\n"


def write(path, text):
    """Leaves alone what is right already, for the sake of whoever builds from it."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--forward"]
    if len(arguments) != 2:
        sys.exit(__doc__)
    tree, out = map(Path, arguments)
    names = [path.relative_to(tree).as_posix() for path in sorted(tree.glob("sluice/**/*.[hi]pp"))]
    files = {name: File(tree, name) for name in names if name != SOURCE}
    write(out / "sluice.hpp", amalgamate(tree, files))
    if "--forward" in sys.argv[1:]:
        for name in names:
            if name.endswith(".hpp"):
                source = "#define SLUICE_SOURCE\n" if name == SOURCE else ""
                write(out / name, f"#pragma once\n{source}#include <sluice.hpp>\n")


if __name__ == "__main__":
    main()
