"""Random draws by a stateless seed, quick inside XLA and outside.

TensorFlow's own choice of generator takes fifty times as long as Threefry where XLA compiles for a CPU, and Threefry
doesn't exist where XLA doesn't. So the generator is chosen while the graph is built.
"""

import tensorflow as tf
from tensorflow.python.ops import control_flow_util


def algorithm():
    """The name of the quicker generator for the code that is being traced: Threefry under XLA, else Philox."""
    if tf.executing_eagerly():
        return "philox"
    compiled = control_flow_util.GraphOrParentsInXlaContext(tf.compat.v1.get_default_graph())
    return "threefry" if compiled else "philox"


def uniform(shape, seed, dtype="float32"):
    """Uniform draws in [0, 1) of that shape; seed: int32 (2,)."""
    return tf.random.stateless_uniform(shape, seed=seed, dtype=dtype, alg=algorithm())


def normal(shape, seed, dtype="float32"):
    """Standard normal draws of that shape; seed: int32 (2,)."""
    return tf.random.stateless_normal(shape, seed=seed, dtype=dtype, alg=algorithm())
