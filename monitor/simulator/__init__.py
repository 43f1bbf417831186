"""A strict Orchestrator on real sockets, with an injected clock: for `simulate`, `demo` and tests.

It imports nothing of the monitor. Start at `simulator.Simulator` (state and switches) and
`server.serve` (a real socket); `app.OrchestratorApp` is the ASGI application between them.
"""
