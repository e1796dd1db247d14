// Words for the person in front of the screen: a note that passes, a bar that stays, a sound.
const ICONS = { ok: "check-circle-fill", warn: "exclamation-triangle-fill", stop: "x-octagon-fill", info: "info-circle-fill" };
const STATIC = new URL("..", import.meta.url);
const TOAST_MS = 6000;
const SVG = "http://www.w3.org/2000/svg";

export function iconOf(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${new URL("icons/sprite.svg", STATIC).pathname}#${name}`);
  svg.append(use);
  return svg;
}

/** A note with icon and words; tone is ok, warn, stop or info. */
export function note(tone, words) {
  const box = document.createElement("div");
  const text = document.createElement("div");
  box.className = `note ${tone}`;
  box.setAttribute("role", tone === "stop" ? "alert" : "status");
  text.textContent = words;
  box.append(iconOf(ICONS[tone]), text);
  return box;
}

let shown = null;
/** Shows a note for a few seconds; one at a time. */
export function toast(tone, words) {
  shown?.remove();
  const box = note(tone, words);
  box.classList.add("toast", "no-print");
  document.body.append(box);
  shown = box;
  setTimeout(() => box.remove(), TOAST_MS);
}

/** The bar under the head that stays while something is so; null takes it away. */
export function notice(words) {
  const bar = document.querySelector("[data-offline]");
  if (!bar) return;
  bar.hidden = !words;
  if (words) bar.querySelector("[data-offline-words]").textContent = words;
}

/** tag, stable, sold or stop; silent where the browser forbids sound before the first key. */
export function sound(name) {
  new Audio(new URL(`sounds/${name}.wav`, STATIC)).play().catch(() => {});
}
