"""样式手册 · every part of the pages in every state; for development and screenshots, never public.

The factory registers this blueprint only where demonstration data are shown.
"""

from datetime import UTC, date, datetime
from typing import Any

from flask import Blueprint, render_template
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from app.auth.privileges import public

blueprint = Blueprint("styleguide", __name__)

TODAY = date(2026, 11, 22)
MORNING = datetime(2026, 11, 21, 22, 12, tzinfo=UTC)

REASONS = [
    {
        "sentence": "恩诺沙星休药期还有 2 天，11月24日 解除",
        "source": "《兽药管理条例》第四十条",
        "todo": "可以转给养殖户继续饲养；要屠宰，请 11月24日 以后再来",
    },
    {
        "sentence": "没有有效的动物检疫证明",
        "source": "《动物防疫法》第四十九条",
        "todo": "请在电脑旁的检疫窗口向官方兽医申报",
    },
]
STEPS: list[dict[str, Any]] = [
    {
        "title": "过磅",
        "at": MORNING,
        "place": "小海牲畜交易市场",
        "evidence": "device",
        "text": "425.5 公斤，秤 A-03",
        "href": "#timeline",
    },
    {
        "title": "入场",
        "at": datetime(2026, 11, 21, 21, 40, tzinfo=UTC),
        "place": "小海牲畜交易市场",
        "evidence": "device",
    },
    {"gap": "2026年8月至11月没有任何记录，约 96 天"},
    {
        "title": "免疫",
        "at": datetime(2026, 8, 17, 2, tzinfo=UTC),
        "place": "小海镇",
        "evidence": "vet",
        "text": "口蹄疫 O型、A型二价灭活疫苗",
        "late": "下村当天没有信号",
    },
    {
        "title": "登记",
        "at": datetime(2025, 5, 26, 1, tzinfo=UTC),
        "place": "小海镇",
        "evidence": "self",
        "text": "本地黄牛，公",
        "correction": {
            "at": datetime(2025, 6, 2, 1, tzinfo=UTC),
            "text": "西门塔尔杂交，公",
            "reason": "登记时选错了品种",
        },
    },
]
COLUMNS = [
    {"label": "耳标", "key": "ear_tag", "head": True},
    {"label": "体重", "key": "weight_g", "unit": "公斤", "num": True},
    {"label": "单价", "key": "price_fen_per_kg", "unit": "元/公斤", "num": True},
    {"label": "金额", "key": "amount_fen", "unit": "元", "num": True},
    {"label": "状态", "key": "state"},
]
ROWS = [
    {
        "ear_tag": "252052600012345",
        "weight_g": 425_500,
        "price_fen_per_kg": 26_80,
        "amount_fen": 11_403_40,
        "state": ("ok", "已付清"),
    },
    {
        "ear_tag": "252052600012346",
        "weight_g": 388_000,
        "price_fen_per_kg": 25_90,
        "amount_fen": 10_049_20,
        "state": ("warn", "待付款"),
    },
    {
        "ear_tag": "252242700000017",
        "weight_g": 512_500,
        "price_fen_per_kg": 27_40,
        "amount_fen": 14_042_50,
        "state": ("stop", "有争议"),
    },
]
TILES = [
    {"href": "#", "label": "登记牛犊", "icon": "plus-lg", "hint": "打了耳标就登记"},
    {"href": "#", "label": "申报检疫", "icon": "clipboard2-check", "hint": "赶场前三天"},
    {"href": "#", "label": "我要卖牛", "icon": "shop", "hint": "挂牌等买主"},
    {"href": "#", "label": "扫一扫", "icon": "qr-code-scan", "hint": "看一头牛"},
]
TODOS = [
    {
        "href": "#",
        "label": "2 头牛犊该打耳标",
        "hint": "出生满 30 天前",
        "tone": "stop",
        "word": "今天到期",
    },
    {
        "href": "#",
        "label": "口蹄疫补免",
        "hint": "5 头，李村防疫员",
        "tone": "warn",
        "word": "3 天后到期",
    },
    {"href": "#", "label": "写落地报告", "tone": "info", "word": "还有 20 小时"},
]
FIGURES = [
    {"label": "今日成交", "value": "147 头", "href": "#", "note": "比上一场多 12 头"},
    {"label": "均价", "value": "26.80", "note": "元/公斤 (13.40 元/斤)"},
    {"label": "待上传", "value": "3 条"},
]
TYPED = MultiDict(
    {"animal_tag": "25205260001234", "agreed_price": "26.8", "animal_breed": "simmental_cross"}
)
ERRORS = {
    "animal_tag": ["耳标号应为 15 位数字，这里只有 14 位"],
    "agreed_price": ["单价超出今天参考价 25.90–27.40 元/公斤 的两倍，请核对"],
    "animal_sex": ["请选择性别"],
}
SAMPLE_CODE = Markup(  # a drawing, not user text
    '<svg viewBox="0 0 29 29" role="img" aria-label="二维码样子"><path d="M4 4h7v7H4zM18 4h7v7h-7z'
    'M4 18h7v7H4zM13 5h2v3h-2zM14 12h3v2h-3zM20 15h4v3h-4zM13 19h3v5h-3zM19 21h5v3h-5z"/></svg>'
)


@blueprint.get("/styleguide")
@public
def show() -> str:
    """样式手册 as the signed-in pages show it."""
    return render_template("styleguide/show.html", **_samples())


@blueprint.get("/styleguide/public")
@public
def show_public() -> str:
    """样式手册 in the small shell of the public pages."""
    return render_template("styleguide/public.html", **_samples())


def _samples() -> dict[str, object]:
    return {
        "reasons": REASONS,
        "steps": STEPS,
        "columns": COLUMNS,
        "rows": ROWS,
        "tiles": TILES,
        "todos": TODOS,
        "figures": FIGURES,
        "typed": TYPED,
        "errors": ERRORS,
        "code": SAMPLE_CODE,
        "today": TODAY,
        "morning": MORNING,
    }
