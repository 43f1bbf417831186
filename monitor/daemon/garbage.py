"""Sets Python's garbage collector for a process that keeps much and discards little in cycles."""

import gc


def calm() -> None:
    """Let the collector run rarely.

    A poll of ten thousand sessions makes tens of thousands of objects that live until the next
    poll, and hardly a cycle among them. With Python's own thresholds the collector walks over all
    of them many times a poll: measured, a tenth of a whole cycle's time.
    """
    gc.set_threshold(100_000, 20, 100)
