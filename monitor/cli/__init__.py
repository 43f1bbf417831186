"""The command line: one file per noun.

`main.py` is the entry, `program.py` puts the nouns together, `options.py` holds what commands
share, `output.py` prints. Whatever is slow to import (database, HTTP, configuration) is imported
inside the command that needs it, so that `--help` answers at once.
"""
