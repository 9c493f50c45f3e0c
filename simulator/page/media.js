/** What a message carries besides text: photos, albums, sound, files, places. */

import { fileUrl } from "./api.js";
import { viewPhoto } from "./dialogs.js";
import { el, icon } from "./dom.js";
import { placeCard } from "./place.js";

/** The media element of a message, or null when it carries none. */
export function media(message) {
  const kind = Object.keys(SHOW).find((name) => message[name]);
  return kind ? SHOW[kind](message[kind], message) : null;
}

// The order matters: an animation is a document too, a venue has a location.
const SHOW = {
  photo: (sizes, message) => photo(sizes, message.caption),
  animation: moving,
  video: moving,
  voice: (voice) => sound(voice, "Pesan suara"),
  audio: (audio) => sound(audio, audio.title ?? "Audio"),
  sticker,
  document: file,
  venue: (venue) => placeCard(venue.location, venue.title),
  location: (location) => placeCard(location),
  contact,
};

/** One line that stands for a message in lists and quotes. */
export function summary(message) {
  const words = message.text ?? message.caption;
  const kind = Object.keys(NAMES).find((name) => message[name]);
  const name = kind ? NAMES[kind] : "";
  return [name, words].filter(Boolean).join(" · ").replace(/\s+/g, " ") || "Pesan";
}

const NAMES = {
  photo: "Foto",
  animation: "Animasi",
  video: "Video",
  voice: "Pesan suara",
  audio: "Audio",
  sticker: "Stiker",
  document: "Dokumen",
  venue: "Tempat",
  location: "Lokasi",
  contact: "Kontak",
};

/** Several photos of one album in one frame. */
export function album(messages) {
  const items = messages.map((message) => media(message));
  return el("div", { class: "album", "data-count": Math.min(items.length, 5) }, ...items);
}

function photo(sizes, caption) {
  const best = sizes.reduce((a, b) => (b.width * b.height > a.width * a.height ? b : a));
  const source = fileUrl(best.file_id);
  const description = caption || "Foto";
  return el(
    "button",
    { type: "button", class: "photo", "aria-label": `Perbesar: ${description}`,
      onclick: () => viewPhoto(source, description) },
    el("img", { src: source, alt: description, width: best.width, height: best.height }),
  );
}

function moving(video) {
  return el("video", { class: "photo", src: fileUrl(video.file_id), controls: true,
    preload: "metadata", width: video.width, height: video.height });
}

function sound(voice, title) {
  return el(
    "div",
    { class: "sound" },
    el("p", {}, icon("voice"), title, el("span", {}, duration(voice.duration ?? 0))),
    el("audio", { controls: true, preload: "metadata", src: fileUrl(voice.file_id),
      "aria-label": title }),
  );
}

const duration = (seconds) =>
  `${Math.floor(seconds / 60)}.${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

function sticker(value) {
  const alt = value.emoji ?? "Stiker";
  return el("img", { class: "sticker", src: fileUrl(value.file_id), alt });
}

function file(document) {
  return el(
    "a",
    { class: "file", href: fileUrl(document.file_id), download: document.file_name ?? "" },
    el("span", { class: "file-icon" }, icon("file")),
    el("span", {}, el("strong", {}, document.file_name ?? "Dokumen"),
      el("small", {}, size(document.file_size))),
  );
}

/** "12,4 KB" */
export function size(bytes = 0) {
  const units = ["B", "KB", "MB"];
  let value = bytes;
  while (value >= 1024 && units.length > 1) {
    value /= 1024;
    units.shift();
  }
  return `${value.toLocaleString("id", { maximumFractionDigits: 1 })} ${units[0]}`;
}

function contact(person) {
  const name = [person.first_name, person.last_name].filter(Boolean).join(" ");
  const phone = el("span", {}, person.phone_number);
  return el("p", { class: "contact" }, el("strong", {}, name), phone);
}
