/** Dialogs and toasts that any part of the page may ask for. */

import { avatar, el, part } from "./dom.js";

const TOAST_MS = 4000;

/** Show a dialog of index.html; resolves to true when it was confirmed. */
export function ask(dialog, focus = null) {
  const cancel = dialog.querySelector("[data-close]");
  if (cancel) cancel.onclick = () => dialog.close("");
  return new Promise((resolve) => {
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue !== ""), { once: true });
    dialog.showModal();
    focus?.focus();
  });
}

/** Something that must be read before going on. */
export function alertBox(title, text) {
  const dialog = document.getElementById("alert");
  part(dialog, "title").textContent = title;
  part(dialog, "text").textContent = text;
  return ask(dialog);
}

/** A short notice over the chat that goes by itself. */
export function toast(panel, text) {
  const node = el("p", { class: "toast", testid: "toast" }, text);
  const shelf = part(panel, "toasts");
  shelf.replaceChildren(node);
  setTimeout(() => node.remove(), TOAST_MS);
}

/** One photo, as large as the screen allows. */
export function viewPhoto(source, description) {
  const dialog = document.getElementById("viewer");
  const image = part(dialog, "image");
  image.src = source;
  image.alt = description;
  return ask(dialog);
}

/** Name and description of a new person, or null. */
export async function askNewPerson() {
  const dialog = document.getElementById("new-person");
  const [name, about] = [part(dialog, "name"), part(dialog, "about")];
  name.value = "";
  about.value = "";
  const confirmed = await ask(dialog, name);
  return confirmed ? { name: name.value.trim(), about: about.value.trim() } : null;
}

/** Which person opens a link to the bot; null when nobody does. */
export async function askPerson(people, first) {
  const dialog = document.getElementById("open-as");
  const ordered = [...people].sort((a, b) => (b.id === first) - (a.id === first));
  part(dialog, "choices").replaceChildren(...ordered.map(choice));
  const confirmed = await ask(dialog);
  return confirmed ? Number(dialog.returnValue) : null;
}

function choice(person) {
  return el(
    "li",
    {},
    el(
      "button",
      { class: "choice", value: person.id, testid: `open-as-${person.id}` },
      avatar(person.name, person.avatar),
      el("span", {}, el("strong", {}, person.name), el("small", {}, person.about ?? "")),
    ),
  );
}
