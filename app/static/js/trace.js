// The public history page: checks the proof after the first paint, looks again while a stamp is
// due, reads aloud, prints. Without it the page says everything but what this phone has checked.

const PAUSES_S = [2, 3, 5, 8, 13, 21, 30];

function parts() {
  return document.getElementById("trace");
}

function show(tone, symbol, words) {
  const box = parts().querySelector("[data-verdict]");
  parts().dataset.checked = tone;
  parts().querySelector("[data-phone]").textContent = words;
  if (tone === "waiting") return;
  box.classList.remove("unknown", "ok", "stop");
  box.classList.add(tone === "ok" || tone === "stop" ? tone : "unknown");
  box.querySelector("[data-seal] use").setAttribute("href", "#" + symbol);
}

function clock(text) {
  const at = new Date(text);
  if (!text || isNaN(at)) return "";
  return new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", month: "long", day: "numeric",
    hour: "2-digit", minute: "2-digit", hour12: false }).format(at);
}

function tell(found) {
  const list = document.createElement("ul");
  list.className = "plain";
  const said = [
    `下载了 ${found.count} 条记录的原文，逐条重算指纹，与本页所列相符`,
    `第 1 条到第 ${found.count} 条前后相连，没有抽走或插入`,
    `每一条都在平台 ${clock(found.signedAt)} 盖章的目录里（目录共 ${found.size.toLocaleString("zh-CN")} 条）`,
    `盖章的签名有效（${found.origin}，钥匙编号 ${found.keyId}）`,
  ];
  if (found.printed) said.push("标签打印时的那条记录仍在其中");
  for (const words of said) list.append(Object.assign(document.createElement("li"), { textContent: words }));
  parts().querySelector("[data-details]").prepend(list);
}

async function verify() {
  const { dataset } = parts();
  if (dataset.level === "broken") return;
  show("waiting", "", "正在核对……");
  try {
    const { check, tools } = await import(dataset.verify);
    const kit = await tools({ ed25519: dataset.ed25519, hashes: dataset.hashes });
    const bundle = await (await fetch(dataset.proof, { cache: "no-cache" })).json();
    const stamped = [...parts().querySelectorAll("[data-digest]:not([data-unstamped])")];
    const digests = stamped.map((item) => item.dataset.digest);
    const found = await check(bundle, { ref: dataset.ref, digests, printed: printedIn(bundle, dataset) }, kit);
    if (!found.count) return show("unknown", "clock-history", "记录还没有盖章，盖章后再核对");
    tell(found);
    const rest = Number(dataset.count) - found.count;
    const words = `已核对，前 ${found.count} 条与盖章的目录相符` + (rest > 0 ? `；另有 ${rest} 条待盖章` : "");
    show(rest > 0 ? "unknown" : "ok", rest > 0 ? "clock-history" : "check-circle-fill", words);
    if (rest <= 0) parts().dataset.checked = "ok";
  } catch (error) {
    if (error.constructor.name === "Mismatch") return show("stop", "x-octagon-fill", `核对不通过：${error.message}。请勿采信，并拨打 12316`);
    show("unknown", "question-circle-fill", `本机无法验证${error.constructor.name === "Unable" ? "：" + error.message : "，请换一部手机或稍后再试"}`);
  }
}

// While the printed record itself awaits its stamp the proof cannot hold it yet.
function printedIn(bundle, dataset) {
  const awaiting = [...document.querySelectorAll("[data-unstamped]")];
  return awaiting.some((item) => dataset.printed.startsWith(item.dataset.digest)) ? "" : dataset.printed;
}

async function lookAgain(turn) {
  if (parts().dataset.level !== "pending" || turn >= PAUSES_S.length) return;
  await new Promise((done) => setTimeout(done, PAUSES_S[turn] * 1000));
  try {
    const answer = await fetch(location.pathname, { cache: "no-cache" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("trace");
    if (fresh && (fresh.dataset.head !== parts().dataset.head || fresh.dataset.level !== parts().dataset.level)) {
      parts().replaceWith(fresh);
      equip();
      await verify();
    }
  } catch {
    // no network for a while: the next turn tries again
  }
  await lookAgain(turn + 1);
}

function equip() {
  const box = parts().querySelector("[data-tools]");
  box.hidden = false;
  box.querySelector("[data-print]").addEventListener("click", () => print());
  const button = box.querySelector("[data-read]");
  if (!("speechSynthesis" in window)) return;
  button.hidden = false;
  button.addEventListener("click", () => readAloud(button));
}

function readAloud(button) {
  const stop = speechSynthesis.speaking;
  speechSynthesis.cancel();
  button.setAttribute("aria-pressed", String(!stop));
  button.textContent = stop ? "念给我听" : "停止朗读";
  if (stop) return;
  const blocks = [...document.querySelectorAll("[data-say]")];
  blocks.forEach((block, place) => {
    const speech = new SpeechSynthesisUtterance(block.innerText.replace(/\s*\n\s*/g, "。"));
    speech.lang = "zh-CN";
    if (place === blocks.length - 1) speech.onend = () => { button.textContent = "念给我听"; button.setAttribute("aria-pressed", "false"); };
    speechSynthesis.speak(speech);
  });
}

equip();
verify().then(() => lookAgain(0));
