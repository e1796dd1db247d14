// A photo made small enough for a village network, and freed of where and with what it was taken.
import { toast } from "./notes.js";

const BYTES_MAX = 300 * 1024;
const SIDES = [1600, 1280, 1024, 800];
const QUALITIES = [0.82, 0.7, 0.58];

/** The picture on a canvas, upright, its longer side at most `side` pixels. */
export function drawn(bitmap, side) {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}

export const opened = (file) => createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => createImageBitmap(file));

const encoded = (canvas, quality) => new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));

/** JPEG of at most 300 kB; drawing it anew leaves EXIF (place, time, device) behind. */
export async function shrink(file) {
  const bitmap = await opened(file);
  let best = null;
  for (const side of SIDES) {
    const canvas = drawn(bitmap, side);
    for (const quality of QUALITIES) {
      best = { canvas, blob: await encoded(canvas, quality) };
      if (best.blob.size <= BYTES_MAX) return best;
    }
  }
  return best;
}

export async function preparePhoto(input) {
  const [file] = input.files;
  const place = document.querySelector(`[data-photo-for="${input.id}"]`);
  if (!file || !place) return;
  if (!file.type.startsWith("image/")) {
    place.textContent = `已选好 ${file.name}，${Math.ceil(file.size / 1024)} KB`;
    return;
  }
  place.textContent = "正在处理照片…";
  try {
    const { canvas, blob } = await shrink(file);
    const small = new File([blob], "photo.jpg", { type: "image/jpeg" });
    const bag = new DataTransfer();
    bag.items.add(small);
    input.files = bag.files;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", "已选的照片");
    place.replaceChildren(canvas, document.createTextNode(`已选好，${Math.ceil(blob.size / 1024)} KB`));
  } catch {
    input.value = "";
    place.textContent = "";
    toast("warn", "这张照片打不开，请重新拍一张");
  }
}
