/** The lower part of a chat: text, attachments, reply keyboard, commands, Start and unblock. */

import { previewFiles } from "./attach.js";
import { Commands } from "./commands.js";
import { el, part } from "./dom.js";
import { joinMenu } from "./menu.js";
import { choosePlace } from "./place.js";

const LINES_PX = 132; // the input grows up to this height, then scrolls

/**
 * Composer of one panel; `actions` has send(kind, fields, files), edit(message, text) and
 * unblock(), each resolving to true when it worked.
 */
export class Composer {
  #root;
  #actions;
  #input;
  #commands;
  #editing = null;
  #keyboardShown = true;
  #keyboard = null;

  constructor(panel, actions) {
    this.#root = part(panel, "composer");
    this.#actions = actions;
    this.#input = part(panel, "input");
    this.#commands = new Commands(this.#root, (text) => this.#sendCommand(text));
    this.#listenToText();
    this.#listenToButtons();
    this.#listenToFiles();
  }

  /** Start afresh for another person. */
  reset() {
    this.#stopEditing();
    this.#keyboard = null;
  }

  /** Show what the chat allows now. */
  show(chat) {
    const open = chat.started && !chat.blocked;
    part(this.#root, "row").hidden = !open;
    part(this.#root, "start").hidden = chat.started || chat.blocked;
    part(this.#root, "unblock").hidden = !chat.blocked;
    this.#input.placeholder = chat.keyboard_placeholder || "Pesan";
    this.#commands.set(chat.commands);
    this.#setKeyboard(open ? chat.keyboard : null);
  }

  /** Let the person change one of his messages. */
  edit(message) {
    this.#editing = message;
    part(this.#root, "editing").hidden = false;
    part(this.#root, "editing-text").textContent = message.text;
    this.#setText(message.text);
    this.#input.focus();
  }

  /** Put the cursor into the input where that does not open a phone's keyboard. */
  focus() {
    if (window.matchMedia("(pointer: fine)").matches) this.#input.focus({ preventScroll: true });
  }

  #listenToText() {
    this.#root.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#input.addEventListener("input", () => {
      this.#grow();
      this.#commands.suggest(this.#input.value);
    });
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#input.addEventListener("paste", (event) => {
      const images = [...event.clipboardData.files].filter(isImage);
      if (images.length) this.#offer("photo", images);
    });
  }

  #listenToButtons() {
    const on = (name, act) => part(this.#root, name).addEventListener("click", act);
    joinMenu(part(this.#root, "attach"), part(this.#root, "attach-menu"));
    on("start", () => this.#actions.send("text", { text: "/start" }));
    on("unblock", () => this.#actions.unblock());
    on("stop-editing", () => this.#stopEditing());
    on("attach-location", () => this.#sendPlace());
    on("keyboard-button", () => {
      this.#keyboardShown = !this.#keyboardShown;
      this.#showKeyboard();
    });
  }

  #listenToFiles() {
    this.#root.querySelectorAll("[data-file]").forEach((input) => {
      const kind = input.dataset.file;
      const button = this.#root.querySelector(`[data-pick="${kind}"]`);
      button.addEventListener("click", () => input.click());
      input.addEventListener("change", async () => {
        await this.#offer(kind, input.files);
        input.value = ""; // so that the same file can be chosen again
      });
    });
  }

  #key(event) {
    if (event.isComposing) return;
    if (this.#commands.key(event)) event.preventDefault();
    else if (event.key === "Escape") this.#stopEditing();
    else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    }
  }

  async #submit() {
    const text = this.#input.value.trim();
    if (!text) return;
    const editing = this.#editing;
    this.#stopEditing();
    const done = editing
      ? await this.#actions.edit(editing, text)
      : await this.#actions.send("text", { text });
    if (!done && !this.#input.value) this.#setText(text);
  }

  #sendCommand(text) {
    this.#setText("");
    this.#actions.send("text", { text });
    this.#input.focus();
  }

  async #sendPlace() {
    const place = await choosePlace();
    if (!place) return;
    await this.#actions.send("location", { latitude: place.lat, longitude: place.lon });
  }

  /** Preview files and send them when the person agrees. */
  async #offer(kind, files) {
    if (!files.length) return;
    const chosen = await previewFiles(kind, files);
    if (chosen) await this.#actions.send(chosen.kind, chosen.fields, chosen.files);
  }

  #stopEditing() {
    this.#editing = null;
    part(this.#root, "editing").hidden = true;
    this.#setText("");
  }

  #setText(text) {
    this.#input.value = text;
    this.#grow();
    this.#commands.close();
  }

  #grow() {
    this.#input.style.height = "auto";
    this.#input.style.height = `${Math.min(this.#input.scrollHeight, LINES_PX)}px`;
    part(this.#root, "send").classList.toggle("ready", this.#input.value.trim() !== "");
  }

  #setKeyboard(rows) {
    const wanted = JSON.stringify(rows);
    if (wanted === this.#keyboard) return this.#showKeyboard();
    this.#keyboard = wanted;
    this.#keyboardShown = true;
    const board = part(this.#root, "keyboard");
    board.replaceChildren(...(rows ?? []).map((row) =>
      el("div", { class: "keyboard-row" }, ...row.map((button) => this.#keyboardKey(button)))));
    this.#showKeyboard();
  }

  #showKeyboard() {
    const board = part(this.#root, "keyboard");
    const button = part(this.#root, "keyboard-button");
    const there = board.childElementCount > 0;
    board.hidden = !there || !this.#keyboardShown;
    button.hidden = !there;
    button.setAttribute("aria-expanded", String(!board.hidden));
  }

  /** A button sends its label, or asks the phone for a place or the own contact. */
  #keyboardKey({ text, request_location: place, request_contact: contact }) {
    const press = () => {
      if (place) return this.#sendPlace();
      return contact ? this.#actions.send("contact") : this.#actions.send("text", { text });
    };
    return el("button", { type: "button", testid: "keyboard-button", onclick: press }, text);
  }
}

const isImage = (file) => file.type.startsWith("image/");
