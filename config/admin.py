"""Pages of other people's apps, in the admin's own look. Operators only."""

from __future__ import annotations

from django.contrib import admin
from django_celery_beat.admin import ClockedScheduleAdmin as BaseClockedScheduleAdmin
from django_celery_beat.admin import CrontabScheduleAdmin as BaseCrontabScheduleAdmin
from django_celery_beat.admin import PeriodicTaskAdmin as BasePeriodicTaskAdmin
from django_celery_beat.admin import PeriodicTaskForm, TaskSelectWidget
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from core.admin import HouseAdmin


class _TaskSelect(UnfoldAdminSelectWidget, TaskSelectWidget):
    """The list of known tasks."""


class _TaskForm(PeriodicTaskForm):
    """The form of django-celery-beat with widgets of this admin."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = _TaskSelect()


for _model in (PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule):
    admin.site.unregister(_model)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(BasePeriodicTaskAdmin, HouseAdmin):
    """What beat runs; the schedule itself lives in the code and is copied here at start."""

    form = _TaskForm


@admin.register(IntervalSchedule)
class IntervalScheduleAdmin(HouseAdmin):
    """Every so many seconds."""


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(BaseCrontabScheduleAdmin, HouseAdmin):
    """At times of the day."""


@admin.register(SolarSchedule)
class SolarScheduleAdmin(HouseAdmin):
    """By the sun."""


@admin.register(ClockedSchedule)
class ClockedScheduleAdmin(BaseClockedScheduleAdmin, HouseAdmin):
    """Once."""
