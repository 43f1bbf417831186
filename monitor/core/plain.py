"""Makes text from outside harmless: anyone may have named a robot or queue anything."""

import re
import unicodedata

# Joins of letters, not tricks: Persian and Indic names and emoji need them.
_JOINERS = {"\u200c", "\u200d"}
_INSTEAD = {"Cc": " ", "Zl": " ", "Zp": " ", "Cf": "", "Co": "", "Cs": "\N{REPLACEMENT CHARACTER}"}

_GAP = "\u200b"
# "@channel", "<!here>", "<@U123>", "<#C123>", "<https://…|text>" and "[text](https://…)" mean
# something to chat services. A space of no width takes the meaning and leaves the look.
_MENTION = re.compile(r"(@)(?=[\w!&])|(<)(?=[@!#&/\w])|(\])(?=\()")


def clean(text: str) -> str:
    """Return the text as one line without control, bidirectional and unpaired characters.

    Runs of white space become one space. Cleaning twice changes nothing more.
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(
            character
            if character in _JOINERS
            else _INSTEAD.get(unicodedata.category(character), character)
            for character in text
        )
    return " ".join(text.split())


def inert(text: str) -> str:
    """Return the text, cleaned, so that no chat service reads a mention or a hidden link in it."""
    return _MENTION.sub(lambda match: match.group() + _GAP, clean(text))


def clipped(text: str, length: int) -> str:
    """Return the text, cut to `length` characters with an ellipsis where it is longer."""
    return text if len(text) <= length else text[: max(0, length - 1)].rstrip() + "…"
