"""What Lambda can start: the processors that it has, and the newest glibc of the functions' runtime."""

import re

# An ELF file's e_machine, and Lambda's word for it.
MACHINES = {62: "x86_64", 183: "arm64"}
# glibc of provided.al2023.
GLIBC = 34


def machine(path):
    """The processor that a program is for; none where it is no program, or for another one."""
    head = path.read_bytes()[:20]
    return MACHINES.get(int.from_bytes(head[18:20], "little")) if head[:4] == b"\x7fELF" else None


def glibc(path):
    """The glibc that a program needs, 2.<this>: the newest version that it asks for by name."""
    return max(map(int, re.findall(rb"GLIBC_2\.(\d+)", path.read_bytes())), default=0)
