#!/usr/bin/env python3
"""Checks the man pages: clean to mandoc, whole against the program's own help, and with examples that parse.
Usage: manual.py ASTEROPE FOLDER"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

asterope, folder = sys.argv[1], pathlib.Path(sys.argv[2])
if shutil.which("mandoc") is None:
    print("SKIPPED: mandoc is not installed")
    sys.exit(77)
problems = []


def output(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout + done.stderr


def rendered(page):
    """The text of a page, without bold and underline."""
    return re.sub(".\b", "", output("mandoc", "-T", "utf8", str(folder / page)))


def commands(path=()):
    """Every command with its help: (), ("query",), ("meta", "get"), …"""
    text = output(asterope, *path, "--help")
    yield path, text
    below = text.partition("Subcommands:\n")[2]
    for name in re.findall(r"^  (\S+)", below, re.M):
        yield from commands((*path, name))


for page in sorted(folder.iterdir()):
    # Not the level "style", which asks for an index of the machine's other pages.
    complaints = output("mandoc", "-T", "lint", "-W", "warning", str(page))
    if complaints:
        problems.append(complaints)

manual = rendered("asterope.1")
for path, text in commands():
    name = " ".join(path)
    if path and not re.search(rf"^ +(asterope )?{name}\b", manual, re.M):
        problems.append(f"asterope(1) does not describe '{name}'")
    for option in set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)):
        if not re.search(rf"{option}(?![\w-])", manual):
            problems.append(f"asterope(1) does not name {option} of 'asterope {name}'")

# The mount options that the help names are in the page of the helper.
helper = rendered("mount.asterope.8")
help_of_o = re.search(r"-o TEXT.*", output(asterope, "mount", "--help")).group()
for option in re.findall(r"[a-z_]+(?==)|\b(?:ro|allow_other|noatime)\b", help_of_o):
    if option not in helper:
        problems.append(f"mount.asterope(8) does not name the option {option}")

page = (folder / "asterope-query.7").read_text()
examples = re.search(r"^Expressions:\n\.Bd.*\n((?:.*\n)+?)\.Ed", page, re.M).group(1).splitlines()
with tempfile.TemporaryDirectory() as work:
    subprocess.run([asterope, "init", work + "/store"], check=True)
    for example in examples:
        done = subprocess.run([asterope, "query", work + "/store", example], capture_output=True, text=True)
        if done.returncode != 0:
            problems.append(f"an example of asterope-query(7) is no query: {done.stderr}")

print("\n".join(problems) or f"{len(examples)} examples, and every command and option is described")
sys.exit(1 if problems else 0)
