"""The fastest product of two n × n matrices in single precision that a Python library makes here."""

import argparse
import json
import time

from ff_work import use_cores

parser = argparse.ArgumentParser()
parser.add_argument("--library", choices=("torch", "numpy", "jax"), required=True)
parser.add_argument("--sizes", type=lambda text: [int(size) for size in text.split(",")], default=[1024, 2048])
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--seconds", type=float, default=1.0, help="how long each size is tried")
options = parser.parse_args()
use_cores(options.threads)


def torch_product(size):
    import torch

    torch.set_num_threads(options.threads)
    a, b, out = (torch.rand(size, size) for _ in range(3))
    return torch.__version__, lambda: torch.mm(a, b, out=out)


def numpy_product(size):
    import numpy as np

    random = np.random.default_rng(1)
    a, b, out = (random.random((size, size), dtype=np.float32) for _ in range(3))
    return np.__version__, lambda: np.matmul(a, b, out=out)


def jax_product(size):
    import jax

    jax.config.update("jax_platforms", "cpu")
    a, b = (jax.random.uniform(jax.random.key(seed), (size, size)) for seed in (1, 2))
    product = jax.jit(lambda a, b: a @ b)
    return jax.__version__, lambda: product(a, b).block_until_ready()


def best_time(product):
    """Seconds of the fastest call. The first is not counted."""
    product()
    times = []
    end = time.perf_counter() + options.seconds
    while time.perf_counter() < end or len(times) < 3:
        start = time.perf_counter()
        product()
        times.append(time.perf_counter() - start)
    return min(times)


products = {"torch": torch_product, "numpy": numpy_product, "jax": jax_product}
flops = {}
for size in options.sizes:
    version, product = products[options.library](size)
    flops[size] = 2 * size**3 / best_time(product)
best = max(flops, key=flops.get)
print(json.dumps({"version": version, "threads": options.threads, "size": best, "gflops": flops[best] / 1e9}))
