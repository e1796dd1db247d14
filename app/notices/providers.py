"""渠道开通 · which channels this installation has, as its configuration says; none by itself."""

from collections.abc import Callable, Mapping
from datetime import datetime

from app.config import Settings
from app.notices.aliyun import AliyunSms
from app.notices.channels import Adapter, Channel
from app.notices.wechat import WechatTemplate


def adapters(settings: Settings, *, now: Callable[[], datetime]) -> Mapping[Channel, Adapter]:
    """The channels that are configured."""
    found: dict[Channel, Adapter] = {}
    if (sms := settings.sms) is not None:
        found[Channel.SMS] = AliyunSms(
            endpoint=sms.endpoint,
            key_id=sms.account,
            secret=sms.secret_file.read_text("utf-8").strip(),
            sign_name=sms.sign_name,
            template=sms.template,
            now=now,
        )
    if (wechat := settings.wechat) is not None:
        found[Channel.WECHAT] = WechatTemplate(
            endpoint=wechat.endpoint,
            app_id=wechat.account,
            secret=wechat.secret_file.read_text("utf-8").strip(),
            template=wechat.template,
            now=now,
        )
    return found
