// What every signed-in page does: menu, words about the network, htmx, forms, tags, scanning.
import { toast, notice } from "./notes.js";
import { watchForms } from "./forms.js";
import { watchTags, watchWedge } from "./tags.js";

const LOCAL = ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);

/** True when the device itself says it has no network; a program on this same machine still answers. */
export const offline = () => navigator.onLine === false && !LOCAL;

function watchMenu() {
  const button = document.querySelector("[data-menu]");
  const menu = button && document.getElementById(button.getAttribute("aria-controls"));
  if (!menu) return;
  const show = (open) => {
    menu.classList.toggle("open", open);
    button.setAttribute("aria-expanded", String(open));
  };
  button.addEventListener("click", () => show(!menu.classList.contains("open")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.classList.contains("open")) return;
    show(false);
    button.focus();
  });
}

function watchNetwork() {
  const say = () => notice(offline() ? "没有网络：填的内容会留在本机，连上后再提交" : null);
  addEventListener("online", say);
  addEventListener("offline", say);
  if (offline()) say();
}

const REFUSALS = { 401: "登录已过期，请重新登录", 403: "您的账号不能办理这件事", 404: "没有找到这条记录", 409: "这条记录刚被别人改过，请刷新后再看", 413: "文件太大", 429: "操作太快，请等一分钟再试" };

function watchHtmx() {
  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector('meta[name="csrf-token"]');
    if (token) event.detail.headers["X-CSRFToken"] = token.content;
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => toast("stop", "没有连上平台，请看看网络后再试；填的内容还在"));
  }
  document.addEventListener("htmx:responseError", (event) => {
    toast("stop", REFUSALS[event.detail.xhr.status] || "平台这边出了问题，请稍后再试");
  });
}

function watchButtons() {
  document.addEventListener("click", async (event) => {
    const scan = event.target.closest("[data-scan]");
    if (scan) {
      const { scanInto } = await import("./scan.js");
      scanInto(document.getElementById(scan.dataset.scan));
    }
    if (event.target.closest("[data-print]")) print();
  });
  document.addEventListener("change", async (event) => {
    if (!event.target.matches("input[data-photo]")) return;
    const { preparePhoto } = await import("./photo.js");
    preparePhoto(event.target);
  });
}

async function watchOutbox() {
  const chip = document.querySelector("[data-outbox]");
  if (!chip || !("indexedDB" in window)) return;
  const { watchCount } = await import("./outbox.js");
  await watchCount(chip);
}

watchMenu();
watchNetwork();
watchHtmx();
watchButtons();
watchForms(offline);
watchTags();
watchWedge();
watchOutbox();
