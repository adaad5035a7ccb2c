"""Text messages: through a house's account with Twilio, or printed where there is none."""

from notifications.channels.sms.channel import SmsChannel

__all__ = ["SmsChannel"]
