"""The pure centre: what samples, rules and alerts are, and how an alert lives.

Standard library only; no clock, no log, no I/O: time and data come in as values.
"""
