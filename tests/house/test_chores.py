"""The Makefile needs no more than a bare Debian has."""

import re
import shutil
import subprocess
from pathlib import Path

HOUSE = Path(__file__).parents[2]


def test_the_chores_are_listed_with_make_and_awk_alone(tmp_path):
    for command in ("make", "awk"):
        (tmp_path / command).symlink_to(shutil.which(command))
    told = subprocess.run(["make", "help"], cwd=HOUSE, env={"PATH": str(tmp_path)}, capture_output=True, text=True)
    (chores,) = re.findall(r"^\.PHONY: (.*)$", (HOUSE / "Makefile").read_text(), re.M)
    assert re.findall(r"^  make (\S+) +\S", told.stdout, re.M) == chores.split()
    assert told.returncode == 0 and told.stderr == ""
