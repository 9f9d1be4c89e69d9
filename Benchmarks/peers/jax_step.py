"""The same training step in JAX, compiled as one function whose state is updated in place."""

import math
import os


def make_step(shape, threads):
    os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}"
    import jax
    import jax.numpy as jnp

    width, heads = shape.width, shape.heads
    key = jax.random.key(0)

    def normal(index, *dimensions):
        return 0.02 * jax.random.normal(jax.random.fold_in(key, index), dimensions)

    def norm(*leading):
        return {"scale": jnp.ones((*leading, width)), "offset": jnp.zeros((*leading, width))}

    def linear(index, rows, columns):
        return {"weight": normal(index, shape.layers, rows, columns), "bias": jnp.zeros((shape.layers, columns))}

    parameters = {
        "tokens": normal(0, shape.vocabulary, width),
        "positions": normal(1, shape.context, width),
        "norm": norm(),
        "blocks": {"norm1": norm(shape.layers), "norm2": norm(shape.layers), "mixed": linear(2, width, 3 * width),
                   "output": linear(3, width, width), "up": linear(4, width, 4 * width),
                   "down": linear(5, 4 * width, width)},
    }

    def normalise(x, p):
        centred = x - x.mean(-1, keepdims=True)
        return centred * jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * p["scale"] + p["offset"]

    def apply(x, p):
        return x @ p["weight"] + p["bias"]

    mask = jnp.tril(jnp.ones((shape.context, shape.context), bool))

    def block(x, p):
        batch, length, _ = x.shape
        mixed = apply(normalise(x, p["norm1"]), p["mixed"]).reshape(batch, length, 3, heads, width // heads)
        q, k, v = jnp.moveaxis(mixed, 2, 0)
        scores = jnp.einsum("bqhd,bkhd->bhqk", q, k) / math.sqrt(width // heads)
        weights = jax.nn.softmax(jnp.where(mask, scores, -jnp.inf), -1)
        attended = jnp.einsum("bhqk,bkhd->bqhd", weights, v).reshape(x.shape)
        x = x + apply(attended, p["output"])
        return x + apply(jax.nn.gelu(apply(normalise(x, p["norm2"]), p["up"])), p["down"]), None

    def loss_of(p, inputs, targets):
        x = p["tokens"][inputs] + p["positions"]
        for layer in range(shape.layers):
            x, _ = block(x, jax.tree.map(lambda leaf: leaf[layer], p["blocks"]))
        logits = jax.nn.log_softmax(normalise(x, p["norm"]) @ p["tokens"].T)
        return -jnp.take_along_axis(logits, targets[..., None], -1).mean()

    def update(state, inputs, targets):
        p, m, v, count = state
        loss, g = jax.value_and_grad(loss_of)(p, inputs, targets)
        size = jnp.sqrt(sum((leaf**2).sum() for leaf in jax.tree.leaves(g)))
        g = jax.tree.map(lambda leaf: leaf * jnp.minimum(1.0, 1.0 / (size + 1e-6)), g)
        count = count + 1
        m = jax.tree.map(lambda a, b: 0.9 * a + 0.1 * b, m, g)
        v = jax.tree.map(lambda a, b: 0.999 * a + 0.001 * b * b, v, g)

        def adamw(w, a, b):
            direction = a / (1 - 0.9**count) / (jnp.sqrt(b / (1 - 0.999**count)) + 1e-8)
            return w * (1 - 1e-4 * 0.1) - 1e-4 * direction

        return (jax.tree.map(adamw, p, m, v), m, v, count), loss

    update = jax.jit(update, donate_argnums=0)
    zeros = jax.tree.map(jnp.zeros_like, parameters)
    state = (parameters, zeros, jax.tree.map(jnp.zeros_like, parameters), jnp.zeros(()))
    inputs, targets = (jax.random.randint(jax.random.fold_in(key, i), (shape.batch, shape.context), 0, shape.vocabulary)
                       for i in (7, 8))

    def step():
        nonlocal state
        state, loss = update(state, inputs, targets)
        return float(loss)

    return step, jax.__version__
