"""What every Python peer shares: its command line, its data, the order of the rows, and the one line that it prints.

The recipe is the published one (Hinton, arXiv 2212.13345): ReLU layers trained one by one on images with the true label
in the first ten pixels (positive rows) and a wrong one (negative rows), each layer's input at mean square 1.
"""

import argparse
import gzip
import json
import os
import platform
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PIXELS = 784
CLASSES = 10
EPSILON = 1e-8
ADAM = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}


@dataclass(frozen=True)
class Work:
    """What is trained, and how. Goodness is the mean of the squared activations."""

    layers: tuple
    batch: int
    images: int
    optimizer: str
    objective: str
    alpha: float
    threshold: float
    rate: float
    momentum: float
    threads: int
    variant: str
    data: str
    seed: int
    evaluate: bool
    evaluate_every: int

    @property
    def steps(self):
        return self.images // self.batch

    @property
    def shapes(self):
        return list(zip((PIXELS, *self.layers[:-1]), self.layers))

    def rate_at(self, step):
        """Constant for the first half of the steps, then falling in a line to 0."""
        return self.rate * min(1.0, 2.0 * (1.0 - step / self.steps))


def parse_work(variants):
    """Reads the command line, and keeps the process to as many cores as it has threads where the system can do that.

    To be called before a library is imported that counts the cores.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--layers", type=lambda text: tuple(int(width) for width in text.split(",")), required=True)
    parser.add_argument("--batch", type=int, default=100, help="pairs of a positive and a negative row")
    parser.add_argument("--images", type=int, required=True)
    parser.add_argument("--optimizer", choices=("sgd", "adam"), default="sgd")
    parser.add_argument("--objective", choices=("silu", "threshold"), default="silu")
    parser.add_argument("--alpha", type=float, default=6.0)
    parser.add_argument("--threshold", type=float, default=1.0)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--momentum", type=float, default=0.9)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--variant", choices=variants, default=variants[0])
    parser.add_argument("--data", default=os.environ.get("LAYERLINE_DATA", ""), help="folder of MNIST's IDX files")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--evaluate", action="store_true", help="find the test error at the end")
    parser.add_argument("--evaluate-every", type=int, default=0, help="epochs between evaluations on the way; 0: none")
    work = Work(**vars(parser.parse_args()))
    use_cores(work.threads)
    return work


def use_cores(threads):
    """Lets this process have `threads` cores and the libraries in it as many threads."""
    os.environ["OMP_NUM_THREADS"] = str(threads)
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[:threads])


class Data:
    """Images scaled to mean square 1, with room for a label.

    A one-hot label adds 1 to a row's sum of squares whichever it is, so an image has one scale under all of them.
    """

    def __init__(self, images, labels):
        import numpy as np

        pixels = images.astype(np.float32) / 255.0
        pixels[:, :CLASSES] = 0.0
        mean_square = (np.einsum("ij,ij->i", pixels, pixels) + 1.0) / PIXELS
        self.scale = (1.0 / np.sqrt(mean_square + EPSILON)).astype(np.float32)
        self.images = pixels * self.scale[:, None]
        self.labels = labels.astype(np.int64)

    def __len__(self):
        return len(self.labels)


def load(work):
    """Training and test data: MNIST from its IDX files, or random numbers of the same shape where there are none."""
    import numpy as np

    if work.data == "":
        random = np.random.default_rng(work.seed)
        return tuple(
            Data(random.integers(0, 256, (count, PIXELS)), random.integers(0, CLASSES, count))
            for count in (60_000, 10_000)
        )
    return tuple(
        Data(read_idx(work.data, f"{part}-images", 3).reshape(-1, PIXELS), read_idx(work.data, f"{part}-labels", 1))
        for part in ("train", "t10k")
    )


def read_idx(folder, name, dimensions):
    import numpy as np

    for separator in ("-", "."):
        path = Path(folder) / f"{name}{separator}idx{dimensions}-ubyte"
        for candidate, open_file in ((path.with_name(path.name + ".gz"), gzip.open), (path, open)):
            if candidate.exists():
                with open_file(candidate, "rb") as file:
                    content = file.read()
                shape = np.frombuffer(content, ">u4", dimensions, 4)
                return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)
    raise SystemExit(f"{folder} holds no {name} as IDX file")


def draw_order(work, labels):
    """The rows of each batch and the wrong label of each, both [steps, batch]; every epoch in an order of its own."""
    import numpy as np

    random = np.random.default_rng(work.seed)
    per_epoch = len(labels) // work.batch * work.batch
    rows = np.concatenate(
        [random.permutation(len(labels))[:per_epoch] for _ in range(-(-work.steps * work.batch // per_epoch))]
    )[: work.steps * work.batch]
    wrong = (labels[rows] + random.integers(1, CLASSES, len(rows))) % CLASSES
    return rows.reshape(work.steps, work.batch), wrong.reshape(work.steps, work.batch)


def stretches(work, images):
    """The steps from one evaluation on the way to the next, as ranges; all steps at once where there are none.

    `images` are those of the training data, which make an epoch.
    """
    length = work.evaluate_every * (images // work.batch) or work.steps
    return [range(start, min(start + length, work.steps)) for start in range(0, work.steps, length)]


class Evaluations:
    """The evaluations on the way: the test error after each stretch, and the seconds of training until then."""

    def __init__(self, work):
        self.every = work.evaluate_every
        self.done = []

    def add(self, clock, test_error):
        """Calls `test_error` with the clock stopped, where evaluations are asked for."""
        if self.every == 0:
            return
        with clock.stopped():
            epoch = self.every * (len(self.done) + 1)
            self.done.append({"epoch": epoch, "seconds": clock.seconds, "testError": test_error()})


def initial_weights(work):
    """Weights from N(0, 1 / inputs), each [inputs, units]."""
    import numpy as np

    random = np.random.default_rng(work.seed)
    return [
        random.standard_normal((inputs, units), dtype=np.float32) / np.float32(np.sqrt(inputs))
        for inputs, units in work.shapes
    ]


def report(work, *, seconds, warmup_seconds, versions, test_error=None, evaluations=()):
    images = work.steps * work.batch
    line = {
        "images": images,
        "seconds": seconds,
        "imagesPerSecond": images / seconds,
        "warmUpSeconds": warmup_seconds,
        "threads": work.threads,
        "variant": work.variant,
        "versions": {"python": platform.python_version(), **versions},
    }
    if test_error is not None:
        line["testError"] = test_error
    if evaluations:
        line["evaluations"] = evaluations
    print(json.dumps(line), flush=True)


class Clock:
    """Seconds since it was made, less those that it was stopped for."""

    def __init__(self):
        self.start = time.perf_counter()

    @property
    def seconds(self):
        return time.perf_counter() - self.start

    @contextmanager
    def stopped(self):
        """What is done within takes no time."""
        before = self.seconds
        yield
        self.start = time.perf_counter() - before
