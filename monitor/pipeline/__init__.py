"""The stages of the pipeline: collect, evaluate, deliver. They meet in the database only.

Each stage is plain code with its collaborators passed in; the daemon decides when it runs.
"""
