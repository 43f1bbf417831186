"""The door to UiPath Orchestrator: the only importer of httpx.

`client.py` holds one kept connection pool a tenant, `poll.py` what a collector asks through;
every failure leaves this package as one of the conditions in `monitor/errors.py`.
"""
