// Forms: nothing sent twice, nothing missing sent, nothing typed lost.
import { iconOf, note, toast } from "./notes.js";

const SAVE_AFTER_MS = 300;
const KEEP_MS = 7 * 24 * 3600 * 1000;
const SENT = "draft-sent";

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const SECRET = ["csrf_token", "idempotency_key"];
/** A mark of what a submit says (FNV-1a; the content itself is not kept): the same again is the same act. */
function markOf(form) {
  const text = JSON.stringify([...new FormData(form)].filter(([name]) => !SECRET.includes(name))
    .map(([name, value]) => [name, typeof value === "string" ? value : [value.name, value.size]]));
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return `${text.length}-${hash.toString(16)}`;
}

const keyOf = (form) => `draft:${document.body.dataset.who || ""}:${location.pathname}:${form.id}`;
const kept = (field) => field.name && !["hidden", "password", "file", "submit", "button"].includes(field.type) && !field.closest("[data-no-draft]");

function read(key) {
  try {
    const draft = JSON.parse(localStorage.getItem(key));
    return draft && Date.now() - draft.at < KEEP_MS ? draft : null;
  } catch { return null; }
}
function write(key, draft) {
  try { localStorage.setItem(key, JSON.stringify(draft)); } catch { /* full or forbidden: no draft */ }
}
function forget(key) {
  try { localStorage.removeItem(key); } catch { /* nothing kept, nothing to forget */ }
}

function save(form, sent = read(keyOf(form))?.sent) {
  const fields = [...form.elements].filter(kept)
    .map((field) => [field.name, ["radio", "checkbox"].includes(field.type) ? [field.value, field.checked] : field.value]);
  write(keyOf(form), { at: Date.now(), fields, sent });
}

function put(form, [name, value]) {
  for (const field of [...form.elements].filter((each) => each.name === name && kept(each))) {
    if (!Array.isArray(value)) {
      const changed = field.value !== value;
      field.value = value;
      if (changed) field.dispatchEvent(new Event("input", { bubbles: true }));
      return changed;
    }
    if (field.value === value[0] && field.checked !== value[1]) {
      field.checked = value[1];
      return true;
    }
  }
  return false;
}

function restore(form) {
  const draft = !form.querySelector("[data-errors]") && read(keyOf(form));
  if (!draft || !draft.fields.map((each) => put(form, each)).some(Boolean)) return;
  const box = note("info", `已恢复上次没提交的内容（${new Date(draft.at).toLocaleString("zh-CN", { month: "long", day: "numeric", hour: "2-digit", minute: "2-digit" })}）`);
  const clear = document.createElement("button");
  clear.type = "button";
  clear.className = "button quiet";
  clear.textContent = "清空重填";
  clear.addEventListener("click", () => { form.reset(); forget(keyOf(form)); box.remove(); });
  box.append(clear);
  box.classList.add("errors-head");
  form.prepend(box);
}

/** A draft is forgotten when its submit led straight to a page that shows neither errors nor a fault. */
function settleSent() {
  const [key, from] = JSON.parse(sessionStorage.getItem(SENT) || "[]");
  sessionStorage.removeItem(SENT);
  const arrived = key && document.referrer === from;
  if (arrived && !document.body.dataset.error && !document.querySelector("[data-errors]")) forget(key);
}

function mark(field, words) {
  const box = field.closest(".field");
  if (!box) return;
  box.classList.add("bad");
  field.setAttribute("aria-invalid", "true");
  let line = box.querySelector(".error");
  if (!line) {
    line = document.createElement("div");
    line.className = "error";
    line.id = `${field.name}-error`;
    line.append(iconOf("x-octagon-fill"), document.createElement("span"));
    box.append(line);
    field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") || ""} ${line.id}`.trim());
  }
  line.querySelector("span").textContent = words;
}

function unmark(field) {
  const box = field.closest?.(".field.bad");
  if (!box) return;
  box.classList.remove("bad");
  box.querySelectorAll(".error").forEach((line) => line.remove());
  box.querySelectorAll("[aria-invalid]").forEach((each) => each.removeAttribute("aria-invalid"));
}

/** The fields left empty, each marked; a group of radio buttons counts once. */
function missing(form) {
  const groups = new Set();
  return [...form.elements].filter((field) => {
    if (!field.required || field.disabled || groups.has(field.name)) return false;
    groups.add(field.name);
    const box = field.type === "radio" ? form.querySelector(`input[name="${CSS.escape(field.name)}"]:checked`) : field;
    const empty = !box || (field.type === "checkbox" ? !field.checked : !box.value.trim());
    if (empty) mark(field, field.dataset.missing || "请填写这一项");
    return empty;
  });
}

function release(form) {
  delete form.dataset.sending;
  form.removeAttribute("aria-busy");
  document.querySelectorAll("[data-waiting]").forEach((button) => {
    button.removeAttribute("aria-disabled");
    delete button.dataset.waiting;
  });
}

const lastSent = new WeakMap();
/** One key for one content: a repeat after a lost answer is harmless, a changed form is a new act. */
function giveKey(form) {
  const field = form.querySelector("[data-idempotency]");
  if (!field) return null;
  const content = markOf(form);
  const before = [lastSent.get(form), read(keyOf(form))?.sent].find((each) => each?.content === content);
  const sent = before || { content, key: newKey() };
  lastSent.set(form, sent);
  field.value = sent.key;
  return sent;
}

function submit(event, offline) {
  const form = event.target;
  if (!form.matches("form[data-guard]")) return;
  const stop = (words) => { event.preventDefault(); event.stopPropagation(); if (words) toast("warn", words); };
  if (form.dataset.sending) { stop("正在提交，请稍等"); return; }
  const empty = missing(form);
  if (empty.length) { stop(); empty[0].focus(); return; }
  if (offline()) { stop("没有网络，内容已留在本机；连上后再按一次"); return; }
  const sent = giveKey(form);
  form.dataset.sending = "1";
  form.setAttribute("aria-busy", "true");
  if (event.submitter) {
    event.submitter.dataset.waiting = "1";
    event.submitter.setAttribute("aria-disabled", "true");
  }
  if (form.matches("[data-draft]")) {
    save(form, sent);
    sessionStorage.setItem(SENT, JSON.stringify([keyOf(form), location.href.split("#")[0]]));
  }
}

/** After a refusal one stands in the first wrong field; where no field is wrong, at the reasons. */
function lookAgain() {
  const summary = document.querySelector("[data-errors]");
  if (!summary) return;
  const wrong = summary.closest("form")?.querySelector("[aria-invalid=true]");
  const field = wrong?.matches("fieldset") ? wrong.querySelector("input") : wrong;
  (field && field.offsetParent && field.type !== "hidden" ? field : summary).focus();
}

export function watchForms(offline) {
  let timer = 0, typing = null;
  const keep = () => { if (typing) save(typing); typing = null; };
  settleSent();
  document.querySelectorAll("form[data-draft]").forEach(restore);
  lookAgain();
  document.addEventListener("input", (event) => {
    unmark(event.target);
    const form = event.target.form;
    if (!event.isTrusted || !form?.matches("[data-draft]")) return;
    clearTimeout(timer);
    typing = form;
    timer = setTimeout(keep, SAVE_AFTER_MS);
  });
  addEventListener("pagehide", keep);
  document.addEventListener("submit", (event) => submit(event, offline), true);
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach(release));
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt.closest("form");
    if (!form?.dataset.sending) return;
    if (typing === form) typing = null;
    release(form);
    if (event.detail.successful && form.matches("[data-draft]")) forget(keyOf(form));
    if (event.detail.successful) lastSent.delete(form);
  });
}
