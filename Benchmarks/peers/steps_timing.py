"""What all peers that train report of their steps: milliseconds, and the process's peak memory."""

import resource
import time


def timed(step, count):
    """Milliseconds of each of some steps, and the last loss."""
    times = []
    for _ in range(count):
        start = time.perf_counter()
        loss = step()
        times.append(1e3 * (time.perf_counter() - start))
    return times, loss


def peak_memory_megabytes():
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1.024e-3, 1)
