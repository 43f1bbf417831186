"""Sends a message to any service that apprise has a URL for; the only importer of apprise.

What is known of apprise 2.2, from its source and from trying it, and closed here:

- Given a time limit it works in a small pool shared by the whole process, where a few hanging
  services delay all. Here it has no limit and runs in a thread of the channel's own, abandoned at
  the deadline.
- One URL may name several receivers. Who took a message is remembered until all have it, so that
  one full mailbox does not bring the others the same mail all day.
- It retries blindly, sleeps between messages (5.5 s for mail) and takes a redirect that lost the
  message for a success. All three are switched off; when to try again is the outbox's decision.
- Of an answer it keeps a log line. The status, how long the service asks to wait, and whether a
  request went out at all are overheard from the libraries below it.
- Its log lines may hold secrets of the URL. Each service gets a logger of its own, connected to
  nothing, from which the reason of a failure is read; apprise's own logger is cut off.
- Text bodies are escaped for the services that take markup; markdown ones are not. So: text.
"""

from monitor.channels import ChannelType
from monitor.channels.apprise_url.channel import AppriseChannel
from monitor.channels.apprise_url.service import problem_with

CHANNEL = ChannelType(
    make=AppriseChannel,
    problem_with=problem_with,
    help="any of the services of apprise, by URL: chat, mail, pagers, SMS, JSON web hooks",
    example='[channels.ops]\nurl_env = "OPS_URL"\n',
)
