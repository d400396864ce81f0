"""The second witness: the graph that TensorFlow built, read without TensorFlow."""
