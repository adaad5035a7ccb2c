"""Couvert's addresses, and one more: a view of the REST framework that does nothing."""

from __future__ import annotations

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.urls import urlpatterns as couverts


class Bare(APIView):
    """As the framework makes it, without authentication."""

    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Request) -> Response:
        """A constant."""
        return Response({"success": True})


urlpatterns = [path("api/bare", Bare.as_view()), *couverts]
