// What a phone checks by itself: digests, links, inclusion, the signed head (RFC 6962, C2SP notes).
// Pure but for the hashing and the signature, which come from WebCrypto or the vendored libraries.

const utf8 = new TextEncoder();
export class Unable extends Error {}
export class Mismatch extends Error {}

export function hexOf(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function bytesOf(hex) {
  if (!/^(?:[0-9a-f]{2})*$/.test(hex)) throw new Mismatch("证明的格式不对");
  return Uint8Array.from(hex.match(/../g) || [], (pair) => parseInt(pair, 16));
}

function unbase64(text) {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    throw new Mismatch("证明的格式不对");
  }
}

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return whole;
}

function same(a, b) {
  return a.length === b.length && a.every((byte, place) => byte === b[place]);
}

// The tools of this phone: its own where it has them, else the libraries.
export async function tools(addresses) {
  const own = globalThis.crypto && crypto.subtle;
  const sha256 = own
    ? async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", data))
    : await borrowedHash(addresses);
  const verify = (own && (await ownEd25519())) || (await borrowedEd25519(addresses));
  return { sha256, verify };
}

async function borrowedHash(addresses) {
  try {
    const library = await import(addresses.hashes);
    return async (data) => library.sha256(data);
  } catch {
    throw new Unable("浏览器太旧，缺少计算指纹的程序");
  }
}

// The first test vector of RFC 8032 §7.1: a browser that gets it wrong does not judge.
const VECTOR = ["d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"];

async function ownEd25519() {
  const verify = async (key, signature, data) => {
    const imported = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
    return crypto.subtle.verify({ name: "Ed25519" }, imported, signature, data);
  };
  try {
    return (await sound(verify)) ? verify : null;
  } catch {
    return null;
  }
}

async function borrowedEd25519(addresses) {
  try {
    const [ed25519, hashes] = await Promise.all([import(addresses.ed25519), import(addresses.hashes)]);
    ed25519.hashes.sha512 = hashes.sha512;
    const verify = async (key, signature, data) => ed25519.verify(signature, data, key);
    if (await sound(verify)) return verify;
  } catch {
    // told below
  }
  throw new Unable("浏览器太旧，缺少核对签名的程序");
}

async function sound(verify) {
  const [key, signature] = VECTOR.map(bytesOf);
  const spoilt = signature.slice();
  spoilt[0] ^= 1;
  const nothing = new Uint8Array();
  return (await verify(key, signature, nothing)) && !(await verify(key, spoilt, nothing));
}

// A checkpoint's text, its head and its signature lines.
function noteOf(written) {
  const cut = written.lastIndexOf("\n\n");
  const text = written.slice(0, cut + 1);
  const [origin, size, root, ...more] = text.split("\n");
  if (cut < 0 || !/^(0|[1-9][0-9]{0,14})$/.test(size)) throw new Mismatch("盖章的目录格式不对");
  const lines = written.slice(cut + 2).split("\n").filter(Boolean);
  const time = more.map((line) => /^signed (.+)$/.exec(line)).find(Boolean);
  return { text, origin, size: Number(size), root: unbase64(root), signedAt: time && time[1], lines };
}

async function keyOf(vkey, sha256) {
  const [name, id, ...rest] = vkey.split("+");
  const typed = unbase64(rest.join("+"));
  const hashed = await sha256(joined(utf8.encode(name + "\n"), typed));
  const good = typed[0] === 1 && typed.length === 33 && hexOf(hashed.slice(0, 4)) === id;
  return good ? { name, id, key: typed.slice(1) } : null;
}

// The key that signed the note; a signature that names a known key must be its own.
async function signerOf(note, vkeys, { sha256, verify }) {
  const keys = (await Promise.all(vkeys.map((vkey) => keyOf(vkey, sha256)))).filter(Boolean);
  for (const line of note.lines) {
    const parts = /^— (\S+) (\S+)$/.exec(line);
    if (!parts) throw new Mismatch("盖章的签名格式不对");
    const signed = unbase64(parts[2]);
    const known = keys.find((key) => key.name === parts[1] && key.id === hexOf(signed.slice(0, 4)));
    if (!known || known.name !== note.origin) continue;
    if (!(await verify(known.key, signed.slice(4), utf8.encode(note.text)))) {
      throw new Mismatch("盖章的签名无效");
    }
    return known;
  }
  throw new Mismatch("目录没有用平台公布的钥匙盖章");
}

// RFC 9162 §2.1.3.2.
async function rootFrom(leaf, position, size, path, sha256) {
  let at = position, last = size - 1, root = leaf;
  if (!(at >= 0 && at <= last)) return null;
  const node = (left, right) => sha256(joined(Uint8Array.of(1), left, right));
  for (const sibling of path) {
    if (last === 0) return null;
    if (at % 2 || at === last) {
      root = await node(sibling, root);
      while (at % 2 === 0 && at) { at = Math.floor(at / 2); last = Math.floor(last / 2); }
    } else {
      root = await node(root, sibling);
    }
    at = Math.floor(at / 2); last = Math.floor(last / 2);
  }
  return last === 0 ? root : null;
}

// Checks a bundle against what the page shows; `page`: ref, digests (beginnings), printed.
export async function check(bundle, page, kit) {
  if (bundle.format !== "weining-proof/1") throw new Unable("证明的格式比本页新，请刷新");
  if (!bundle.checkpoint) return { count: 0 };
  const note = noteOf(bundle.checkpoint);
  const signer = await signerOf(note, bundle.vkeys, kit);
  const digests = await lineOf(bundle.events, note, page.ref, kit.sha256);
  for (const shown of page.digests) {
    if (!digests.some((digest) => digest.startsWith(shown))) throw new Mismatch("本页有一条记录不在证明里");
  }
  if (page.printed && !digests.some((digest) => digest.startsWith(page.printed))) {
    throw new Mismatch("标签打印时的那条记录不在证明里");
  }
  return { count: digests.length, size: note.size, origin: note.origin, signedAt: note.signedAt,
    keyId: signer.id, printed: Boolean(page.printed), digests };
}

async function lineOf(events, note, ref, sha256) {
  const digests = [];
  for (const { event, position, path } of events) {
    const digest = await sha256(utf8.encode(event));
    const link = JSON.parse(event).subjects.find((each) => each.ref === ref);
    const number = digests.length + 1;
    if (!link || link.seq !== number || (link.prev || null) !== (digests[number - 2] || null)) {
      throw new Mismatch(`第${number}条与前文不相连`);
    }
    const leaf = await sha256(joined(Uint8Array.of(0), digest));
    const root = await rootFrom(leaf, position, note.size, path.map(bytesOf), sha256);
    if (!root || !same(root, note.root)) throw new Mismatch(`第${number}条不在盖章的目录里`);
    digests.push(hexOf(digest));
  }
  return digests;
}
