"""网页服务器 · gunicorn with threads: one process, so that counts and streams are of one mind.

Streams (SSE) hold a thread each; `THREADS` less the reserve is how many there may be.
"""

from typing import Any

from gunicorn.app.base import BaseApplication

from app import config
from app.config import Settings
from app.factory import create_app

THREADS = 64
THREADS_RESERVED = 16  # for ordinary requests while streams are open
STREAMS_MAX = THREADS - THREADS_RESERVED


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """The server around the service."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        """How gunicorn runs."""
        host = f"[{self.settings.host}]" if ":" in self.settings.host else self.settings.host
        chosen: dict[str, Any] = {
            "bind": f"{host}:{self.settings.port}",
            "worker_class": "gthread",
            "workers": 1,
            "threads": THREADS,
            "timeout": 60,
            "graceful_timeout": 3,
            "keepalive": 5,
            "accesslog": None,
            "errorlog": "-",
            "loglevel": "warning",
            "limit_request_line": 4094,
            "limit_request_fields": 60,
            "proc_name": "weining-web",
            "forwarded_allow_ips": "127.0.0.1,::1",
            "control_socket_disable": True,  # it would be shared by all installations of a user
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The service, made in the worker process."""
        return create_app(self.settings)


def main(settings: Settings | None = None) -> None:
    """Serve until told to stop."""
    Server(settings or config.load()).run()


if __name__ == "__main__":
    main()
