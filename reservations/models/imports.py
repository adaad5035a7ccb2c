"""Progress of a backfill, so that it can be stopped anywhere and continued."""

from __future__ import annotations

from django.db import models


class ImportRun(models.Model):
    """One file being imported, known by its digest. Its counters commit with each row."""

    digest = models.CharField(max_length=64, unique=True)
    file_name = models.CharField(max_length=200)
    next_row = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    refused = models.JSONField(default=dict, help_text="Reason code to count")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.file_name}: {self.next_row} rows"
