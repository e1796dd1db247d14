// 待上传: what a person wrote on this device and the platform has yet to store. It belongs to one login.
//
// An entry is written before it is sent and keeps its key and its body for ever, so that sending it
// again (a lost answer, a killed server, two open tabs) is the same act. It leaves the list only when the
// platform has said that it is stored, or when its author gives it up; what was refused stays, with the reason.
// Two databases: `outbox` outlives signing out; `kept` holds what pages show and is emptied at the door.
export const WAITING = "waiting", REFUSED = "refused", STORED = "stored", GIVEN_UP = "given_up";
const HISTORY_MS = 7 * 24 * 3600 * 1000;
const TIMEOUT_MS = 20000;
const FORGERY = "request.stale_form";

function database(name, store, key) {
  return new Promise((done, fail) => {
    const asked = indexedDB.open(name, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(store, { keyPath: key });
    asked.onsuccess = () => {
      asked.result.onversionchange = () => asked.result.close();
      done(asked.result);
    };
    asked.onerror = () => fail(asked.error);
  });
}

async function within(name, store, key, mode, act) {
  const db = await database(name, store, key);
  try {
    return await new Promise((done, fail) => {
      const turn = db.transaction(store, mode, { durability: "strict" });
      const asked = act(turn.objectStore(store));
      turn.oncomplete = () => done(asked.result);
      turn.onerror = turn.onabort = () => fail(turn.error);
    });
  } finally {
    db.close();
  }
}

const entries = (mode, act) => within("outbox", "entries", "key", mode, act);
const packets = (mode, act) => within("kept", "packets", "name", mode, act);

export const keepPacket = (packet) => packets("readwrite", (store) => store.put(packet));
export const packetOf = (name) => packets("readonly", (store) => store.get(name));

export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The entries of one login in the order they were written; nobody else's. */
export async function entriesOf(account) {
  const all = await entries("readonly", (store) => store.getAll());
  return all.filter((entry) => entry.account === account).sort((a, b) => a.made - b.made || (a.key < b.key ? -1 : 1));
}

export const put = async (entry) => {
  await entries("readwrite", (store) => store.put(entry));
  document.dispatchEvent(new CustomEvent("outbox"));
};

/** Writes down what is to be sent; `path` and `body` never change again. */
export async function write({ account, path, body, about }) {
  const entry = { key: newKey(), account, path, body, about, made: Date.now(), state: WAITING, words: "" };
  await put(entry);
  return entry;
}

export const open = (entry) => entry.state === WAITING || entry.state === REFUSED;

/** How many of a login's entries are not with the platform; those refused count: they wait for a person. */
export async function count(account) {
  return (await entriesOf(account)).filter(open).length;
}

const RETRY = (status) => status === 401 || status === 408 || status === 425 || status === 429 || status >= 500;

async function sentence(answer) {
  const told = await answer.json().catch(() => ({}));
  const all = (told.outcomes || []).map((each) => each.sentence).filter(Boolean);
  const fields = Object.values(told.errors || {}).flat().filter((each) => typeof each === "string");
  return { code: told.code || "", words: all.join("；") || fields.join("；") || told.detail || "平台没有接受，原因不明" };
}

/** Sends one entry; null when it has to wait, else what became of it. */
async function send(entry, token) {
  const answer = await fetch(entry.path, {
    method: "POST",
    redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": entry.key, "X-CSRFToken": token },
    body: JSON.stringify(entry.body),
  });
  if (answer.ok) return { ...entry, state: STORED, words: "", stored: Date.now() };
  if (RETRY(answer.status)) return null;
  const { code, words } = await sentence(answer);
  return code === FORGERY ? null : { ...entry, state: REFUSED, code, words };
}

async function alone(act) {
  if (!navigator.locks) return act();
  return navigator.locks.request("outbox", { ifAvailable: true }, (lock) => (lock ? act() : "busy"));
}

async function sendAll(account, token) {
  for (const entry of await entriesOf(account)) {
    if (entry.state === STORED && Date.now() - entry.stored > HISTORY_MS) await entries("readwrite", (store) => store.delete(entry.key));
    if (entry.state !== WAITING) continue;
    const became = await send(entry, token).catch(() => null);
    if (!became) return "waiting";
    await put(became);
  }
  return "done";
}

/** Sends what waits, in order, and stops at the first that cannot be sent now. `done`, `waiting` or `busy`. */
export const sync = (account, token) => alone(() => sendAll(account, token));

/** Shows on any page how many wait; the number is the signed-in person's own. */
export async function watchCount(chip) {
  const show = async () => {
    const waiting = await count(chip.dataset.outbox).catch(() => 0);
    chip.hidden = waiting === 0;
    chip.querySelector("[data-outbox-count]").textContent = `待上传 ${waiting} 条`;
  };
  document.addEventListener("outbox", show);
  addEventListener("focus", show);
  await show();
}
