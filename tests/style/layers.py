#!/usr/bin/env python3
"""Checks which folder includes which, and that a foreign header is included in its wrapper only."""
import pathlib
import re
import sys

# Folder -> the folders whose headers it may include, besides its own. The longest matching folder counts.
MAY_INCLUDE = {
    "engine/core": [],
    "engine/serialization": ["engine/core"],
    "engine/storage/kv": ["engine/core"],
    "engine/storage": ["engine/core", "engine/serialization", "engine/storage/kv", "query"],
    "query": ["engine/core"],
    "fs": ["engine/core", "engine/serialization", "query"],
    "daemon": ["engine/core", "query", "client/wire"],
    "client/wire": ["engine/core", "query"],
    "client/command": ["engine", "query", "fs", "daemon", "client"],  # the program assembles
    "client/open.cc": ["engine", "query", "client"],  # turns a path into a Volume
    "client": ["engine/core", "engine/serialization", "query", "client/wire"],
}
# Foreign header -> the only files (or folders) that may include it. The declarations of core forward to query by name alone.
WRAPPERS = {
    "lmdb.h": ["engine/storage/kv/lmdb_detail.h"],
    "fuse_lowlevel.h": ["fs/fuse"],
    "msgpack.hpp": ["engine/serialization/msgpack.cc", "client/wire/pack.cc", "client/struct_map.h"],
    "nghttp2/nghttp2.h": [],
    "spdlog/spdlog.h": ["client/command/log.cc"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def within(path, folders):
    return any(path == folder or path.startswith(folder + "/") for folder in folders)


def room_of(path):
    rooms = [room for room in MAY_INCLUDE if within(path, [room])]
    return max(rooms, key=len) if rooms else None


def problems(root):
    for file in sorted(root.rglob("*")):
        path = file.relative_to(root).as_posix()
        room = room_of(path)
        if room is None or file.suffix not in (".h", ".cc"):
            continue
        for kind, header in INCLUDE.findall(file.read_text()):
            if header in WRAPPERS and not within(path, WRAPPERS[header]):
                yield f"{path} includes {header}, which belongs in {WRAPPERS[header] or 'a wrapper'}"
            target = room_of(header)
            if kind == '"' and target and target != room and not within(header, MAY_INCLUDE[room]):
                yield f"{path} includes {header}: {room} must not know {target}"


found = list(problems(pathlib.Path(sys.argv[1])))
print("\n".join(found) or "every include keeps its direction")
sys.exit(1 if found else 0)
