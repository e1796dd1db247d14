// 成交台: live weight in, one sale out, by keys alone. The server decides what may be sold.
import { sound, toast } from "./notes.js";

const POINTS = 60;
const SETTLE_MS = 700; // Enter pressed for the animal before must not sell the next one
const POLL_MS = 1000;
const SEARCH_MS = 150;
const MIN_KG = 20_000;

const root = document.querySelector("[data-desk]");
const find = (name) => document.querySelector(`[data-${name}]`);
const buyerBox = document.getElementById("buyer"), priceBox = document.getElementById("price");
const tagBox = document.getElementById("typed-tag"), list = document.getElementById("buyer-list");
const state = { panel: JSON.parse(root.dataset.panel), live: null, buyer: null, key: null, typed: "", changedAt: -SETTLE_MS, sending: false, found: [], chosen: -1, curve: [], online: false };

const plain = (text) => text.normalize("NFKC").trim().replaceAll(",", "").replaceAll("。", ".");
const kg = (g) => (g / 1000).toFixed(1);
const yuan = (fen) => `¥${Math.floor(fen / 100).toLocaleString("zh-CN")}.${String(fen % 100).padStart(2, "0")}`;
const unit = () => document.querySelector('input[name="unit"]:checked').value;
const csrf = () => document.querySelector('meta[name="csrf-token"]').content;
const newKey = () => (crypto.randomUUID ? crypto.randomUUID() : Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join(""));

/** Whole fen of a typed price, or the sentence that says why not. */
export function fenOf(text) {
  const typed = plain(text);
  if (!typed) return [null, "请填写单价"];
  const match = /^(\d+)(?:\.(\d*))?$/.exec(typed);
  if (!match) return [null, "单价应为数字，例如 26.80"];
  if ((match[2] || "").replace(/0+$/, "").length > 2) return [null, "单价最多到分（两位小数）"];
  if (match[1].length > 6) return [null, "单价太大，请核对单价和单位"];
  const fen = Number(match[1]) * 100 + Number((match[2] || "").slice(0, 2).padEnd(2, "0"));
  return fen ? [fen, null] : [null, "单价应大于 0"];
}

/** What one animal costs, rounded half up as the server does. */
export function amountOf(fen, weight, per) {
  if (per === "per_head") return fen;
  return Math.floor((weight * fen * (per === "per_jin" ? 2 : 1) + 500) / 1000);
}

function error(name, words) {
  const line = find(`error="${name}"`);
  line.textContent = words || "";
  line.hidden = !words;
  line.closest(".field")?.classList.toggle("bad", Boolean(words));
}

function showAmount() {
  const [fen] = fenOf(priceBox.value);
  const weight = state.panel.weight_g;
  find("amount").textContent = fen && weight && !state.panel.case ? yuan(amountOf(fen, weight, unit())) : "—";
  let per = "";
  if (fen && unit() === "per_kg") per = `合 ${(fen / 200).toFixed(2)} 元/斤`;
  if (fen && unit() === "per_jin") per = `合 ${(fen / 50).toFixed(2)} 元/公斤`;
  find("per").textContent = per;
}

/** Everything that stops Enter now, in words; empty if nothing does. */
function stopsNow() {
  const stops = [...state.panel.stops];
  const here = !state.typed && state.live && state.live.stable === false && state.live.weight_g > MIN_KG;
  if (here && !state.panel.weighing && !stops.some((each) => each.code === "moving")) {
    stops.push({ code: "moving", sentence: "牛还在动，重量没有稳定", todo: "等牛站稳，指示灯变绿" });
  }
  return stops;
}

const justChanged = () => performance.now() - state.changedAt < SETTLE_MS;

function showStops() {
  const box = find("stops"), stops = stopsNow();
  box.replaceChildren(...stops.slice(0, 2).map((stop) => {
    const line = document.createElement("p"), todo = document.createElement("div");
    line.textContent = stop.sentence;
    todo.textContent = stop.todo;
    line.append(todo);
    return line;
  }));
  box.classList.toggle("wait", stops.every((stop) => ["nobody", "moving", "sold"].includes(stop.code)));
  find("go").setAttribute("aria-disabled", String(stops.length > 0 || justChanged()));
  const tone = state.panel.weighing ? "ok" : state.panel.animal ? "moving" : "";
  find("scale").dataset.tone = tone;
}

