"""Builds a ResNet-152-like training graph and writes it; for TensorFlow 1 (Python 3.6 or 3.7).

    python resnet.py TOWERS FILE

A tower has 155 batch-norm layers, and Adam's step waits for all their updates: about 27,000 nodes
with one tower, 154,000 with eight.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow as tf

tf.logging.set_verbosity("ERROR")

TRAINING = tf.placeholder(tf.bool, [], name="is_training")


def conv(x, filters, size, stride=1):
    h = tf.layers.conv2d(x, filters, size, stride, "same", use_bias=False)
    return tf.layers.batch_normalization(h, training=TRAINING, fused=True)


def block(x, filters, stride, project):
    shortcut = conv(x, 4 * filters, 1, stride) if project else x
    h = tf.nn.relu(conv(x, filters, 1))
    h = tf.nn.relu(conv(h, filters, 3, stride))
    return tf.nn.relu(conv(h, 4 * filters, 1) + shortcut)


def network(x):
    h = tf.nn.relu(conv(x, 8, 7, 2))
    for filters, blocks, stride in ((8, 3, 1), (16, 8, 2), (32, 36, 2), (64, 3, 2)):
        for number in range(blocks):
            h = block(h, filters, 1 if number else stride, project=number == 0)
    return tf.layers.dense(tf.reduce_mean(h, [1, 2]), 10)


def main():
    towers, path = int(sys.argv[1]), sys.argv[2]
    losses = []
    for number in range(towers):
        with tf.name_scope(f"tower_{number}"), tf.variable_scope("net", reuse=number > 0):
            x = tf.placeholder(tf.float32, [None, 64, 64, 3])
            y = tf.placeholder(tf.int32, [None])
            losses.append(tf.losses.sparse_softmax_cross_entropy(y, network(x)))
    optimizer = tf.train.AdamOptimizer()
    gradients = optimizer.compute_gradients(tf.add_n(losses))
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        step = tf.train.get_or_create_global_step()
        optimizer.apply_gradients(gradients, global_step=step, name="train")
    tf.train.Saver()
    tf.train.export_meta_graph(path)


if __name__ == "__main__":
    main()
