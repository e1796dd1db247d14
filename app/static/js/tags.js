// Ear tags while they are typed, and scanners that type like a keyboard.
import { toast } from "./notes.js";

const DIGITS = 15;
const GROUPS = [1, 7, 15];
const ELECTRONIC = /^(156|9)/;
const KEY_GAP_MS = 40;
const SCAN_LENGTH_MIN = 8;

/** Full-width digits and signs made plain; spaces and hyphens dropped. */
export const plain = (text) => text.normalize("NFKC").replace(/[\s\u200b-]+/g, "");

/** `2 520526 00012345`, as far as it is typed; an electronic number is not grouped, other text stays. */
export function grouped(text) {
  const digits = plain(text);
  if (!/^\d*$/.test(digits)) return text;
  if (digits.length > DIGITS || ELECTRONIC.test(digits)) return digits;
  return GROUPS.map((end, i) => digits.slice(i ? GROUPS[i - 1] : 0, end)).filter(Boolean).join(" ");
}

/** What to say about a tag so far: [tone, words]. */
export function verdictOf(text) {
  const tag = plain(text);
  if (!tag) return ["", ""];
  if (/^\d(\.\d+)?e\+?\d+$/i.test(tag)) return ["bad", "这是表格软件改坏的号码，请照耳标重新输入"];
  if (!/^\d+$/.test(tag)) return ["bad", "耳标号只有数字"];
  if (tag.length < DIGITS) return ["", `已输入 ${tag.length} 位，还差 ${DIGITS - tag.length} 位`];
  if (tag.length > DIGITS) return ["bad", `多了 ${tag.length - DIGITS} 位，请核对`];
  if (ELECTRONIC.test(tag)) return ["bad", "这像是电子耳标号；这里要填耳标上印的 15 位号"];
  if (tag[0] !== "2") return ["bad", "牛的耳标第一位是 2，请核对"];
  return ["ok", "15 位齐了"];
}

function regroup(input) {
  const before = plain(input.value.slice(0, input.selectionStart ?? input.value.length)).length;
  const text = grouped(input.value);
  if (text !== input.value) {
    input.value = text;
    let seen = 0, caret = 0;
    while (seen < before && caret < text.length) if (text[caret++] !== " ") seen += 1;
    if (input === document.activeElement) input.setSelectionRange(caret, caret);
  }
  const line = document.querySelector(`[data-tag-check="${input.id}"]`);
  if (!line) return;
  const [tone, words] = verdictOf(text);
  line.className = `tag-check ${tone}`;
  line.textContent = words;
}

export function watchTags() {
  const on = (event) => {
    if (event.target.matches?.("input[data-tag]") && !event.isComposing) regroup(event.target);
  };
  document.addEventListener("input", on);
  document.addEventListener("compositionend", on);
  document.querySelectorAll("input[data-tag]").forEach((input) => input.value && regroup(input));
}

/** Puts what was scanned into a field; true when it fits there. */
export function fill(input, text) {
  let value = text.trim();
  if (input.matches("[data-tag]")) {
    const found = (plain(value).match(/\d{15,}/g) || []).find((run) => run.length === DIGITS);
    if (!found) {
      toast("warn", "扫到的不是耳标号，请对准耳标，或照着输入");
      return false;
    }
    value = found;
  }
  input.value = value;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
  input.focus();
  return true;
}

/** A scan: a page may take it (`scan` event, preventDefault), else it goes to the field that wants it. */
export function scanned(text, field) {
  const event = new CustomEvent("scan", { detail: { text }, cancelable: true });
  if (!document.dispatchEvent(event)) return;
  const target = field || document.querySelector("[data-scan-target]");
  if (!target) {
    toast("info", `扫到 ${text}，这一页用不上`);
    return;
  }
  if (!fill(target, text)) return;
  const form = target.closest("form[role=search]");
  if (form) form.requestSubmit ? form.requestSubmit() : form.submit();
}

/** Keyboard-wedge readers: many keys, a few milliseconds apart, then Enter. */
export function watchWedge() {
  let keys = "", last = 0, field = null, before = "";
  document.addEventListener("keydown", (event) => {
    const quick = event.timeStamp - last < KEY_GAP_MS;
    last = event.timeStamp;
    if (event.key === "Enter" && quick && keys.length >= SCAN_LENGTH_MIN) {
      event.preventDefault();
      event.stopImmediatePropagation();
      const wanted = field?.matches("[data-scan-target]") ? field : null;
      const whole = before + keys; // the reader began before this script listened
      const text = wanted && keys.length < DIGITS && plain(whole).length === DIGITS ? whole : keys;
      if (field) field.value = before;
      scanned(text, wanted);
      keys = "";
      return;
    }
    if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey) {
      if (event.key !== "Shift") keys = "";
      return;
    }
    if (!quick || !keys) {
      const active = document.activeElement;
      field = active?.matches?.("input, textarea") ? active : null;
      before = field ? field.value : "";
      keys = "";
    }
    keys += event.key;
  }, true);
}
