"""What the machine is that figures were measured on."""

import os
import platform
from functools import cache
from pathlib import Path


def entry(path, key):
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return None
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(key)), None)


@cache
def describe():
    name = entry("/proc/cpuinfo", "model name") or platform.processor() or platform.machine()
    flags = (entry("/proc/cpuinfo", "flags") or "").split()
    level = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else platform.machine()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return f"{name}, {cores} cores, {level}, {memory:.0f} GB of memory, {platform.system()} {platform.machine()}"


def threads():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