function showPanel(panel) {
  const before = state.panel;
  state.panel = panel;
  if (!panel.typed && panel.version !== "0") state.version = panel.version;
  find("scale-facts").innerHTML = panel.scale;
  find("card").innerHTML = panel.card;
  find("last").innerHTML = panel.last;
  find("sold").textContent = panel.sold;
  find("mode").textContent = panel.typed ? "手工输入，Esc 回到称上" : "";
  find("assign").hidden = !(state.caseId && panel.typed && panel.animal);
  if (!panel.typed) state.caseId = panel.case && panel.stops.some((each) => each.code === "case" || each.code === "unknown_tag") ? panel.case : null;
  if (panel.animal !== before.animal || panel.weighing !== before.weighing) {
    state.changedAt = performance.now();
    setTimeout(showStops, SETTLE_MS + 20);
    state.key = null;
    if (panel.animal && panel.animal !== before.animal) sound("tag");
    if (panel.weighing && panel.weighing !== before.weighing) sound(panel.stops.length ? "stop" : "stable");
    else if (panel.case && panel.case !== before.case) sound("stop");
  }
  showStops();
  showAmount();
  showWeight();
}

let asking = 0;
async function refresh({ since = null } = {}) {
  const mine = ++asking;
  const query = new URLSearchParams({ crate: root.dataset.crate });
  if (state.buyer) query.set("buyer", state.buyer.ref);
  if (state.typed) query.set("tag", state.typed);
  if (since && !state.typed) query.set("since", since);
  const answer = await fetch(`${root.dataset.panelUrl}?${query}`, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer) { linked("stop", "没有连上平台"); return false; }
  if (answer.status === 401) { linked("stop", "登录已过期，请重新登录"); return false; }
  if (mine !== asking || answer.status === 204) return true;
  const told = await answer.json();
  if (!answer.ok) {
    toast("warn", told.detail || "没有查到");
    if (state.typed) { state.typed = ""; tagBox.select(); }
    return answer.status < 500;
  }
  showPanel(told);
  return true;
}

function showWeight() {
  const live = state.live, panel = state.panel;
  const fresh = live && live.weight_g !== null && !state.typed;
  const grams = fresh ? live.weight_g : panel.weight_g;
  find("weight").querySelector("b").textContent = grams === null || grams === undefined ? "—" : kg(grams);
  const dot = find("steady");
  let [tone, words] = ["", "没有信号"];
  if (fresh) [tone, words] = live.weight_g < MIN_KG ? ["", "空称"] : live.stable ? ["ok", "稳定"] : ["moving", "在动"];
  else if (panel.weighing) [tone, words] = ["ok", "已过磅"];
  dot.className = `steady ${tone}`;
  dot.querySelector("span").textContent = words;
}

function onLive(live) {
  state.live = live;
  if (live.weight_g !== null) {
    state.curve.push(live.weight_g);
    if (state.curve.length > POINTS) state.curve.shift();
    const top = Math.max(...state.curve, 100_000);
    find("curve").setAttribute("points", state.curve.map((g, i) => `${(i * 300) / (POINTS - 1)},${58 - (g * 54) / top}`).join(" "));
  }
  if (live.online === false) linked("warn", "称已断线");
  else if (state.online) linked("ok", "实时");
  showWeight();
  showStops();
}

function linked(tone, words) {
  const line = find("link");
  line.className = `link ${tone}`;
  line.querySelector("span").textContent = words;
  find("pending").hidden = tone === "stop"; // 待上传 0 is said only while it is known
}

let polling = 0;
function poll(on) {
  clearInterval(polling);
  polling = on ? setInterval(async () => { if (await refresh({ since: state.version })) linked("warn", "定时刷新"); }, POLL_MS) : 0;
}

