"""Kafka: topics taken in, each partition's offset in the same transaction as its events."""
