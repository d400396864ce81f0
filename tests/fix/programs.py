"""Broken programs with what ``--fix --unsafe-fixes`` makes of each. TensorFlow 1.15 runs both."""

from __future__ import annotations

from dataclasses import dataclass, field

_HEAD = """\
import numpy as np
import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 4])
h = tf.layers.dense(x, 4)
"""
_TAIL = """
sess = tf.Session()
sess.run(tf.global_variables_initializer())
for _ in range(3):
    sess.run(train, {x: np.arange(32.0).reshape(8, 4)})
mean = [v for v in tf.global_variables() if 'moving_mean' in v.name][0]
print('MOVED' if np.any(sess.run(mean) != 0) else 'STILL')
"""
_BN = "h = tf.layers.batch_normalization(h, training=True)\n"
_LOSS = "loss = tf.reduce_mean(h ** 2)\n"
_STEP = "train = tf.train.AdamOptimizer(1e-3).minimize(loss)\n"
_READ = "tf.get_collection(tf.GraphKeys.UPDATE_OPS)"
_BLOCK = f"with tf.control_dependencies({_READ}):\n"
_NAMED = "with tf.control_dependencies(update_ops):\n"


@dataclass(frozen=True)
class Broken:
    """The middle of a program before and after, the codes found before, and its other files."""

    codes: tuple[str, ...]
    before: str
    after: str
    files: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def program(self) -> str:
        return _HEAD + self.before + _TAIL

    @property
    def fixed(self) -> str:
        return _HEAD + self.after + _TAIL


