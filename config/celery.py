"""The Celery application and the beat schedule.

Tasks are named here by their explicit names only; the database scheduler copies the schedule at
start, so that staff see it in the admin.
"""

from __future__ import annotations

from celery import Celery

from config import env

env.set_default("DJANGO_SETTINGS_MODULE", "config.settings.development")

app = Celery("couvert")
# Without this, threads other than the importing one would get an application without a broker.
app.set_default()
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# When the models are there: in worker and beat Celery sees to that, elsewhere config/apps.py.
app.autodiscover_tasks(["config"], related_name="heartbeat")
app.autodiscover_tasks(["config"], related_name="task_context")

SCHEDULE = {
    "reservations.expire_holds": 15,
    "reservations.expire_unanswered": 300,
    "reservations.expire_waitlist": 900,
    "reservations.offer_tables": 10,
    "reservations.expire_payment_requests": 15,
    "reservations.authorise_holds": 300,
    "reservations.let_cards_go": 900,
    "accounts.forget_guesses": 3600,
    "reservations.keep_the_stand": 20,
    "reservations.tidy_the_stand": 900,
    "reservations.forget_sign_ins": 3600,
    "reservations.join_visits": 60,
    "reservations.sweep_tests": 900,
    "reservations.forget_deliveries": 3600,
    "payments.settle_unknown": 30,
    "payments.process_refunds": 15,
    "payments.process_errands": 15,
    "payments.process_events": 15,
    "payments.forget_events": 3600,
    "payments.reconcile": 3600,
    "notifications.deliver_due": 5,
    "notifications.trace_texts": 30,
    "reservations.remind": 300,
    "webhooks.dispatch": 5,
    "webhooks.forget_old": 3600,
    "api.forget_answers": 3600,
    "customers.forget_merges": 3600,
    "core.heartbeat": 10,
}

# A sweep that could not start before the next one is due is dropped: the next does the same work.
app.conf.beat_schedule = {
    name: {"task": name, "schedule": float(seconds), "options": {"expire_seconds": seconds * 2}}
    for name, seconds in SCHEDULE.items()
}