function listen() {
  const query = new URLSearchParams({ crate: root.dataset.crate, since: state.version || "" });
  const source = new EventSource(`${root.dataset.streamUrl}?${query}`);
  source.addEventListener("open", () => { state.online = true; poll(false); linked("ok", "实时"); refresh({ since: state.version }); });
  source.addEventListener("live", (event) => onLive(JSON.parse(event.data)));
  source.addEventListener("changed", () => { if (state.typed) toast("info", "称上有新的读数，按 Esc 回到称上"); else refresh(); });
  source.addEventListener("error", () => {
    state.online = false;
    state.live = null;
    showWeight();
    poll(true);
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
  });
}

function chooseBuyer(buyer) {
  state.buyer = buyer;
  state.key = null;
  buyerBox.value = buyer ? buyer.name : "";
  buyerBox.classList.toggle("picked", Boolean(buyer));
  document.querySelectorAll("[data-buyer]").forEach((each) => each.setAttribute("aria-pressed", String(each.dataset.buyer === buyer?.ref)));
  closeList();
  error("buyer", null);
  if (!buyer) return;
  priceBox.focus();
  priceBox.select();
  refresh(); // who buys decides what for, and so the verdict
}

function closeList() {
  list.hidden = true;
  state.found = [];
  state.chosen = -1;
  buyerBox.setAttribute("aria-expanded", "false");
  buyerBox.removeAttribute("aria-activedescendant");
}

function mark(index) {
  state.chosen = index;
  [...list.children].forEach((each, i) => each.setAttribute("aria-selected", String(i === index)));
  if (list.children[index]) buyerBox.setAttribute("aria-activedescendant", list.children[index].id);
}

let typing = 0;
async function searchBuyers() {
  const words = buyerBox.value.normalize("NFKC").trim();
  if (!words) return closeList();
  const answer = await fetch(`${root.dataset.buyersUrl}?${new URLSearchParams({ q: words })}`, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok || words !== buyerBox.value.normalize("NFKC").trim()) return;
  state.found = await answer.json();
  list.replaceChildren(...state.found.map((buyer, i) => {
    const line = document.createElement("li"), name = document.createElement("span"), phone = document.createElement("span");
    line.id = `buyer-${i}`;
    line.setAttribute("role", "option");
    name.textContent = buyer.name;
    phone.textContent = buyer.phone ? `尾号 ${buyer.phone}` : "";
    phone.className = "mute num";
    line.append(name, phone);
    line.addEventListener("mousedown", (event) => { event.preventDefault(); chooseBuyer(buyer); });
    return line;
  }));
  list.hidden = !state.found.length;
  buyerBox.setAttribute("aria-expanded", String(!list.hidden));
  error("buyer", state.found.length ? null : "没有找到这个买主，按 F9 登记");
  newcomerOpen.hidden = state.found.length > 0;
  mark(state.found.length ? 0 : -1);
}

async function post(url, body, key) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrf() };
  if (key) headers["Idempotency-Key"] = key;
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  return [answer, await answer.json()];
}

function refuse(words, field) {
  sound("stop");
  if (field) { error(field, words); (field === "buyer" ? buyerBox : priceBox).focus(); } else toast("stop", words);
}

function toldBy(problem) {
  const outcomes = problem.outcomes || [];
  return outcomes.length ? outcomes.map((each) => each.sentence).join("；") : problem.detail;
}

async function sell() {
  if (state.sending) return;
  const stop = stopsNow()[0];
  if (stop) return refuse(`${stop.sentence}：${stop.todo}`);
  if (justChanged()) return refuse("称上刚换了牛，请核对后再按 Enter");
  if (!state.buyer) return refuse("请选买主：F1、F2 或输入姓名电话", "buyer");
  const [, wrong] = fenOf(priceBox.value);
  error("price", wrong);
  if (wrong) return refuse(wrong, "price");
  state.key ||= newKey();
  state.sending = true;
  find("go").setAttribute("aria-busy", "true");
  const body = { client_key: state.key, crate: root.dataset.crate, typed: Boolean(state.typed), weighing: state.panel.weighing, buyer: state.buyer.ref, price: plain(priceBox.value), price_unit: unit() };
  try {
    const [answer, told] = await post(root.dataset.salesUrl, body, state.key);
    if (answer.ok) done(told); else refused(told);
  } catch {
    refuse("没有连上平台，再按一次 Enter，不会重复登记");
  } finally {
    state.sending = false;
    find("go").removeAttribute("aria-busy");
  }
}

