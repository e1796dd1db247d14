// 下乡检查: the vet's checklist, one animal a screen. It is written down here first and sent when it can be.
import { iconOf, toast } from "./notes.js";
import { canKeep, keepPage } from "./offline.js";
import { REFUSED, STORED, WAITING, GIVEN_UP, count, entriesOf, keepPacket, newKey, open, packetOf, put, sync, write } from "./outbox.js";

const LATE_REASON = "现场检查时登记在手机上，有网络后上传";
const AGAIN_MS = 20000;
const MEANWHILE = "inspection.changed_meanwhile";
const root = document.getElementById("inspections");
const account = root.dataset.account;
const NAME = `inspections:${account}`;
let packet = null, entries = [], chosen = null, ready = false, trouble = "";

function el(tag, given = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "checked") made.checked = value;
    else if (value !== undefined) made.setAttribute(name, value);
  }
  made.append(...inside.filter((each) => each !== null));
  return made;
}
const button = (words, act, look = "") => el("button", { type: "button", class: `button ${look}`, onclick: act }, words);
const TONES = { ok: "check-circle-fill", warn: "exclamation-triangle-fill", stop: "x-octagon-fill", info: "info-circle-fill" };
const badge = (tone, words) => el("span", { class: `badge ${tone}` }, iconOf(TONES[tone]), words);
const note = (tone, ...words) => el("div", { class: `note ${tone}` }, iconOf(TONES[tone]), el("div", {}, ...words));
const grouped = (tag) => (/^\d{15}$/.test(tag) ? `${tag[0]} ${tag.slice(1, 7)} ${tag.slice(7)}` : tag);
const clock = (at) => new Date(at).toLocaleString("zh-CN", { timeZone: "Asia/Shanghai", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });
const dayOf = (day) => `${Number(day.slice(5, 7))}月${Number(day.slice(8))}日`;

const openFor = (animal) => entries.filter((entry) => open(entry) && entry.body.animal === animal);
const newest = (row, animal) => row.inspections.filter((each) => each.animal === animal).at(-1);
const rowOf = (path) => packet?.rows.find((row) => path.includes(row.declaration.ref));
const failing = (passed) => packet.checks.filter(([name]) => !passed.includes(name)).map(([, words]) => words);

function standing(row, animal) {
  const mine = openFor(animal.ref).at(-1);
  if (mine?.state === REFUSED) return badge("stop", "没有登记上");
  if (mine) return badge("warn", mine.about.passed ? "合格，待上传" : "不合格，待上传");
  const found = newest(row, animal.ref);
  if (!found) return badge("info", "待检查");
  return found.passed ? badge("ok", "合格") : badge("stop", "不合格");
}

function head() {
  const waiting = entries.filter((entry) => entry.state === WAITING).length;
  const refused = entries.filter((entry) => entry.state === REFUSED).length;
  const state = ready && packet ? badge("ok", "断网可用") : badge("warn", "断网不可用");
  const line = el("div", { class: "outbox-line" }, state, badge(waiting ? "warn" : "ok", `待上传 ${waiting} 条`), refused ? badge("stop", `要您核对 ${refused} 条`) : null);
  if (waiting) line.append(button("立即上传", () => work(), "quiet"));
  return line;
}

function words() {
  const said = [];
  if (!canKeep()) said.push(note("warn", "断网不可用：这个网址不是加密的（https），浏览器不肯保存网页。有网络时照常办理；到没有信号的地方请用纸质记录。"));
  else if (!ready) said.push(note("info", "正在把这一页存到手机上，显示“断网可用”再下乡。"));
  if (trouble) said.push(note("warn", trouble));
  if (packet) said.push(el("p", { class: "mute" }, `名单是 ${clock(packet.at)} 的。`));
  return said;
}

const SURE = "确定不登记？再按一次";
const sure = new Set();

