"""Kafka: topics taken in, each partition's offset in the same transaction as its events; and the log as a topic."""

import logging

logging.getLogger("kafka").addHandler(logging.NullHandler())  # what matters of it is told in sentences of our own
