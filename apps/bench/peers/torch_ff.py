"""Forward-Forward in PyTorch, eager or compiled. See ff_work.py for the recipe."""

from ff_work import ADAM, CLASSES, EPSILON, PIXELS, Clock, Evaluations
from ff_work import draw_order, initial_weights, load, parse_work, report, stretches

# How the local gradient is had: written out, by automatic differentiation of each layer, or written out and compiled.
work = parse_work(("closed-form", "autograd", "compile"))

import torch  # noqa: E402  Counts the cores as it is loaded.
from torch.nn import functional as F  # noqa: E402

torch.set_num_threads(work.threads)
torch.set_flush_denormal(True)


def loss_of(goodness):
    """The loss of a batch from its goodness, [2 × batch]: its mean over the pairs."""
    positive, negative = goodness[: work.batch], goodness[work.batch :]
    if work.objective == "silu":
        return F.silu(work.alpha * (negative - positive)).mean()
    missing = F.softplus(work.alpha * (work.threshold - positive))
    excess = F.softplus(work.alpha * (negative - work.threshold))
    return (missing + excess).mean()


def slopes_of(goodness):
    """The derivative of `loss_of` by each goodness."""
    positive, negative = goodness[: work.batch], goodness[work.batch :]
    factor = work.alpha / work.batch
    if work.objective == "silu":
        z = work.alpha * (negative - positive)
        sigma = torch.sigmoid(z)
        slope = factor * sigma * (1 + z * (1 - sigma))
        return torch.cat((-slope, slope))
    missing = torch.sigmoid(work.alpha * (work.threshold - positive))
    excess = torch.sigmoid(work.alpha * (negative - work.threshold))
    return factor * torch.cat((-missing, excess))


def normalized(activations, mean_square):
    return activations * torch.rsqrt(mean_square + EPSILON).unsqueeze(1)


class Network:
    """Weights, biases and what the optimizer keeps for them."""

    def __init__(self):
        self.weights = [torch.from_numpy(weights) for weights in initial_weights(work)]
        self.biases = [torch.zeros(units) for _, units in work.shapes]
        self.parameters = [tensor for pair in zip(self.weights, self.biases) for tensor in pair]
        moments = 1 if work.optimizer == "sgd" else 2
        self.moments = [[torch.zeros_like(tensor) for tensor in self.parameters] for _ in range(moments)]


def train_closed_form(network):
    """A step with the gradient written out: one product forward and one for the weights, in place where that helps."""
    rows = 2 * work.batch
    sgd = work.optimizer == "sgd"
    activations = [torch.empty(rows, units) for units in work.layers]
    if not sgd:
        for parameter in network.parameters:
            parameter.grad = torch.empty_like(parameter)
        adam = fused_adam(network.parameters)

    def step(x, rate):
        for index, (weights, biases) in enumerate(zip(network.weights, network.biases)):
            a = torch.addmm(biases, x, weights, out=activations[index]).relu_()
            goodness = torch.linalg.vector_norm(a, dim=1).square_().div_(a.shape[1])
            factor = slopes_of(goodness).mul_(2 / a.shape[1])
            following = normalized(a, goodness) if index + 1 < len(work.layers) else None
            if sgd:
                delta = a.mul_(factor.mul_(-rate).unsqueeze(1))
                velocity, bias_velocity = network.moments[0][2 * index : 2 * index + 2]
                # One product gives the new velocity.
                weights.add_(velocity.addmm_(x.T, delta, beta=work.momentum))
                biases.add_(bias_velocity.mul_(work.momentum).add_(delta.sum(0)))
            else:
                delta = a.mul_(factor.unsqueeze(1))
                torch.mm(x.T, delta, out=weights.grad)
                torch.sum(delta, 0, out=biases.grad)
            x = following
        if not sgd:
            set_rate(adam, rate)
            adam.step()

    return torch.inference_mode()(step) if sgd else torch.no_grad()(step)


def train_autograd(network):
    """A step as most programs write it: a loss for each layer, whose input is cut off from the layer before."""
    for parameter in network.parameters:
        parameter.requires_grad_()
    if work.optimizer == "adam":
        optimizer = fused_adam(network.parameters)
    else:
        optimizer = torch.optim.SGD(network.parameters, lr=work.rate, momentum=work.momentum, fused=True)

    def step(x, rate):
        set_rate(optimizer, rate)
        optimizer.zero_grad(set_to_none=True)
        for weights, biases in zip(network.weights, network.biases):
            a = torch.relu(torch.addmm(biases, x, weights))
            goodness = a.square().mean(1)
            loss_of(goodness).backward()
            with torch.no_grad():
                x = normalized(a, goodness)
        optimizer.step()

    return step