PROGRAMS: dict[str, Broken] = {
    "minimize": Broken(("BN201",), _BN + _LOSS + _STEP, _BN + _LOSS + _BLOCK + "    " + _STEP),
    "apply_gradients": Broken(
        ("BN201",),
        _BN + _LOSS + "optimizer = tf.train.AdamOptimizer(1e-3)\n"
        "pairs = optimizer.compute_gradients(loss)\ntrain = optimizer.apply_gradients(pairs)\n",
        _BN + _LOSS + "optimizer = tf.train.AdamOptimizer(1e-3)\n"
        f"pairs = optimizer.compute_gradients(loss)\n{_BLOCK}"
        "    train = optimizer.apply_gradients(pairs)\n",
    ),
    "block_extended": Broken(
        ("BN201",),
        _BN + _LOSS + "with tf.control_dependencies([tf.no_op()]):\n    " + _STEP,
        _BN + _LOSS + f"with tf.control_dependencies([tf.no_op()] + {_READ}):\n    " + _STEP,
    ),
    "one_line_if": Broken(
        ("BN201",),
        _BN + _LOSS + "if True: " + _STEP,
        _BN + _LOSS + "if True:\n    " + _BLOCK + "        " + _STEP,
    ),
    "long_string": Broken(
        ("BN201",),
        _BN + _LOSS + _STEP.replace("loss)", "\n  loss, name='''a'''\n'''\n'''.strip())"),
        _BN
        + _LOSS
        + _BLOCK
        + "    "
        + _STEP.replace("loss)", "\n      loss, name='''a'''\n'''\n'''.strip())").replace(
            "\n'''\n", "\n    '''\n", 1
        ),
    ),
    "of_one_network": Broken(
        ("BN201",),
        "with tf.variable_scope('first'):\n    "
        + _BN
        + "y = tf.placeholder(tf.float32, [None, 4])\n"
        "with tf.variable_scope('second'):\n"
        "    g = tf.layers.batch_normalization(tf.layers.dense(y, 4), training=True)\n"
        + _LOSS
        + _STEP
        + f"with tf.control_dependencies({_READ}):\n"
        "    other = tf.train.AdamOptimizer(1e-3).minimize(tf.reduce_mean(g ** 2))\n",
        "with tf.variable_scope('first'):\n    "
        + _BN
        + "y = tf.placeholder(tf.float32, [None, 4])\n"
        "with tf.variable_scope('second'):\n"
        "    g = tf.layers.batch_normalization(tf.layers.dense(y, 4), training=True)\n"
        + _LOSS
        + "with tf.control_dependencies("
        "tf.get_collection(tf.GraphKeys.UPDATE_OPS, scope='first')):\n    "
        + _STEP
        + f"with tf.control_dependencies({_READ}):\n"
        "    other = tf.train.AdamOptimizer(1e-3).minimize(tf.reduce_mean(g ** 2))\n",
    ),
    "loss_beside": Broken(
        ("BN202",),
        _BN + _LOSS + _BLOCK + "    loss = tf.identity(loss)\n" + _STEP,
        _BN + _LOSS + _BLOCK + "    loss = tf.identity(loss)\n    " + _STEP,
    ),
    "loss_further_up": Broken(
        ("BN202",),
        _BN
        + _LOSS
        + f"update_ops = {_READ}\n"
        + _NAMED
        + "    # the loss\n    loss = tf.identity(loss)\nrate = 1e-3\n"
        + _STEP,
        _BN + _LOSS + f"update_ops = {_READ}\n"
        "# the loss\nloss = tf.identity(loss)\nrate = 1e-3\n" + _NAMED + "    " + _STEP,
    ),
    "constructor": Broken(
        ("BN203",),
        _BN + _LOSS + _BLOCK + "    optimizer = tf.train.AdamOptimizer(1e-3)\n"
        "print('x', end='')\ntrain = optimizer.minimize(loss)\n",
        _BN + _LOSS + "optimizer = tf.train.AdamOptimizer(1e-3)\n"
        f"print('x', end='')\n{_BLOCK}    train = optimizer.minimize(loss)\n",
    ),
    "named_only": Broken(
        ("BN203",),
        _BN + _LOSS + _STEP + f"update_ops = {_READ}\n" + _NAMED + "    step = train\n",
        _BN
        + _LOSS
        + _BLOCK
        + "    "
        + _STEP
        + f"update_ops = {_READ}\n"
        + _NAMED
        + "    step = train\n",
    ),
    "read_early": Broken(
        ("BN204",),
        f"update_ops = {_READ}\n" + _BN + _LOSS + _NAMED + "    " + _STEP,
        _BN + _LOSS + f"update_ops = {_READ}\n" + _NAMED + "    " + _STEP,
    ),
    "read_early_and_used": Broken(
        ("BN204",),
        f"update_ops = {_READ}\ncount = len(update_ops)\n" + _BN + _LOSS + _NAMED + "    " + _STEP,
        f"update_ops = {_READ}\ncount = len(update_ops)\n"
        + _BN
        + _LOSS
        + f"update_ops = {_READ}\n"
        + _NAMED
        + "    "
        + _STEP,
    ),
    "built_in_the_block": Broken(
        ("BN204",),
        _BLOCK + "    " + _BN + "    " + _LOSS + "    " + _STEP,
        _BLOCK + "    " + _BN + "    " + _LOSS + "    " + _BLOCK + "        " + _STEP,
    ),
    "under_another_graph": Broken(
        ("BN204",),
        _BN + _LOSS + "graph = tf.get_default_graph()\nwith tf.Graph().as_default():\n"
        f"    update_ops = {_READ}\nwith graph.as_default(), tf.control_dependencies(update_ops):\n"
        "    " + _STEP,
        _BN + _LOSS + "graph = tf.get_default_graph()\nwith tf.Graph().as_default():\n"
        f"    update_ops = {_READ}\n"
        f"update_ops = {_READ}\nwith graph.as_default(), tf.control_dependencies(update_ops):\n"
        "    " + _STEP,
    ),
    "import_in_another_function": Broken(
        ("BN201",),
        "import steps\n" + _BN + _LOSS + "train = steps.step(loss)\n",
        "import steps\n" + _BN + _LOSS + "train = steps.step(loss)\n",
        {
            "steps.py": (
                "import os\ndef other():\n    import tensorflow as tf\n    return tf\n\n"
                "def step(loss):\n    return other().train.AdamOptimizer(1e-3).minimize(loss)\n",
                "import os\nimport tensorflow as tf\n"
                "def other():\n    import tensorflow as tf\n    return tf\n\n"
                f"def step(loss):\n    {_BLOCK}"
                "        return other().train.AdamOptimizer(1e-3).minimize(loss)\n",
            )
        },
    ),
    "key": Broken(
        ("BN205",),
        _BN
        + _LOSS
        + "with tf.control_dependencies(tf.get_collection('UPDATE_OPS')):\n    "
        + _STEP,
        _BN + _LOSS + _BLOCK + "    " + _STEP,
    ),
    "scope": Broken(
        ("BN205",),
        _BN
        + _LOSS
        + f"with tf.control_dependencies({_READ[:-1]}, scope='nothing')):\n    "
        + _STEP,
        _BN + _LOSS + _BLOCK + "    " + _STEP,
    ),
    "own_collection": Broken(
        ("BN205",),
        "h = tf.contrib.layers.batch_norm(h, is_training=True, updates_collections='mine')\n"
        + _LOSS
        + _BLOCK
        + "    "
        + _STEP,
        "h = tf.contrib.layers.batch_norm(h, is_training=True, updates_collections='mine')\n"
        + _LOSS
        + "with tf.control_dependencies(tf.get_collection('mine')):\n    "
        + _STEP,
    ),
    "keyword": Broken(
        ("BN109",),
        "h = tf.contrib.layers.batch_norm(h, True)\n" + _LOSS + _BLOCK + "    " + _STEP,
        "h = tf.contrib.layers.batch_norm(h, is_training=True)\n" + _LOSS + _BLOCK + "    " + _STEP,
    ),
    "flag": Broken(
        ("BN101",),
        "is_training = tf.placeholder_with_default(True, [])\n"
        "h = tf.layers.batch_normalization(h)\n" + _LOSS + _BLOCK + "    " + _STEP,
        "is_training = tf.placeholder_with_default(True, [])\n"
        "h = tf.layers.batch_normalization(h, training=is_training)\n"
        + _LOSS
        + _BLOCK
        + "    "
        + _STEP,
    ),
    "flag_and_updates": Broken(
        ("BN101", "BN103"),
        "def net(h, training):\n    return tf.layers.batch_normalization(\n        h,\n    )\n"
        "h = net(h, tf.placeholder_with_default(True, []))\n" + _LOSS + _STEP,
        "def net(h, training):\n"
        "    return tf.layers.batch_normalization(\n        h, training=training,\n    )\n"
        "h = net(h, tf.placeholder_with_default(True, []))\n" + _LOSS + _BLOCK + "    " + _STEP,
    ),
    "flag_through_files": Broken(
        ("BN101",),
        "import nets\nis_training = tf.placeholder_with_default(True, [])\n"
        "h = nets.net(h, is_training)\n" + _LOSS + _BLOCK + "    " + _STEP,
        "import nets\nis_training = tf.placeholder_with_default(True, [])\n"
        "h = nets.net(h, is_training)\n" + _LOSS + _BLOCK + "    " + _STEP,
        {
            "nets.py": (
                "import ops\n\n\ndef net(h, is_training):\n    return ops.norm(h)\n",
                "import ops\n\n\ndef net(h, is_training):\n"
                "    return ops.norm(h, is_training=is_training)\n",
            ),
            "ops.py": (
                "import tensorflow as tf\n\n\ndef norm(h, *, axis=-1, **kwargs):\n"
                "    return tf.layers.batch_normalization(h, axis=axis, **kwargs)\n",
                "import tensorflow as tf\n\n\n"
                "def norm(h, *, axis=-1, is_training=False, **kwargs):\n"
                "    return tf.layers.batch_normalization("
                "h, axis=axis, training=is_training, **kwargs)\n",
            ),
        },
    ),
}
