"""Start-up of the project: the Celery application is there in every process, in every thread."""

from __future__ import annotations

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Loads ``config.celery`` so that tasks sent from a page reach the configured broker."""

    name = "config"
    label = "config"

    def ready(self) -> None:
        """Import only: the application makes itself the default one, the others connect signals."""
        # Not at the top of the file: they need the settings and the models to be ready.
        import config.celery
        import config.cors
        import config.heartbeat
        import config.task_context  # noqa: F401
