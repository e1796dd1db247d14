"""渠道选择 · what the signed-in person chooses, shared by page and API."""

from collections.abc import Mapping
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from app import whoami
from app.factory import settings_of
from app.notices import deliveries
from app.notices.channels import Channel


def open_channels() -> list[Channel]:
    """The channels that this installation has."""
    settings = settings_of(current_app)
    configured = {Channel.SMS: settings.sms, Channel.WECHAT: settings.wechat}
    return [channel for channel, provider in configured.items() if provider is not None]


def choose(session: Session, given: Mapping[str, Any]) -> None:
    """Switch on what the person chose and off what not."""
    addresses = {Channel.SMS: "", Channel.WECHAT: given["openid"]}
    chosen = {channel: addresses[channel] for channel in given["channels"]}
    deliveries.choose(session, whoami.account().account_id, chosen)
