"""The models whose training steps are measured."""

from typing import NamedTuple


class Shape(NamedTuple):
    layers: int
    width: int
    heads: int
    context: int
    batch: int
    vocabulary: int

    @property
    def name(self):
        return f"{self.layers}/{self.width}"

    def flops(self):
        """Floating-point operations of a step: (6 P + 12 L D T) a token, with P = 12 L D^2 + V D."""
        parameters = 12 * self.layers * self.width**2 + self.vocabulary * self.width
        per_token = 6 * parameters + 12 * self.layers * self.width * self.context
        return per_token * self.batch * self.context

    def steps(self, seconds):
        """How many steps take about as long, at 100 GFLOP/s."""
        return max(3, round(seconds * 100e9 / self.flops()))


SHAPES = [
    Shape(4, 128, 4, 64, 12, 65),
    Shape(6, 384, 6, 256, 8, 8192),
    Shape(12, 768, 12, 256, 4, 50257),
    Shape(8, 512, 8, 512, 4, 32000),
]
