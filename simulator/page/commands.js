/** The menu of the bot's slash commands: by its button, or while a command is being typed. */

import { el, part } from "./dom.js";

/** Command list over the input. */
export class Commands {
  #menu;
  #input;
  #button;
  #send;
  #all = [];
  #at = 0;

  constructor(root, send) {
    this.#menu = part(root, "commands");
    this.#input = part(root, "input");
    this.#button = part(root, "commands-button");
    this.#send = send;
    this.#button.addEventListener("click", () => this.#toggle());
    document.addEventListener("pointerdown", (event) => {
      if (!this.#menu.contains(event.target) && !this.#button.contains(event.target)) this.close();
    });
  }

  /** The commands this person may see. */
  set(commands) {
    this.#all = commands;
    this.#button.hidden = commands.length === 0;
  }

  /** Offer what fits the text in the input. */
  suggest(text) {
    const typed = /^\/(\w*)$/.exec(text);
    if (!typed) return this.close();
    this.#open(this.#all.filter(({ command }) => command.startsWith(typed[1].toLowerCase())));
  }

  /** Use a key press while the menu is open; true when it was used. */
  key(event) {
    if (this.#menu.hidden) return false;
    const options = [...this.#menu.children];
    if (event.key === "Escape") this.close();
    else if (event.key === "ArrowDown") this.#mark(this.#at + 1);
    else if (event.key === "ArrowUp") this.#mark(this.#at - 1);
    else if (event.key === "Enter" || event.key === "Tab") options[this.#at].click();
    else return false;
    return true;
  }

  /** Hide the menu. */
  close() {
    this.#menu.hidden = true;
    this.#button.setAttribute("aria-expanded", "false");
  }

  #toggle() {
    if (!this.#menu.hidden) return this.close();
    this.#open(this.#all);
    this.#input.focus();
  }

  #open(commands) {
    if (!commands.length) return this.close();
    this.#menu.replaceChildren(...commands.map((command) => this.#option(command)));
    this.#menu.hidden = false;
    this.#button.setAttribute("aria-expanded", "true");
    this.#mark(0);
  }

  #option({ command, description }) {
    const choose = () => {
      this.close();
      this.#send(`/${command}`);
    };
    return el(
      "button",
      { type: "button", role: "option", tabindex: "-1", testid: `command-${command}`,
        onclick: choose },
      el("strong", {}, `/${command}`),
      el("span", {}, description),
    );
  }

  #mark(at) {
    const options = [...this.#menu.children];
    this.#at = (at + options.length) % options.length;
    options.forEach((option, index) =>
      option.setAttribute("aria-selected", String(index === this.#at)));
    options[this.#at].scrollIntoView({ block: "nearest" });
  }
}
