"""Forward-Forward in JAX, jitted. See ff_work.py for the recipe."""

from functools import partial

from ff_work import ADAM, CLASSES, EPSILON, Clock, Evaluations
from ff_work import draw_order, initial_weights, load, parse_work, report, stretches

# Whether Python calls each step, or one call takes many; with the gradient written out or by automatic differentiation.
work = parse_work(("step", "scan", "step-autograd", "scan-autograd"))

import jax  # noqa: E402  Counts the cores as it is loaded.
import jax.numpy as jnp  # noqa: E402

jax.config.update("jax_platforms", "cpu")

STEPS_A_CALL = 50 if work.variant.startswith("scan") else 1
AUTOGRAD = work.variant.endswith("autograd")


def loss_of(goodness):
    """The loss of a batch from its goodness, [2 × batch]: its mean over the pairs."""
    positive, negative = goodness[: work.batch], goodness[work.batch :]
    if work.objective == "silu":
        return jax.nn.silu(work.alpha * (negative - positive)).mean()
    missing = jax.nn.softplus(work.alpha * (work.threshold - positive))
    excess = jax.nn.softplus(work.alpha * (negative - work.threshold))
    return (missing + excess).mean()


def forward(parameters, x):
    """Activations and goodness, the mean of their squares."""
    activations = jax.nn.relu(x @ parameters["weights"] + parameters["biases"])
    return activations, jnp.square(activations).mean(1)


def written_out(parameters, x):
    """The gradient of a layer's loss by its parameters: one number a row, times the activations."""
    activations, goodness = forward(parameters, x)
    delta = activations * (jax.grad(loss_of)(goodness) * (2 / activations.shape[1]))[:, None]
    return {"weights": x.T @ delta, "biases": delta.sum(0)}, activations, goodness


def differentiated(parameters, x):
    def loss(parameters):
        activations, goodness = forward(parameters, x)
        return loss_of(goodness), (activations, goodness)

    gradient, (activations, goodness) = jax.grad(loss, has_aux=True)(parameters)
    return gradient, activations, goodness


def normalized(activations, mean_square):
    return activations * jax.lax.rsqrt(mean_square + EPSILON)[:, None]


def update(parameter, gradient, moments, rate, count):
    if work.optimizer == "sgd":
        velocity = work.momentum * moments[0] - rate * gradient
        return parameter + velocity, (velocity,)
    first = ADAM["beta1"] * moments[0] + (1 - ADAM["beta1"]) * gradient
    second = ADAM["beta2"] * moments[1] + (1 - ADAM["beta2"]) * jnp.square(gradient)
    root = jnp.sqrt(second / (1 - ADAM["beta2"] ** count)) + ADAM["epsilon"]
    return parameter - (rate / (1 - ADAM["beta1"] ** count)) * first / root, (first, second)


def rows_of(data, rows, wrong):
    """The rows of a batch: the same images twice, first with their labels, then with wrong ones."""
    scale = data["scale"][rows, None]
    pixels = data["pixels"][rows]
    labelled = [
        jnp.concatenate((jax.nn.one_hot(label, CLASSES, dtype=jnp.float32) * scale, pixels), axis=1)
        for label in (data["labels"][rows], wrong)
    ]
    return jnp.concatenate(labelled)


def step(data, state, batch):
    rows, wrong, rate = batch
    x = rows_of(data, rows, wrong)
    count = state["count"] + 1
    layers = []
    for layer in state["layers"]:
        gradient, activations, goodness = (differentiated if AUTOGRAD else written_out)(layer["parameters"], x)
        new = {
            name: update(parameter, gradient[name], layer["moments"][name], rate, count)
            for name, parameter in layer["parameters"].items()
        }
        layers.append(
            {
                "parameters": {name: parameter for name, (parameter, _) in new.items()},
                "moments": {name: moments for name, (_, moments) in new.items()},
            }
        )
        x = normalized(activations, goodness)
    return {"count": count, "layers": layers}


@partial(jax.jit, donate_argnums=1)
def train(data, state, batches):
    """Takes as many steps as `batches` has batches."""
    if STEPS_A_CALL == 1:
        return step(data, state, jax.tree.map(lambda part: part[0], batches))
    return jax.lax.scan(lambda state, batch: (step(data, state, batch), None), state, batches)[0]


def fresh_state():
    moments = 1 if work.optimizer == "sgd" else 2

    def layer(weights):
        parameters = {"weights": jnp.asarray(weights), "biases": jnp.zeros(weights.shape[1])}
        kept = {name: tuple(jnp.zeros_like(value) for _ in range(moments)) for name, value in parameters.items()}
        return {"parameters": parameters, "moments": kept}

    return {"count": jnp.zeros(()), "layers": [layer(weights) for weights in initial_weights(work)]}


@jax.jit
def classify(layers, data, rows):
    """The label with the most goodness, added up over the layers."""
    scores = []
    for label in range(CLASSES):
        hot = jax.nn.one_hot(jnp.full(len(rows), label), CLASSES, dtype=jnp.float32)
        x = jnp.concatenate((hot * data["scale"][rows, None], data["pixels"][rows]), axis=1)
        total = 0.0
        for layer in layers:
            activations, goodness = forward(layer["parameters"], x)
            total = total + goodness
            x = normalized(activations, goodness)
        scores.append(total)
    return jnp.argmax(jnp.stack(scores, axis=1), axis=1)


def on_device(data):
    return {
        "pixels": jnp.asarray(data.images[:, CLASSES:]),
        "scale": jnp.asarray(data.scale),
        "labels": jnp.asarray(data.labels),
    }


def test_error(state, test):
    data = on_device(test)
    wrong = 0
    for first in range(0, len(test), 500):
        rows = jnp.arange(first, min(first + 500, len(test)))
        wrong += int((classify(state["layers"], data, rows) != data["labels"][rows]).sum())
    return wrong / len(test)


def main():
    training, test = load(work)
    rows, wrong = draw_order(work, training.labels)
    rates = jnp.asarray([work.rate_at(index) for index in range(work.steps)], dtype=jnp.float32)
    # The last call of a stretch may take fewer steps, which is compiled too: before the clock starts.
    calls = [
        [
            tuple(jnp.asarray(part[start : min(start + STEPS_A_CALL, stretch.stop)]) for part in (rows, wrong, rates))
            for start in stretch[::STEPS_A_CALL]
        ]
        for stretch in stretches(work, len(training))
    ]
    data = on_device(training)

    # Of a state of its own, so that what is measured starts fresh.
    warmup = Clock()
    state = fresh_state()
    sizes = {len(batches[0]): batches for stretch in calls for batches in stretch}
    for batches in sizes.values() if STEPS_A_CALL > 1 else calls[0][:10]:
        state = train(data, state, batches)
    jax.block_until_ready(state)
    warmup_seconds = warmup.seconds

    state = jax.block_until_ready(fresh_state())
    evaluations = Evaluations(work)
    clock = Clock()
    for stretch in calls:
        for batches in stretch:
            state = train(data, state, batches)
        jax.block_until_ready(state)
        evaluations.add(clock, lambda: test_error(state, test))
    seconds = clock.seconds

    report(
        work,
        seconds=seconds,
        warmup_seconds=warmup_seconds,
        versions={"jax": jax.__version__},
        test_error=test_error(state, test) if work.evaluate else None,
        evaluations=evaluations.done,
    )


if __name__ == "__main__":
    main()
