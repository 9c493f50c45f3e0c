/** The list of people: whose chat is on the screen, what came last, what is unread. */

import { avatar, el, icon, part, wideScreen } from "./dom.js";
import { askNewPerson } from "./dialogs.js";
import { summary } from "./media.js";
import { shortTime } from "./time.js";

/** The list, a drawer on phones; `host` has choose(id), beside(id) and shown() -> ids. */
export class People {
  #store;
  #host;
  #nav = part(document, "people");
  #shade = part(document, "shade");
  #before = null;

  constructor(store, host) {
    this.#store = store;
    this.#host = host;
    part(document, "add-person").addEventListener("click", () => this.#add());
    part(document, "close-people").addEventListener("click", () => this.close());
    this.#shade.addEventListener("click", () => this.close());
    this.#nav.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    wideScreen.addEventListener("change", () => this.close());
    this.close();
  }

  /** Open the drawer, or point at the list where it is always there. */
  open() {
    this.#before = document.activeElement;
    this.#nav.classList.add("open");
    this.#nav.inert = false;
    this.#shade.hidden = false;
    const current = this.#nav.querySelector("[aria-current]") ?? this.#nav;
    current.focus();
  }

  /** Close the drawer. */
  close() {
    this.#nav.classList.remove("open");
    this.#nav.inert = !wideScreen.matches;
    this.#shade.hidden = true;
    this.#before?.focus();
    this.#before = null;
  }

  /** Draw the list from the store. */
  refresh() {
    const list = part(document, "people-list");
    const focused = document.activeElement?.dataset.testid;
    list.replaceChildren(...this.#store.people.map((person) => this.#row(person)));
    const again = focused && list.querySelector(`[data-testid="${focused}"]`);
    if (again) again.focus();
  }

  #row(person) {
    const shown = this.#host.shown();
    const choose = () => {
      this.close();
      this.#host.choose(person.id);
    };
    return el(
      "li",
      { class: shown.includes(person.id) ? "shown" : null },
      el(
        "button",
        { type: "button", class: "person", testid: `person-${person.id}`, onclick: choose,
          "aria-current": shown.includes(person.id) && "true" },
        avatar(person.name, person.avatar),
        this.#words(person),
      ),
      this.#besideButton(person, shown),
    );
  }

  #words(person) {
    const last = this.#store.chat(person.id)?.messages.at(-1);
    const unread = this.#store.unread(person.id);
    return el(
      "span",
      { class: "person-words" },
      el("strong", {}, person.name),
      el("time", {}, last ? shortTime(last.date) : ""),
      el("small", { class: "about" }, person.about ?? ""),
      el("span", { class: "latest" }, last ? preview(last) : "Belum ada percakapan"),
      unread ? el("b", { class: "badge", "aria-label": `${unread} belum dibaca` }, unread) : null,
    );
  }

  #besideButton(person, shown) {
    if (shown.includes(person.id)) return null;
    return el(
      "button",
      { type: "button", class: "round beside", testid: `beside-${person.id}`,
        "aria-label": `Buka ${person.name} di sebelah`, title: "Buka di sebelah",
        onclick: () => this.#host.beside(person.id) },
      icon("beside"),
    );
  }

  async #add() {
    const wanted = await askNewPerson();
    if (!wanted?.name) return;
    const person = await this.#store.addPerson(wanted.name, wanted.about);
    this.close();
    this.#host.choose(person.id);
  }
}

const preview = (message) => `${message.mine ? "Anda: " : ""}${summary(message)}`;