function refusedCard(entry) {
  const row = rowOf(entry.path);
  const theirs = row && newest(row, entry.body.animal);
  const again = entry.code === MEANWHILE
    ? theirs && theirs.ref !== entry.body.seen && button("以我的为准，再登记", () => insist(entry, theirs))
    : button("再试一次", () => retry(entry));
  const drop = button(sure.has(entry.key) ? SURE : "不登记了", (event) => {
    if (sure.has(entry.key)) giveUp(entry);
    sure.add(entry.key); // the list may be drawn anew between the two presses
    event.target.textContent = SURE;
  }, "danger");
  return el("section", { class: "card", "data-refused": entry.key },
    el("header", {}, el("h2", {}, grouped(entry.about.tag)), el("span", { class: "mute" }, entry.about.place)),
    note("stop", entry.words),
    el("p", {}, `您在 ${clock(entry.body.at)} 的结果：${entry.about.passed ? "合格" : `不合格（${entry.about.failed.join("；")}）`}${entry.body.remarks ? `，${entry.body.remarks}` : ""}。仍在本机，没有丢。`),
    el("div", { class: "buttons" }, again || null, drop));
}

function declarationCard(row) {
  const { declaration, animals } = row;
  const list = animals.map((animal) => el("li", {}, el("button", { type: "button", class: "pick", onclick: () => choose(row, animal) },
    el("span", {}, el("strong", { class: "num" }, grouped(animal.ear_tag)), el("small", {}, `${packet.breeds[animal.breed]} ${packet.sexes[animal.sex]}`)),
    standing(row, animal), iconOf("chevron-right"))));
  const done = animals.filter((animal) => newest(row, animal.ref) || openFor(animal.ref).length).length;
  return el("section", { class: "card", "data-declaration": declaration.ref },
    el("header", {}, el("h2", {}, declaration.declarant.name), el("span", { class: "mute" }, `已检 ${done} / ${animals.length} 头`)),
    el("p", { class: "mute" }, `${declaration.origin.name} → ${declaration.destination.name}，${dayOf(declaration.leaves_on)}启运`),
    el("ul", { class: "pick-list" }, ...list));
}

function history() {
  const past = entries.filter((entry) => !open(entry)).reverse();
  if (!past.length) return null;
  const lines = past.map((entry) => el("li", {}, `${grouped(entry.about.tag)} ${entry.about.passed ? "合格" : "不合格"}，${entry.state === STORED ? `${clock(entry.stored)} 已上传` : entry.words}`));
  return el("details", {}, el("summary", {}, `最近七天已办完 ${past.length} 条`), el("ul", {}, ...lines));
}

function listView() {
  const refused = entries.filter((entry) => entry.state === REFUSED).map(refusedCard);
  const cards = packet ? packet.rows.map(declarationCard) : [];
  const empty = packet && !cards.length ? [el("div", { class: "empty" }, iconOf("clipboard2-check"), el("h2", {}, "没有要检查的申报"), el("p", { class: "mute" }, "先在“检疫申报”里受理，受理后的牛会出现在这里。"))] : [];
  root.replaceChildren(head(), ...words(), ...refused, ...cards, ...empty, ...[history()].filter(Boolean));
}

function formView() {
  const { row, animal } = chosen;
  const before = openFor(animal.ref).at(-1) || null;
  const passed = before ? before.body.passed : packet.checks.map(([name]) => name);
  const boxes = packet.checks.map(([name, words]) => el("label", { class: "choice" }, el("input", { type: "checkbox", name: "passed", value: name, checked: passed.includes(name) }), el("span", {}, words)));
  const remarks = el("input", { class: "input", id: "remarks", name: "remarks", maxlength: "400" });
  const form = el("form", { id: "inspect", onsubmit: (event) => record(event, form) },
    el("fieldset", { class: "field" }, el("legend", {}, "逐项核对，不合格的点掉"), el("div", { class: "checks" }, ...boxes)),
    el("div", { class: "field" }, el("label", { for: "remarks" }, "说明 ", el("span", { class: "optional" }, "（可不填）")), remarks));
  const found = newest(row, animal.ref);
  root.replaceChildren(head(),
    el("section", { class: "card" },
      el("header", {}, el("h2", { class: "num" }, grouped(animal.ear_tag)), el("span", { class: "mute" }, `${packet.breeds[animal.breed]} ${packet.sexes[animal.sex]}`)),
      found ? el("p", {}, `${clock(found.inspected_at)} ${found.vet.name} 检查${found.passed ? "合格" : "不合格"}。再登记就以这一次为准。`) : null,
      before?.state === WAITING ? note("warn", "这头牛有一条结果还没上传，现在登记的是第二次。") : null,
      form),
    el("div", { class: "actions thumb" }, button("返回名单", () => back()), el("button", { class: "button primary", form: "inspect" }, "登记检查结果")));
  root.querySelector("h2").scrollIntoView({ block: "center" });
}

