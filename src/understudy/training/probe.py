"""Says what mlx is on this machine, in a process of its own: `python -m understudy.training.probe`."""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from typing import Any

SIZE = 1024


def probe() -> dict[str, Any]:
    """Version, device, what mlx knows of it, and the speed of a float32 product in GFLOP/s."""
    import mlx.core as mx

    left = mx.random.normal((SIZE, SIZE))
    mx.eval(left, left @ left)
    began = time.perf_counter()
    mx.eval(left @ left)
    took = time.perf_counter() - began
    return {
        "version": version("mlx"),
        "device": str(mx.default_device()),
        "info": dict(mx.device_info()),
        "gflops": 2 * SIZE**3 / took / 1e9,
    }


def main() -> None:
    """Print it as one line of JSON."""
    sys.stdout.write(json.dumps(probe()) + "\n")


if __name__ == "__main__":
    main()
