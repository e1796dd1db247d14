// A code read from a photo: works in WeChat and over plain http, where a live camera does not.
import { toast } from "./notes.js";
import { drawn, opened } from "./photo.js";
import { scanned } from "./tags.js";

const SIDES = [1600, 800];

/** The text of the QR code on a picture, or null. */
export async function decode(file) {
  if (!self.jsQR) await import("../vendor/jsqr-1.4.0/jsQR.min.js");
  const bitmap = await opened(file);
  for (const side of SIDES) {
    const canvas = drawn(bitmap, side);
    const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const found = self.jsQR(data, width, height, { inversionAttempts: "attemptBoth" });
    if (found?.data) return found.data;
  }
  return null;
}

/** Opens the camera for one picture and puts what it says into the field. */
export function scanInto(field) {
  const camera = document.createElement("input");
  camera.type = "file";
  camera.accept = "image/*";
  camera.capture = "environment";
  camera.addEventListener("change", async () => {
    if (!camera.files.length) return;
    toast("info", "正在识别…");
    const text = await decode(camera.files[0]).catch(() => null);
    if (text) {
      toast("ok", "已识别");
      scanned(text, field);
    } else {
      toast("warn", "没有认出二维码：靠近一点、对正再拍，或直接输入号码");
    }
  });
  camera.click();
}
