"""演示人物 · invented people and places of the demonstration county; no real person is meant."""

HOUSEHOLDS = [
    ("马文学", "小海镇"),
    ("李兴国", "小海镇"),
    ("赵光琴", "草海镇"),
    ("王德宽", "草海镇"),
    ("安国珍", "秀水镇"),
    ("陈明贵", "观风海镇"),
    ("禄永芬", "迤那镇"),
    ("马关荣", "中水镇"),
    ("张朝祥", "黑石头镇"),
    ("杨正美", "炉山镇"),
    ("孔祥菊", "金钟镇"),
    ("吴学军", "龙街镇"),
]
COOPERATIVE = ("乌蒙牧歌养牛专业合作社（演示）", "小海镇")
FAMILY_FARM = ("草海源家庭农场（演示）", "草海镇")
ABATTOIR = ("威宁高原屠宰有限公司（演示）", "草海镇")
BUYERS = ["粤鲜牛业有限公司（演示）", "李记牛肉经营部（演示）"]
FEEDLOT = "粤鲜牛业小海育肥场（演示）"
OFFICE = "威宁县农业农村局（演示）"
MARKET_NAME = "小海牲畜交易市场"
STAFF = {
    "official_vet": "官方兽医 陈启明",
    "village_vet": "防疫员 马小兵",
    "operator": "操作员 赵敏",
    "cashier": "收银员 周丽",
    "regulator": "监管员 罗建华",
    "manager": "市场管理员 冯涛",
    "officer": "集群专员 韦婷",
    "administrator": "平台管理员 何静",
}
CARRIER = "小海镇 老杨运输队"
PLATE = "贵F5D217"
VACCINE = "口蹄疫 O 型、A 型二价灭活疫苗"
DRUG = "土霉素注射液"
DRUG_BATCH = "演示261001"
