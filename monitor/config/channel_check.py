"""Asks the channels' own library about their URLs: slow to load, so only `check` and `run` do."""

from monitor.channels import problem_with
from monitor.config.compose import Configuration
from monitor.config.secrets import SecretUnreadableError
from monitor.errors import Problem


def check_channels(configuration: Configuration) -> tuple[Problem, ...]:
    """Return a problem for each channel whose URL is refused; nothing is sent."""
    problems = []
    for name, channel in configuration.channels.items():
        try:
            mistake = problem_with(channel.url.read())
        except SecretUnreadableError as error:
            mistake = str(error)
        if mistake is not None:
            key, _ = channel.url.shown_as("url")
            problems.append(configuration.source.problem(("channels", name, key), mistake))
    return tuple(problems)
