"""Says what mlx is on this machine, in a process of its own: `python -m understudy.training.probe`."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

SIZE = 1024


def probe() -> dict[str, Any]:
    """Version, device, what mlx knows of it, and the speed of a float32 product in GFLOP/s."""
    import mlx.core as untyped

    mx: Any = untyped
    metal = mx.metal.is_available()
    info: dict[str, Any] = (
        mx.device_info() if hasattr(mx, "device_info") else mx.metal.device_info() if metal else {}
    )
    left = mx.random.normal((SIZE, SIZE))
    mx.eval(left, left @ left)
    began = time.perf_counter()
    mx.eval(left @ left)
    took = time.perf_counter() - began
    return {
        "version": mx.__version__,
        "device": str(mx.default_device()),
        "metal": metal,
        "info": {name: value for name, value in info.items() if isinstance(value, int | str)},
        "gflops": 2 * SIZE**3 / took / 1e9,
    }


def main() -> None:
    """Print it as one line of JSON."""
    sys.stdout.write(json.dumps(probe()) + "\n")


if __name__ == "__main__":
    main()
