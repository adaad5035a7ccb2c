"""The endpoints around the pseudo-code: parse, call, answer; nothing else."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from benchmarks.baseline import booking


def healthz(_request: HttpRequest) -> HttpResponse:
    """The server is up."""
    return _json({"status": "ok"})


@csrf_exempt
def availability(request: HttpRequest) -> HttpResponse:
    """``POST /api/reservations/availability``."""
    asked = json.loads(request.body)
    return _json(
        booking.check_availability(
            uuid.UUID(asked["restaurantId"]),
            dt.date.fromisoformat(asked["date"]),
            asked["partySize"],
        )
    )


@csrf_exempt
def hold(request: HttpRequest) -> HttpResponse:
    """``POST /api/reservations/hold``."""
    asked = json.loads(request.body)
    try:
        held = booking.create_hold(
            uuid.UUID(asked["userId"]),
            uuid.UUID(asked["restaurantId"]),
            dt.date.fromisoformat(asked["date"]),
            dt.time.fromisoformat(asked["time"]),
            asked["partySize"],
        )
    except booking.Refused as error:
        return _json({"error": str(error)}, status=409)
    return _json(
        {
            "hold": {
                "holdId": str(held.hold_id),
                "userId": str(held.user_id),
                "restaurantId": str(held.restaurant_id),
                "date": held.date.isoformat(),
                "time": f"{held.time:%H:%M}",
                "partySize": held.party_size,
                "depositAmount": held.deposit_amount,
                "createdAt": _milliseconds(held.created_at),
                "expiresAt": _milliseconds(held.expires_at),
            },
            "totalDeposit": held.deposit_amount,
            "expiresIn": 600,
        },
        status=201,
    )


@csrf_exempt
def confirm(request: HttpRequest) -> HttpResponse:
    """``POST /api/reservations/confirm``."""
    asked = json.loads(request.body)
    try:
        made = booking.confirm_reservation(
            uuid.UUID(asked["holdId"]),
            uuid.UUID(asked["userId"]),
            asked["paymentMethod"],
            asked.get("specialRequests"),
        )
    except booking.Refused as error:
        return _json({"error": str(error)}, status=409)
    code = made.confirmation_code
    answer: dict[str, Any] = {
        "reservation": {
            "reservationId": str(made.reservation_id),
            "confirmationCode": code,
            "userId": str(made.user_id),
            "restaurantId": str(made.restaurant_id),
            "date": made.date.isoformat(),
            "time": f"{made.time:%H:%M}",
            "partySize": made.party_size,
            "depositAmount": float(made.deposit_amount),
            "status": made.status,
            "createdAt": _milliseconds(made.created_at),
        },
        "message": f"Reservation confirmed! Show code {code} at the restaurant.",
    }
    return _json(answer, status=201)


def _json(data: dict[str, Any], status: int = 200) -> HttpResponse:
    """With its length, which Django's CommonMiddleware would add: chunks would cost more."""
    response = JsonResponse(data, status=status)
    response.headers["Content-Length"] = str(len(response.content))
    return response


def _milliseconds(instant: dt.datetime) -> int:
    return int(instant.replace(tzinfo=dt.UTC).timestamp() * 1000)
