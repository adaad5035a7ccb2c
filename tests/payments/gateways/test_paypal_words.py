from __future__ import annotations

from typing import Any

import pytest

from payments.gateways.base import (
    ChargeOutcome,
    RefundOutcome,
)
from payments.gateways.paypal import answers, notices

RELATED = {"related_ids": {"order_id": "O1", "authorization_id": "A1", "capture_id": "C1"}}
UP = [{"rel": "up", "href": "https://api.paypal.com/v2/payments/captures/C9"}]


class TestWords:
    @pytest.mark.parametrize(
        ("kind", "resource", "references"),
        [
            ("CHECKOUT.ORDER.APPROVED", {"id": "O1"}, ("order:O1",)),
            ("PAYMENT.AUTHORIZATION.VOIDED", {"id": "A1"}, ("auth:A1",)),
            (
                "PAYMENT.CAPTURE.COMPLETED",
                {"id": "C9", "supplementary_data": RELATED},
                ("C9", "order:O1", "auth:A1", "C1"),
            ),
            ("PAYMENT.CAPTURE.REFUNDED", {"id": "R1", "links": UP}, ("R1", "C9")),
            (
                "CUSTOMER.DISPUTE.CREATED",
                {
                    "dispute_id": "PP-D-1",
                    "disputed_transactions": [{"seller_transaction_id": "C1"}],
                },
                ("PP-D-1", "C1"),
            ),
            ("SOMETHING.NEW", "a text", ()),
            ("SOMETHING.NEW", {"links": "x", "supplementary_data": []}, ()),
        ],
    )
    def test_what_a_message_is_about(
        self, kind: str, resource: Any, references: tuple[str, ...]
    ) -> None:
        event = {"id": "WH-1", "event_type": kind, "resource": resource}
        assert notices.notice_of(event).references == references

    @pytest.mark.parametrize(
        ("status", "outcome"),
        [
            ("COMPLETED", ChargeOutcome.SUCCEEDED),
            ("PARTIALLY_REFUNDED", ChargeOutcome.SUCCEEDED),
            ("REFUNDED", ChargeOutcome.SUCCEEDED),
            ("PENDING", ChargeOutcome.UNKNOWN),
            ("DECLINED", ChargeOutcome.DECLINED),
            ("FAILED", ChargeOutcome.DECLINED),
            ("SOMETHING_NEW", ChargeOutcome.UNKNOWN),
        ],
    )
    def test_every_status_of_a_capture(self, status: str, outcome: ChargeOutcome) -> None:
        assert answers.capture_of({"id": "C1", "status": status}).outcome is outcome

    @pytest.mark.parametrize(
        ("status", "outcome"),
        [
            ("CREATED", ChargeOutcome.AUTHORIZED),
            ("PENDING", ChargeOutcome.UNKNOWN),
            ("CAPTURED", ChargeOutcome.UNKNOWN),
            ("DENIED", ChargeOutcome.DECLINED),
            ("VOIDED", ChargeOutcome.VOIDED),
            ("EXPIRED", ChargeOutcome.VOIDED),
            ("SOMETHING_NEW", ChargeOutcome.UNKNOWN),
        ],
    )
    def test_every_status_of_an_authorization(self, status: str, outcome: ChargeOutcome) -> None:
        assert answers.authorization_of({"id": "A1", "status": status}).outcome is outcome

    @pytest.mark.parametrize(
        ("status", "outcome"),
        [
            ("PAYER_ACTION_REQUIRED", ChargeOutcome.ACTION_REQUIRED),
            ("CREATED", ChargeOutcome.ACTION_REQUIRED),
            ("APPROVED", ChargeOutcome.ACTION_REQUIRED),
            ("COMPLETED", ChargeOutcome.UNKNOWN),
            ("VOIDED", ChargeOutcome.VOIDED),
        ],
    )
    def test_every_status_of_an_order_nothing_was_taken_by(
        self, status: str, outcome: ChargeOutcome
    ) -> None:
        assert answers.order_of({"id": "O1", "status": status}).outcome is outcome

    @pytest.mark.parametrize(
        ("status", "outcome"),
        [
            ("COMPLETED", RefundOutcome.SUCCEEDED),
            ("PENDING", RefundOutcome.PENDING),
            ("FAILED", RefundOutcome.FAILED),
            ("CANCELLED", RefundOutcome.FAILED),
            ("SOMETHING_NEW", RefundOutcome.UNKNOWN),
        ],
    )
    def test_every_status_of_a_refund(self, status: str, outcome: RefundOutcome) -> None:
        assert answers.refund_of({"id": "R1", "status": status}).outcome is outcome

    @pytest.mark.parametrize(
        ("row", "status"),
        [
            ({"status": "OPEN"}, "needs_response"),
            ({"status": "WAITING_FOR_SELLER_RESPONSE"}, "needs_response"),
            ({"status": "WAITING_FOR_BUYER_RESPONSE"}, "under_review"),
            ({"status": "UNDER_REVIEW"}, "under_review"),
            ({"status": "SOMETHING_NEW"}, "needs_response"),
            ({"status": "RESOLVED"}, "lost"),
            (
                {
                    "status": "RESOLVED",
                    "dispute_outcome": {"outcome_code": "RESOLVED_BUYER_FAVOUR"},
                },
                "lost",
            ),
            (
                {
                    "status": "RESOLVED",
                    "dispute_outcome": {"outcome_code": "RESOLVED_SELLER_FAVOUR"},
                },
                "won",
            ),
        ],
    )
    def test_every_status_of_a_dispute(self, row: dict[str, Any], status: str) -> None:
        amount = {"currency_code": "USD", "value": "5.00"}
        assert answers.dispute_of({"dispute_id": "D", "dispute_amount": amount, **row}).status == (
            status
        )

    @pytest.mark.parametrize(
        ("changes", "kind"),
        [
            ({}, "charge"),
            ({"transaction_event_code": "T1107"}, None),
            ({"transaction_amount": {"currency_code": "USD", "value": "-5.00"}}, None),
            (
                {
                    "transaction_event_code": "T1107",
                    "transaction_amount": {"currency_code": "USD", "value": "-5.00"},
                },
                "refund",
            ),
            ({"transaction_event_code": "T0400"}, None),
            ({"transaction_status": "P"}, None),
            ({"transaction_status": "D"}, None),
        ],
    )
    def test_which_lines_of_the_books_are_money(
        self, changes: dict[str, Any], kind: str | None
    ) -> None:
        info = {
            "transaction_id": "C1",
            "transaction_event_code": "T0006",
            "transaction_initiation_date": "2026-11-20T20:27:35+0000",
            "transaction_amount": {"currency_code": "USD", "value": "5.00"},
            "transaction_status": "S",
            "custom_field": "hold_1",
        }
        line = answers.movement_of({"transaction_info": info | changes})
        assert (line.kind if line else None) == kind
        if line:
            assert (line.minor, line.purpose) == (500, "hold_1")

    def test_every_sentence_is_whole(self) -> None:
        for text in answers.DECLINES.values():
            assert str(text)[0].isupper()
            assert str(text).endswith(".")