function done(told) {
  sound("sold");
  toast("ok", told.words);
  state.typed = "";
  tagBox.value = "";
  chooseBuyer(null);
  document.querySelector(".deal").classList.add("flash");
  setTimeout(() => document.querySelector(".deal").classList.remove("flash"), 900);
  buyerBox.focus();
  refresh();
}

function refused(problem) {
  state.key = null;
  const fields = Object.keys(problem.errors || {});
  if (problem.errors?.price || problem.code === "sale.bad_price") return refuse(problem.errors?.price?.[0] || problem.detail, "price");
  if (problem.errors?.buyer || problem.code === "sale.own_animal") return refuse(problem.errors?.buyer?.[0] || problem.detail, "buyer");
  refuse(fields.length ? [problem.errors[fields[0]]].flat()[0] : toldBy(problem));
  refresh();
}

function look(event) {
  event?.preventDefault();
  const text = tagBox.value.trim();
  state.typed = text;
  refresh();
}

async function assign() {
  const [answer, told] = await post(root.dataset.assignUrl, { crate: root.dataset.crate, case: state.caseId, ear_tag: state.typed });
  if (!answer.ok) return refuse(toldBy(told));
  toast("ok", told.words);
  state.caseId = null;
  state.typed = tagBox.value = "";
  buyerBox.focus();
  refresh();
}

const newcomerForm = find("newcomer"), newcomerOpen = find("newcomer-open");
const newcomerName = document.getElementById("newcomer-name"), newcomerPhone = document.getElementById("newcomer-phone");
const newcomerKind = document.getElementById("newcomer-kind");
const ORGANISATIONS = [[/合作社/, "cooperative"], [/公司|厂|店|行$/, "company"], [/家庭农场/, "family_farm"]];
function openNewcomer() {
  const typed = state.buyer ? "" : buyerBox.value.normalize("NFKC").trim();
  const isPhone = /^[\d\s-]{7,}$/.test(typed);
  closeList();
  newcomerName.value = isPhone ? "" : typed;
  newcomerPhone.value = isPhone ? typed : "";
  newcomerKind.value = ORGANISATIONS.find(([words]) => words.test(typed))?.[1] || "person";
  newcomerForm.hidden = false;
  error("newcomer", null);
  (newcomerName.value ? newcomerPhone : newcomerName).focus();
}
function closeNewcomer() {
  newcomerForm.hidden = true;
  buyerBox.focus();
}
async function registerBuyer(event) {
  event.preventDefault();
  const name = newcomerName.value.trim();
  if (!name) { newcomerName.focus(); return error("newcomer", "请填写姓名或单位名称"); }
  if (state.sending) return;
  state.sending = true;
  try {
    const [answer, told] = await post(newcomerForm.dataset.url, { name, phone: newcomerPhone.value.trim(), kind: newcomerKind.value }, newKey());
    if (!answer.ok) { sound("stop"); return error("newcomer", Object.values(told.errors || {}).flat()[0] || toldBy(told)); }
    closeNewcomer();
    newcomerOpen.hidden = true;
    toast("ok", `已登记买主 ${told.name}`);
    chooseBuyer(told);
  } catch {
    error("newcomer", "没有连上平台，请再按一次 Enter");
  } finally {
    state.sending = false;
  }
}

