"""The configuration: one TOML file, all its mistakes told at once, and what is made of it.

The walk: `load.py` finds and reads the file, `settings.py` (with the tables beside it) says what it
may hold, `rules.py` reads the rule tables with the options of their types, `compose.py` builds the
`Configuration` that the daemon and the commands work with. Each plugin defines its own options;
this part only puts them together.
"""
