// 扫一扫 without a network: the list of this login's animals on the phone, and a verdict that says how old it is.
//
// Where the platform answered, its page stands and this script only keeps the list fresh. Where the kept
// `/v/` stands in for a page that could not be reached, the verdict comes from the list: as it was while it
// is fresh, amber at best when older, none at all from another day.
import { iconOf } from "./notes.js";
import { canKeep, keepPage } from "./offline.js";
import { keepPacket, packetOf } from "./outbox.js";
import { plain } from "./tags.js";

const AGAIN_MS = 5 * 60 * 1000;
const PATIENCE_MS = 20000;
const ASKS_MAX = 3;
const ASK_PAUSE_MS = 3000;
const MINUTE = 60000;
const TONES = { green: "ok", amber: "warn", red: "stop", unknown: "unknown" };
const ICONS = { ok: "check-circle-fill", warn: "exclamation-triangle-fill", stop: "x-octagon-fill", unknown: "question-circle-fill" };
const root = document.getElementById("verdict");
const line = document.getElementById("kept");
const NAME = `verdict:${root.dataset.account}`;
let packet = null, ready = false;

function el(tag, given = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) made.setAttribute(name, value);
  made.append(...inside.filter(Boolean));
  return made;
}
const china = (at, more) => new Date(at).toLocaleString("zh-CN", { timeZone: "Asia/Shanghai", hour12: false, ...more });
const clock = (at) => china(at, { month: "long", day: "numeric", hour: "2-digit", minute: "2-digit" });
const dayOf = (at) => new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Shanghai" }).format(at);
const ageOf = () => Date.now() - packet.kept;
const spoken = (ms) => (ms < MINUTE ? "不到 1 分钟" : ms < 60 * MINUTE ? ` ${Math.floor(ms / MINUTE)} 分钟` : ` ${Math.floor(ms / MINUTE / 60)} 小时 ${Math.floor(ms / MINUTE) % 60} 分钟`);

/** Whether the list may still be asked: of today, and the phone's clock did not go back. */
const ofToday = () => ageOf() >= 0 && dayOf(Date.parse(packet.at) + ageOf()) === packet.day;

const unknown = (sentence, todo = "连上网后再扫一次") => ({ level: "unknown", word: "无法判定", reasons: [{ sentence, todo }] });

/** What the phone itself can say of a tag. */
function judged(tag) {
  if (!packet) return unknown("没有网络，本机没有名单");
  if (!ofToday()) return unknown(`没有网络，本机的名单是 ${clock(packet.at)} 的，已经隔日`);
  const row = packet.rows.find(([printed, electronic]) => printed === tag || electronic === tag);
  if (!row) return unknown("没有网络，这头牛不在本机名单里");
  const [, , level, word, numbers] = row;
  const reasons = numbers.map((number) => packet.reasons[number]);
  const old = ageOf() > packet.fresh_minutes * MINUTE;
  if (level !== "green" || !old) return { level, word, reasons };
  return { level: "amber", word: "注意", reasons: [{ sentence: `名单已超过 ${packet.fresh_minutes} 分钟，当时没有问题`, todo: "核对纸质检疫证明，连上网后再扫一次" }] };
}

function drawn(tag) {
  const { level, word, reasons } = judged(tag);
  const tone = TONES[level];
  const shown = /^2\d{14}$/.test(tag) ? `${tag[0]} ${tag.slice(1, 7)} ${tag.slice(7)}` : tag;
  const items = reasons.map(({ sentence, source, todo }) => el("li", {}, el("div", {}, el("div", {}, sentence),
    source && el("div", { class: "source" }, `依据：${source}`), todo && el("div", { class: "todo" }, `办法：${todo}`))));
  const age = packet && ofToday() ? `没有连上平台：这是${spoken(ageOf())}前（${clock(packet.at)}）的名单` : "没有连上平台";
  return el("section", { class: `verdict ${tone} giant`, "aria-label": `判定：${word}，${shown}` },
    el("div", { class: "word" }, iconOf(ICONS[tone]), el("span", {}, word), el("small", {}, shown), el("small", { "data-age": "" }, age)),
    items.length && el("ol", { class: "reasons" }, ...items));
}

/** The tag of a page that could not be reached; nothing where the platform answered. */
function asked() {
  if ("answered" in root.dataset) return "";
  return plain(new URLSearchParams(location.search).get("q") || decodeURIComponent(location.pathname.split("/")[2] || ""));
}

function show() {
  const tag = asked();
  if (tag) root.replaceChildren(drawn(tag));
  const able = ready && packet !== null;
  const words = !canKeep() ? "这个网址不是加密的（https），浏览器不肯保存名单；有网络时照常使用。"
    : packet ? `名单 ${packet.rows.length} 头${packet.whole ? "" : "（太多，只存这些）"}，${clock(packet.at)} 更新` : "正在保存名单…";
  line.replaceChildren(el("span", { class: `badge ${able ? "ok" : "warn"}` }, iconOf(ICONS[able ? "ok" : "warn"]), able ? "断网可用" : "断网不可用"), ` ${words}`);
}

/** The platform answers again: its own verdict instead of the list's. A page that still cannot be had is asked for twice more, later. */
function askAgain() {
  const here = location.pathname + location.search;
  const typing = () => document.querySelector("[data-scan-target]")?.value;
  if (!asked() || typing()) return;
  const [page, times] = JSON.parse(sessionStorage.getItem(NAME) || "[]");
  const before = page === here ? times : 0;
  if (before >= ASKS_MAX) return;
  sessionStorage.setItem(NAME, JSON.stringify([here, before + 1]));
  setTimeout(() => typing() || location.reload(), before * ASK_PAUSE_MS);
}

/** The newest list, if the platform answers; an answer for somebody else is not kept. */
async function refresh() {
  try {
    const answer = await fetch(root.dataset.packet, { headers: { Accept: "application/json" }, redirect: "error", signal: AbortSignal.timeout(PATIENCE_MS) });
    const told = answer.ok ? await answer.json() : null;
    if (told?.account !== root.dataset.account) return;
    packet = { ...told, name: NAME, kept: Date.now() };
    await keepPacket(packet);
    askAgain();
  } catch { /* no network now: what was kept before still counts */ }
}

async function work() {
  if (canKeep()) {
    await refresh();
    ready = await keepPage([], root.dataset.scan);
  }
  show();
}

if (!asked()) sessionStorage.removeItem(NAME);
if (canKeep()) packet = (await packetOf(NAME).catch(() => null)) || null;
show();
addEventListener("online", work); // before the first look is done: a slow phone misses nothing
await work();
setInterval(work, AGAIN_MS);