@torch.compile(fullgraph=True, dynamic=False)
def compiled_step(x, rate, count, weights, biases, moments):
    """The step with the gradient written out, shaped for the compiler: it fuses all that is elementwise."""
    count.add_(1)
    corrections = (1 - torch.pow(ADAM["beta1"], count), 1 - torch.pow(ADAM["beta2"], count))
    for index in range(len(weights)):
        a = torch.relu(torch.addmm(biases[index], x, weights[index]))
        goodness = a.square().sum(1) / a.shape[1]
        delta = a * (slopes_of(goodness) * (2 / a.shape[1])).unsqueeze(1)
        pairs = ((weights[index], torch.mm(x.T, delta)), (biases[index], delta.sum(0)))
        for offset, (parameter, gradient) in enumerate(pairs):
            kept = [moment[2 * index + offset] for moment in moments]
            if work.optimizer == "sgd":
                kept[0].mul_(work.momentum).sub_(rate * gradient)
                parameter.add_(kept[0])
            else:
                kept[0].mul_(ADAM["beta1"]).add_((1 - ADAM["beta1"]) * gradient)
                kept[1].mul_(ADAM["beta2"]).add_((1 - ADAM["beta2"]) * gradient * gradient)
                root = torch.sqrt(kept[1] / corrections[1]) + ADAM["epsilon"]
                parameter.sub_((rate / corrections[0]) * kept[0] / root)
        x = normalized(a, goodness)


def train_compiled(network):
    count = torch.zeros(())

    def step(x, rate):
        # A tensor: a number would be taken for a constant, and compiled anew when it changes.
        compiled_step(x, torch.tensor(rate), count, network.weights, network.biases, network.moments)

    return torch.no_grad()(step)


def fused_adam(parameters):
    betas = (ADAM["beta1"], ADAM["beta2"])
    return torch.optim.Adam(parameters, lr=work.rate, betas=betas, eps=ADAM["epsilon"], fused=True)


def set_rate(optimizer, rate):
    for group in optimizer.param_groups:
        group["lr"] = rate


class Feeder:
    """Makes the rows of a batch: the same images twice, first with their labels, then with wrong ones."""

    def __init__(self, data):
        self.images = torch.from_numpy(data.images)
        self.labels = torch.from_numpy(data.labels)
        self.scale = torch.from_numpy(data.scale)
        self.out = torch.empty(2 * work.batch, PIXELS)
        self.places = torch.arange(2 * work.batch)

    def batch(self, rows, wrong):
        top, bottom = self.out[: work.batch], self.out[work.batch :]
        torch.index_select(self.images, 0, rows, out=top)
        bottom.copy_(top)
        self.out[self.places, torch.cat((self.labels[rows], wrong))] = self.scale[rows].repeat(2)
        return self.out


@torch.inference_mode()
def test_error(network, data):
    """The share of images to which the label with the most goodness, added up over the layers, is a wrong one."""
    images, scale = torch.from_numpy(data.images), torch.from_numpy(data.scale)
    wrong = 0
    for first in range(0, len(data), 500):
        chunk = images[first : first + 500]
        scores = torch.empty(len(chunk), CLASSES)
        for label in range(CLASSES):
            x = chunk.clone()
            x[:, label] = scale[first : first + 500]
            total = torch.zeros(len(chunk))
            for weights, biases in zip(network.weights, network.biases):
                a = torch.relu(torch.addmm(biases, x, weights))
                goodness = a.square().mean(1)
                total += goodness
                x = normalized(a, goodness)
            scores[:, label] = total
        wrong += int((scores.argmax(1) != torch.from_numpy(data.labels[first : first + 500])).sum())
    return wrong / len(data)


TRAINERS = {"closed-form": train_closed_form, "autograd": train_autograd, "compile": train_compiled}
WARM_UP_STEPS = 10


def main():
    train, test = load(work)
    rows, wrong = (torch.from_numpy(part) for part in draw_order(work, train.labels))
    feeder = Feeder(train)

    # Of a network of its own, so that what is measured starts fresh.
    warmup = Clock()
    step = TRAINERS[work.variant](Network())
    for index in range(WARM_UP_STEPS):
        step(feeder.batch(rows[index % len(rows)], wrong[index % len(rows)]), work.rate)
    warmup_seconds = warmup.seconds

    network = Network()
    step = TRAINERS[work.variant](network)
    evaluations = Evaluations(work)
    clock = Clock()
    for stretch in stretches(work, len(train)):
        for index in stretch:
            step(feeder.batch(rows[index], wrong[index]), work.rate_at(index))
        evaluations.add(clock, lambda: test_error(network, test))
    seconds = clock.seconds

    report(
        work,
        seconds=seconds,
        warmup_seconds=warmup_seconds,
        versions={"torch": torch.__version__},
        test_error=test_error(network, test) if work.evaluate else None,
        evaluations=evaluations.done,
    )


if __name__ == "__main__":
    main()
