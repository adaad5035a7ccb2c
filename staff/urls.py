"""The addresses of the staff area. What belongs to a house names it: ``/staff/r/<slug>/…``."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from restaurants.access import Capability
from staff.reports import KINDS
from staff.views import (
    accounts,
    booking_messages,
    booking_money,
    deliveries,
    fees,
    guest_deeds,
    guest_tags,
    guests,
    home,
    keys,
    live,
    log,
    me,
    money_actions,
    money_report,
    pay_links,
    payments,
    people,
    policies,
    reports,
    session,
    sheet,
    sheet_after,
    sources,
    tablet,
    tablets,
    texts,
    webhooks,
)
from staff.views.setup import floor, floor_parts, hours, services, why
from staff.views.setup import home as setup_home
from staff.views.stand import booking as stand_booking
from staff.views.stand import doing as stand_doing
from staff.views.stand import drawer as stand_drawer
from staff.views.stand import page as stand_page
from staff.views.stand import replay as stand_replay
from staff.views.stand import shift as stand_shift
from staff.views.stand import where as stand_where

app_name = "staff"

_keys = [
    path("", keys.KeysView.as_view(), name="keys"),
    path("new/", keys.NewKeyView.as_view(), name="key_new"),
    path("<slug:key_id>/", keys.KeyView.as_view(), name="key"),
    path("<slug:key_id>/rotate/", keys.RotateKeyView.as_view(), name="key_rotate"),
    path("<slug:key_id>/revoke/", keys.RevokeKeyView.as_view(), name="key_revoke"),
]
_webhooks = [
    path("", webhooks.EndpointsView.as_view(), name="webhooks"),
    path("new/", webhooks.NewEndpointView.as_view(), name="webhook_new"),
    path("<slug:endpoint_id>/", webhooks.EndpointView.as_view(), name="webhook"),
    path("<slug:endpoint_id>/change/", webhooks.ChangeView.as_view(), name="webhook_change"),
    path("<slug:endpoint_id>/rotate/", webhooks.RotateView.as_view(), name="webhook_rotate"),
    path("<slug:endpoint_id>/remove/", webhooks.RemoveView.as_view(), name="webhook_remove"),
    path("<slug:endpoint_id>/switch/", webhooks.SwitchView.as_view(), name="webhook_switch"),
    path("<slug:endpoint_id>/test/", webhooks.SendTestView.as_view(), name="webhook_test"),
    path("<slug:endpoint_id>/replay/", deliveries.ReplayDeadView.as_view(), name="webhook_replay"),
    path(
        "<slug:endpoint_id>/deliveries/<slug:delivery_id>/",
        deliveries.DeliveryView.as_view(),
        name="delivery",
    ),
    path(
        "<slug:endpoint_id>/deliveries/<slug:delivery_id>/replay/",
        deliveries.ReplayView.as_view(),
        name="delivery_replay",
    ),
]
_sources = [
    path("", sources.SourcesView.as_view(), name="sources"),
    path("new/", sources.NewSecretView.as_view(), name="source_new"),
    path("<slug:secret_id>/rotate/", sources.RotateView.as_view(), name="source_rotate"),
    path("<slug:secret_id>/withdraw/", sources.WithdrawView.as_view(), name="source_withdraw"),
]
_texts = [
    path("", texts.TextsView.as_view(), name="texts"),
    path("connect/", texts.ConnectTextsView.as_view(), name="texts_connect"),
    path("stop/", texts.DisconnectTextsView.as_view(), name="texts_stop"),
]
_messages = [
    path("", booking_messages.BookingMessagesView.as_view(), name="booking_messages"),
    path(
        "<slug:message_id>/again/",
        booking_messages.ResendMessageView.as_view(),
        name="message_resend",
    ),
]

_payments = [
    path("", payments.PaymentsView.as_view(), name="payments"),
    path("export.csv", payments.PaymentsTableView.as_view(), name="payments_csv"),
    path("report/", money_report.ReportView.as_view(), name="payment_report"),
    path("report.csv", money_report.ReportTableView.as_view(), name="payment_report_csv"),
    path("policies/", policies.PoliciesView.as_view(), name="policies"),
    path("differences/", payments.DifferencesView.as_view(), name="payment_differences"),
    path("provider/", accounts.AccountView.as_view(), name="payment_account"),
    path("provider/stop/", accounts.DisconnectView.as_view(), name="payment_account_stop"),
    path(
        "provider/<slug:provider>/", accounts.ConnectView.as_view(), name="payment_account_connect"
    ),
    path(
        "refunds/<slug:public_id>/retry/",
        money_actions.RetryRefundView.as_view(),
        name="refund_retry",
    ),
    path(
        "links/<slug:public_id>/withdraw/",
        pay_links.WithdrawLinkView.as_view(),
        name="link_withdraw",
    ),
    path("<slug:payment_id>/", booking_money.PaymentView.as_view(), name="payment"),
    path("<slug:public_id>/refund/", money_actions.RefundView.as_view(), name="payment_refund"),
    path("<slug:public_id>/release/", money_actions.ReleaseView.as_view(), name="payment_release"),
    path("<slug:public_id>/redeem/", money_actions.RedeemView.as_view(), name="payment_redeem"),
]
_money = [
    path("", booking_money.BookingMoneyView.as_view(), name="booking_money"),
    path("fee/", fees.FeeView.as_view(), name="booking_fee"),
    path("ask/", pay_links.AskView.as_view(), name="booking_ask"),
]

_stand = [
    path("", stand_page.StandPageView.as_view(), name="stand"),
    path("fragment/", stand_page.FragmentView.as_view(), name="stand_fragment"),
    path("drawer/", stand_drawer.DrawerView.as_view(), name="stand_drawer"),
    path("where/", stand_where.WhereView.as_view(), name="stand_where"),
    path("do/", stand_doing.DoView.as_view(), name="stand_do"),
    path("undo/", stand_doing.UndoView.as_view(), name="stand_undo"),
    path("shift/", stand_shift.ShiftView.as_view(), name="stand_shift"),
    path("new/", stand_booking.NewBookingView.as_view(), name="stand_new"),
    path("replay/", stand_replay.ReplayView.as_view(), name="stand_replay"),
    path("replay/frame/", stand_replay.FrameView.as_view(), name="stand_replay_frame"),
]
_live = [
    path("stream", live.StreamView.as_view(), name="stand_stream"),
    path("changes", live.ChangesView.as_view(), name="stand_changes"),
]
_people = [
    path("", people.PeopleView.as_view(), name="people"),
    path("new/", people.NewPersonView.as_view(), name="person_new"),
    path("<slug:user_id>/", people.PersonView.as_view(), name="person"),
    path("<slug:user_id>/remove/", people.RemovePersonView.as_view(), name="person_remove"),
    path("<slug:user_id>/link/", people.SendLinkView.as_view(), name="person_link"),
    path("<slug:user_id>/unlock/", people.UnlockView.as_view(), name="person_unlock"),
    path("<slug:user_id>/factor/", people.ResetFactorView.as_view(), name="person_factor"),
]
_tablets = [
    path("", tablets.TabletsView.as_view(), name="tablets"),
    path("new/", tablets.NewTabletView.as_view(), name="tablet_new"),
    path("<slug:tablet_id>/revoke/", tablets.RevokeTabletView.as_view(), name="tablet_revoke"),
    path("pins/<slug:user_id>/", tablets.FirstPinView.as_view(), name="pin_first"),
    path("pins/<slug:user_id>/unlock/", tablets.UnlockPinView.as_view(), name="pin_unlock"),
]
_at_the_tablet = [
    path("", tablet.TabletView.as_view(), name="tablet"),
    path("lock/", tablet.LockView.as_view(), name="tablet_lock"),
    path("here/", tablet.HereView.as_view(), name="tablet_here"),
    path("pin/", tablet.ChoosePinView.as_view(), name="tablet_choose_pin"),
    path("password/", tablet.PasswordView.as_view(), name="tablet_password"),
    path("<slug:user_id>/", tablet.PinView.as_view(), name="tablet_pin"),
]
_account = [
    path("", me.AccountView.as_view(), name="account"),
    path("password/", me.ChangePasswordView.as_view(), name="account_password"),
    path("sessions/", me.EndSessionsView.as_view(), name="account_sessions"),
    path("second-factor/", me.FactorView.as_view(), name="account_factor"),
    path("second-factor/off/", me.FactorOffView.as_view(), name="account_factor_off"),
    path("second-factor/codes/", me.RecoveryCodesView.as_view(), name="account_codes"),
    path("pin/<slug:slug>/", me.OwnPinView.as_view(), name="account_pin"),
]
_guests = [
    path("", guests.GuestsView.as_view(), name="guests"),
    path("tags/", guest_tags.TagsView.as_view(), name="guest_tags"),
    path("tags/<slug:tag_id>/", guest_tags.TagView.as_view(), name="guest_tag"),
    path("<slug:guest_id>/", guests.GuestView.as_view(), name="guest"),
    path("<slug:guest_id>/edit/", guests.GuestEditView.as_view(), name="guest_edit"),
    path("<slug:guest_id>/notes/", guest_deeds.NotesView.as_view(), name="guest_notes"),
    path(
        "<slug:guest_id>/notes/<slug:note_id>/", guest_deeds.NoteView.as_view(), name="guest_note"
    ),
    path(
        "<slug:guest_id>/consent/<slug:kind>/",
        guest_deeds.ConsentView.as_view(),
        name="guest_consent",
    ),
    path("<slug:guest_id>/merge/", guest_deeds.MergeView.as_view(), name="guest_merge"),
    path(
        "<slug:guest_id>/merge/<slug:merge_id>/undo/",
        guest_deeds.UnmergeView.as_view(),
        name="guest_unmerge",
    ),
    path(
        "<slug:guest_id>/export.json",
        guest_deeds.ExportView.as_view(),
        {"form": "json"},
        name="guest_json",
    ),
    path(
        "<slug:guest_id>/export.csv",
        guest_deeds.ExportView.as_view(),
        {"form": "csv"},
        name="guest_csv",
    ),
    path("<slug:guest_id>/erase/", guest_deeds.EraseView.as_view(), name="guest_erase"),
]


def _reports() -> list[URLPattern]:
    """A page and a file for each kind of report; those of money for who may see it."""
    found = [path("", reports.ReportsView.as_view(), name="reports")]
    for kind in KINDS.values():
        is_money = kind.needs is Capability.SEE_MONEY
        page = reports.MoneyReportView if is_money else reports.ReportView
        table = reports.MoneyReportTableView if is_money else reports.ReportTableView
        name = f"report_{kind.name}"
        found += [
            path(f"{kind.name}/", page.as_view(kind=kind.name), name=name),
            path(f"{kind.name}.csv", table.as_view(kind=kind.name), name=f"{name}_csv"),
        ]
    return found


_sheet = [
    path("", sheet.TodaysSheetView.as_view(), name="sheet_today"),
    path("<str:date>/", sheet.SheetView.as_view(), name="sheet"),
    path("<str:date>/after/", sheet_after.AfterView.as_view(), name="sheet_after"),
]
_setup = [
    path("", setup_home.SetupHomeView.as_view(), name="setup"),
    path("floor/", floor.FloorView.as_view(), name="setup_floor"),
    path("floor/undo/", floor.UndoFloorView.as_view(), name="setup_floor_undo"),
    path(
        "floor/<slug:kind>/<str:key>/",
        floor_parts.FloorPartView.as_view(),
        name="setup_floor_part",
    ),
    path("services/", services.ServicesView.as_view(), name="setup_services"),
    path("services/new/", services.ServiceView.as_view(), name="setup_service_new"),
    path("services/<slug:key>/", services.ServiceView.as_view(), name="setup_service"),
    path(
        "services/<slug:key>/remove/",
        services.RemoveServiceView.as_view(),
        name="setup_service_remove",
    ),
    path("services/<slug:key>/pacing/", services.PacingView.as_view(), name="setup_pacing"),
    path("turns/", services.TurnsView.as_view(), name="setup_turns"),
    path("hours/", hours.HoursView.as_view(), name="setup_hours"),
    path("days/", hours.DaysView.as_view(), name="setup_days"),
    path("days/new/", hours.DayView.as_view(), name="setup_day_new"),
    path("days/<slug:key>/", hours.DayView.as_view(), name="setup_day"),
    path("closures/", hours.ClosuresView.as_view(), name="setup_closures"),
    path("closures/<int:key>/end/", hours.EndClosureView.as_view(), name="setup_closure_end"),
    path("rules/", hours.RulesView.as_view(), name="setup_rules"),
    path("why/", why.WhyView.as_view(), name="setup_why"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.HomeView.as_view(), name="home"),
    path("sign-in/", session.SignInView.as_view(), name="sign_in"),
    path("sign-in/code/", session.CodeView.as_view(), name="sign_in_code"),
    path("password/<str:token>/", session.PasswordLinkView.as_view(), name="password_link"),
    path("tablet/", include(_at_the_tablet)),
    path("me/", include(_account)),
    path("sign-out/", session.SignOutView.as_view(), name="sign_out"),
    # The same without a house: the one looked at last.
    path("keys/", home.OfLastVenueView.as_view(page="keys"), name="any_keys"),
    path("webhooks/", home.OfLastVenueView.as_view(page="webhooks"), name="any_webhooks"),
    path("guests/", home.OfLastVenueView.as_view(page="guests"), name="any_guests"),
    path("reports/", home.OfLastVenueView.as_view(page="reports"), name="any_reports"),
    path("payments/", home.OfLastVenueView.as_view(page="payments"), name="any_payments"),
    path("sources/", home.OfLastVenueView.as_view(page="sources"), name="any_sources"),
    path("r/<slug:slug>/", home.HouseHomeView.as_view(), name="house"),
    path("r/<slug:slug>/stand/", include(_stand)),
    path("r/<slug:slug>/stand/", include(_live)),
    path("r/<slug:slug>/people/", include(_people)),
    path("r/<slug:slug>/tablets/", include(_tablets)),
    path("r/<slug:slug>/log/", log.LogView.as_view(), name="log"),
    path("r/<slug:slug>/log.csv", log.LogTableView.as_view(), name="log_csv"),
    path("r/<slug:slug>/guests/", include(_guests)),
    path("r/<slug:slug>/reports/", include(_reports())),
    path("r/<slug:slug>/sheet/", include(_sheet)),
    path("r/<slug:slug>/payments/", include(_payments)),
    path("r/<slug:slug>/bookings/<slug:public_id>/money/", include(_money)),
    path("r/<slug:slug>/bookings/<slug:public_id>/messages/", include(_messages)),
    path("r/<slug:slug>/texts/", include(_texts)),
    path("r/<slug:slug>/setup/", include(_setup)),
    path("r/<slug:slug>/keys/", include(_keys)),
    path("r/<slug:slug>/webhooks/", include(_webhooks)),
    path("r/<slug:slug>/sources/", include(_sources)),
]