const undoForm = find("undo-form"), reasonBox = document.getElementById("undo-reason");
function openUndo() {
  const last = state.panel.last_sale;
  if (!last) return toast("info", "没有可以撤销的成交");
  find("undo-words").textContent = last.words;
  undoForm.hidden = false;
  reasonBox.value = "";
  error("undo", null);
  reasonBox.focus();
}
function closeUndo() {
  undoForm.hidden = true;
  buyerBox.focus();
}
async function undo(event) {
  event.preventDefault();
  const quick = { 1: "价格输错", 2: "买主选错", 3: "双方反悔" }[plain(reasonBox.value)];
  const reason = quick || reasonBox.value.trim();
  if (!reason) return error("undo", "请写明撤销的原因");
  const [answer, told] = await post(root.dataset.undoUrl, { sale: state.panel.last_sale.ref, reason });
  if (!answer.ok) { sound("stop"); return error("undo", toldBy(told)); }
  toast("ok", told.words);
  closeUndo();
  refresh();
}

function nextUnit() {
  const units = [...document.querySelectorAll('input[name="unit"]')];
  units[(units.findIndex((each) => each.checked) + 1) % units.length].checked = true;
  state.key = null;
  showAmount();
}

function escape() {
  if (!undoForm.hidden) return closeUndo();
  if (!newcomerForm.hidden) return closeNewcomer();
  if (!list.hidden) return closeList();
  if (state.typed || document.activeElement === tagBox) { state.typed = tagBox.value = ""; refresh(); buyerBox.focus(); return; }
  chooseBuyer(null);
  buyerBox.focus();
}

const press = (index) => document.querySelectorAll("[data-buyer]")[index]?.click();
const KEYS = { F1: () => press(0), F2: () => press(1), F3: () => { buyerBox.focus(); buyerBox.select(); }, F4: () => { tagBox.focus(); tagBox.select(); }, F7: nextUnit, F8: openUndo, F9: openNewcomer, Escape: escape };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});
buyerBox.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (["ArrowDown", "ArrowUp"].includes(event.key) && state.found.length) {
    event.preventDefault();
    mark((state.chosen + (event.key === "ArrowDown" ? 1 : -1) + state.found.length) % state.found.length);
  }
  if (event.key === "Enter" && state.found[state.chosen]) { event.preventDefault(); chooseBuyer(state.found[state.chosen]); }
});
buyerBox.addEventListener("input", () => {
  state.buyer = null;
  buyerBox.classList.remove("picked");
  clearTimeout(typing);
  typing = setTimeout(searchBuyers, SEARCH_MS);
});
buyerBox.addEventListener("blur", closeList);
priceBox.addEventListener("input", () => { state.key = null; error("price", null); showAmount(); });
document.querySelectorAll('input[name="unit"]').forEach((each) => each.addEventListener("change", () => { state.key = null; showAmount(); }));
document.querySelectorAll("[data-buyer]").forEach((each) => each.addEventListener("click", () => chooseBuyer({ ref: each.dataset.buyer, name: each.dataset.name })));
find("deal").addEventListener("submit", (event) => { event.preventDefault(); sell(); });
find("typed").addEventListener("submit", look);
find("assign").addEventListener("click", assign);
find("undo").addEventListener("click", openUndo);
find("undo-close").addEventListener("click", closeUndo);
document.querySelectorAll("[data-reason]").forEach((each) => each.addEventListener("click", () => { reasonBox.value = each.dataset.reason; reasonBox.focus(); }));
undoForm.addEventListener("submit", undo);
newcomerForm.addEventListener("submit", registerBuyer);
newcomerOpen.addEventListener("click", openNewcomer);
find("newcomer-close").addEventListener("click", closeNewcomer);
document.addEventListener("scan", (event) => {
  const text = plain(event.detail.text);
  event.preventDefault();
  if (text.startsWith("party:")) { chooseBuyer({ ref: text, name: "已扫买主卡" }); return; }
  tagBox.value = event.detail.text;
  look();
});
const demo = find("demo");
demo?.addEventListener("click", async () => {
  const [answer, told] = await post(demo.dataset.demo, { crate: root.dataset.crate });
  toast(answer.ok ? "info" : "warn", answer.ok ? told.words : toldBy(told));
  buyerBox.focus();
});

state.version = state.panel.version;
showPanel(state.panel);
buyerBox.focus();
if (root.dataset.live) { listen(); } else { poll(true); }
