"""Names the machine that a measurement was made on."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def describe() -> dict[str, str | int | float]:
    """Processor, cores that this process may use, memory, kernel, and how busy the machine was when asked."""
    cpu = [line.partition(":")[2].strip() for line in read("/proc/cpuinfo").splitlines() if line.startswith("model name")]
    memory = [int(line.split()[1]) for line in read("/proc/meminfo").splitlines() if line.startswith("MemTotal")]
    return {
        "cpu": (cpu or [platform.processor() or platform.machine()])[0],
        "features": ", ".join(flag for flag in ("avx2", "avx512f", "avx512vbmi") if flag in read("/proc/cpuinfo").split()),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory[0] / 2**20, 1) if memory else 0,
        "kernel": f"{platform.system()} {platform.release()}",
        "load_before": round(os.getloadavg()[0], 2),
    }


def read(path: str) -> str:
    return Path(path).read_text() if Path(path).exists() else ""
