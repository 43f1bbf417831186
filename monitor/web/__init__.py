"""The status page and its JSON: reads the store, writes nothing.

`documents.py` is what scripts rely on; the command line prints the same.
"""
