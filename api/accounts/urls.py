"""Signing in and the guest's own account."""

from __future__ import annotations

from django.urls import path

from api.accounts import views
from api.routing import by_method

urlpatterns = [
    path("auth/register", views.RegisterView.as_view()),
    path("auth/token", views.TokenView.as_view()),
    path("auth/refresh", views.RefreshView.as_view()),
    path(
        "auth/me",
        by_method(GET=views.ProfileView.as_view(), PATCH=views.ChangeProfileView.as_view()),
    ),
]
