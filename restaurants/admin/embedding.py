"""Websites that show the booking pages, the keys with which they book, and a page to try it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from core.admin import EMPTY, back_to, staff_actor, tell
from restaurants import services, sites
from restaurants.access import Capability
from restaurants.admin.revocable import RevocableMixin
from restaurants.admin.scope import HouseFilter, ScopedAdmin, ScopedInline
from restaurants.models import AllowedSite, PublishableKey


class SiteInline(ScopedInline):
    """The restaurant's websites, each with a link that tries it."""

    model = AllowedSite
    fields = ["origin", "test_link"]
    readonly_fields = ["test_link"]
    verbose_name_plural = "websites"

    @display(description="try it")
    def test_link(self, row: AllowedSite) -> SafeString | str:
        """To the page with the snippet and a preview."""
        return _test_link(row)


class KeyInline(ScopedInline):
    """Keys for the restaurant's websites; withdrawn on their own page."""

    model = PublishableKey
    fields = ["name", "key", "revoked_at"]
    readonly_fields = ["key", "revoked_at"]
    may_delete = None
    show_change_link = True


def _test_link(row: AllowedSite) -> SafeString | str:
    if not row.pk:
        return EMPTY
    url = reverse("admin:restaurants_allowedsite_test", args=[row.pk])
    return format_html('<a href="{}" target="_blank" rel="noopener">Snippet and test</a>', url)


@admin.register(AllowedSite)
class AllowedSiteAdmin(ScopedAdmin):
    """Websites that may show the booking pages in a frame; nobody else may."""

    list_display = ["origin", "restaurant", "test_link", "created_at"]
    list_filter = [HouseFilter]
    list_select_related = ["restaurant"]
    search_fields = ["origin", "restaurant__name", "restaurant__public_id"]
    autocomplete_fields = ["restaurant"]

    @display(description="try it")
    def test_link(self, row: AllowedSite) -> SafeString | str:
        """To the page with the snippet and a preview."""
        return _test_link(row)

    def get_urls(self) -> list[URLPattern]:
        """With the page that tries it."""
        view = self.admin_site.admin_view(self.test_page)
        own = path("<int:pk>/test/", view, name="restaurants_allowedsite_test")
        return [own, *super().get_urls()]

    def test_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What to put into the website, what browsers are told, and the pages in a frame."""
        site = self.get_object(request, str(pk))
        if site is None or not self.has_view_permission(request, site):
            raise Http404
        script = sites.script()
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": f"Booking on {site.origin}",
            "site": site,
            "house": site.restaurant,
            "home": settings.PUBLIC_URL.rstrip("/"),
            "script": script,
            "keys": site.restaurant.publishable_keys.filter(revoked_at=None),
            "opts": self.opts,
        }
        return render(request, "admin/embedding_test.html", context)


@admin.register(PublishableKey)
class PublishableKeyAdmin(RevocableMixin, ScopedAdmin):
    """Keys with which the restaurant's websites book. They stand in pages and are no secrets."""

    list_display = ["name", "restaurant", "key", "state", "created_at"]
    list_filter = [HouseFilter]
    list_select_related = ["restaurant"]
    search_fields = ["name", "key", "restaurant__name", "restaurant__public_id"]
    autocomplete_fields = ["restaurant"]
    readonly_fields = ["key", "created_at", "revoked_at"]
    may_delete = None
    actions_detail = ["revoke"]

    @action(
        description="Withdraw this key",
        icon="block",
        variant=ActionVariant.DANGER,
        permissions=["revoke"],
        dialog={
            "title": "Withdraw this key",
            "description": "Websites that use it cannot book from now on. This cannot be undone.",
            "form_class": None,
            "form_submit_text": "Withdraw",
        },
    )
    def revoke(self, request: HttpRequest, form: object, object_id: str) -> HttpResponse:
        """For good."""
        row = self.get_object(request, object_id)
        if row is not None and self.allowed(request, Capability.MANAGE, row):
            services.revoke_key(row, by=staff_actor(request))
            tell(request, f"The key “{row.name}” is withdrawn.")
        return back_to(request, reverse("admin:restaurants_publishablekey_changelist"))
