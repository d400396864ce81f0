"""What calls into TensorFlow do to the abstract graph, one module a topic.

Each module offers ``HANDLERS``: canonical name to ``handler(machine, name, args, frame)``.
"""