const show = () => (chosen ? formView() : listView());
const choose = (row, animal) => { chosen = { row, animal }; show(); };
const back = () => { chosen = null; show(); };

async function record(event, form) {
  event.preventDefault();
  const { row, animal } = chosen;
  const passed = new FormData(form).getAll("passed");
  const at = new Date(Date.now() + (packet.ahead || 0)).toISOString();
  const failed = failing(passed);
  await write({
    account,
    path: `/api/declarations/${row.declaration.ref}/inspections`,
    body: { animal: animal.ref, passed, remarks: form.remarks.value.trim(), at, late_reason: LATE_REASON, seen: newest(row, animal.ref)?.ref || "" },
    about: { tag: animal.ear_tag, place: row.declaration.declarant.name, passed: !failed.length, failed },
  });
  chosen = null;
  await reload();
  toast("ok", `${animal.ear_tag.slice(-5)} 的检查结果已记在本机`);
  await work();
}

async function insist(entry, theirs) {
  const { body, ...rest } = entry;
  await put({ ...rest, key: newKey(), body: { ...body, seen: theirs.ref }, state: WAITING, words: "", code: "", made: Date.now() });
  await put({ ...entry, state: GIVEN_UP, words: "核对后改为再登记一次" });
  await reload();
  await work();
}
async function retry(entry) {
  await put({ ...entry, state: WAITING, words: "", code: "" });
  await reload();
  await work();
}
async function giveUp(entry) {
  await put({ ...entry, state: GIVEN_UP, words: `${clock(Date.now())} 由本人决定不登记` });
  await reload();
}

/** The newest list of this login; a page of somebody else's is left at once. */
async function refresh() {
  const answer = await fetch(root.dataset.packet, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(AGAIN_MS) });
  if (answer.status === 401) throw new Error("登录已过期：重新登录后会接着上传，记下的都还在。");
  if (answer.status === 403) throw new Error("您的账号现在不能登记检查结果，请联系管理员；记下的都还在。");
  if (!answer.ok) throw new Error("平台这时没有答应，过一会儿会自己再试；记下的都还在。");
  const found = await answer.json();
  if (found.account !== account) { location.reload(); throw new Error("这台手机已换了账号登录，请刷新。"); }
  packet = { ...found, name: NAME, ahead: Date.parse(found.at) - Date.now() };
  await keepPacket(packet);
}

async function reload() {
  entries = await entriesOf(account);
  if (!chosen) show();
}

let working = null;
/** Fetches the list, sends what waits, fetches again what that changed. One at a time. */
const work = () => (working ||= round().finally(() => { working = null; }));

async function round() {
  try {
    await refresh();
    trouble = "";
    if (await count(account)) {
      await sync(account, packet.csrf);
      await refresh();
    }
  } catch (error) {
    trouble = ["TypeError", "TimeoutError", "AbortError"].includes(error.name) ? "现在没有连上平台：照常检查，结果记在本机，连上后自己上传。" : error.message;
  }
  await reload();
}

async function begin() {
  packet = (await packetOf(NAME).catch(() => null)) || null;
  await reload();
  await work();
  ready = await keepPage();
  await reload();
}

addEventListener("online", () => work());
document.addEventListener("visibilitychange", () => { if (!document.hidden) work(); });
setInterval(() => { if (entries.some((entry) => entry.state === WAITING)) work(); }, AGAIN_MS);
begin();
