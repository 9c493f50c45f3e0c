/** Choosing files: a preview with caption before anything is sent. */

import { ask } from "./dialogs.js";
import { el, icon, part } from "./dom.js";
import { size } from "./media.js";

const ALBUM_MAX = 10;

const TITLES = { photo: "Kirim foto", voice: "Kirim pesan suara", document: "Kirim dokumen" };

/** Show the files; resolves to what shall be sent ({kind, fields, files}), or null. */
export async function previewFiles(kind, files) {
  const dialog = document.getElementById("files");
  const chosen = [...files].slice(0, kind === "photo" ? ALBUM_MAX : 1);
  const caption = part(dialog, "caption");
  const urls = chosen.map((file) => URL.createObjectURL(file));
  caption.value = "";
  part(dialog, "caption-line").hidden = kind === "voice";
  draw(dialog, kind, chosen, urls);
  const confirmed = await ask(dialog, kind === "voice" ? null : caption);
  urls.forEach((url) => URL.revokeObjectURL(url));
  if (!confirmed || !chosen.length) return null;
  const album = kind === "photo" && chosen.length > 1;
  const fields = kind === "voice" ? duration(dialog) : { text: caption.value.trim() };
  return { kind: album ? "album" : kind, fields, files: chosen };
}

/** Length of the sound in the preview, where the browser could read it. */
function duration(dialog) {
  const seconds = dialog.querySelector("audio").duration;
  return Number.isFinite(seconds) ? { duration: Math.max(1, Math.round(seconds)) } : {};
}

function draw(dialog, kind, chosen, urls) {
  const many = chosen.length > 1;
  part(dialog, "title").textContent = many ? `Kirim album (${chosen.length} foto)` : TITLES[kind];
  const remove = (at) => {
    chosen.splice(at, 1);
    URL.revokeObjectURL(urls.splice(at, 1)[0]);
    draw(dialog, kind, chosen, urls);
  };
  const removable = many ? remove : null;
  part(dialog, "previews").dataset.count = chosen.length;
  part(dialog, "previews").replaceChildren(
    ...chosen.map((file, at) => preview(kind, file, urls[at], removable && (() => remove(at)))),
  );
}

function preview(kind, file, url, remove) {
  const shown = {
    photo: () => el("img", { src: url, alt: file.name }),
    voice: () => el("audio", { controls: true, src: url, "aria-label": file.name }),
    document: () => el("p", { class: "file" }, el("span", { class: "file-icon" }, icon("file")),
      el("span", {}, el("strong", {}, file.name), el("small", {}, size(file.size)))),
  }[kind]();
  return el("div", { class: "preview" }, shown, remove && removeButton(file, remove));
}

function removeButton(file, remove) {
  return el(
    "button",
    { type: "button", class: "round", "aria-label": `Buang ${file.name}`, onclick: remove },
    icon("close"),
  );
}
