#!/usr/bin/env python3
"""Fails when a source file includes a folder that its own folder may not use."""
import pathlib, re, sys

MAY_USE = {
    "base": [],
    "model": ["base"],
    "exportdir": ["base", "model"],
    "engine": ["base", "model"],
    "engines/postgres": ["base", "model", "engine"],
    "engines/mysql": ["base", "model", "engine"],
    "engines/oracle": ["base", "model", "engine"],
    "schema": ["base", "model", "engine", "exportdir"],
    "analysis": ["base", "model", "schema"],
    "assess": ["base", "model", "engine", "schema", "analysis"],
    "optimize": ["base", "model", "schema", "analysis"],
    "snapshot": ["base", "model", "engine", "exportdir"],
    "changes": ["base", "model", "engine", "exportdir"],
    "cutover": ["base", "model", "engine", "exportdir"],
    "verify": ["base", "model", "engine", "exportdir"],
    "report": ["base", "model", "exportdir"],
    "web": ["base", "model", "exportdir", "report"],
    "cli": ["base", "model", "engine", "exportdir", "schema", "analysis", "assess", "optimize", "snapshot", "changes", "cutover", "verify", "report", "web"],
}


def layer_of(path: str) -> str:
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "engines" else parts[0]


def main(src: pathlib.Path) -> int:
    bad = 0
    for f in sorted(src.rglob("*.?pp")):
        own = layer_of(f.relative_to(src).as_posix())
        if own not in MAY_USE:
            continue  # main.cpp: the only file that may know everyone
        for n, line in enumerate(f.read_text().splitlines(), 1):
            m = re.match(r'\s*#\s*include\s+"([^"]+/)', line)
            if not m:
                continue
            used = layer_of(m.group(1).rstrip("/"))
            if used != own and used not in MAY_USE[own]:
                print(f"{f}:{n}: {own} may not include {used}")
                bad = 1
    return bad


sys.exit(main(pathlib.Path(sys.argv[1])))
