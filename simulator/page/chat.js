/**
 * Starts the page: one chat on a phone, two side by side on a wide screen.
 * The people on the screen stand in the address (#101,900), so a reload keeps them.
 */

import * as api from "./api.js";
import { alertBox, askPerson } from "./dialogs.js";
import { part, wideScreen } from "./dom.js";
import { Panel } from "./panel.js";
import { People } from "./people.js";
import { Store } from "./store.js";

/** The whole page. */
class Page {
  #store = new Store();
  #panels = [];
  #active = 0;
  #wanted = [];
  #people;
  #ready = false;

  constructor() {
    this.#people = new People(this.#store, {
      choose: (id) => this.#choose(id),
      beside: (id) => this.#beside(id),
      shown: () => this.#panels.map((panel) => panel.person),
    });
    this.#listen();
  }

  /** Load and show. */
  async start() {
    await this.#store.start();
    this.#ready = true;
    this.#showFirst();
    if (!this.#panels.length) this.#people.open();
    wideScreen.addEventListener("change", () => this.#arrange());
  }

  #listen() {
    const each = (act) => (event) => this.#panelsOf(event.detail).forEach(act);
    this.#store.addEventListener("restarted", () => location.reload());
    this.#store.addEventListener("people", () => this.#peopleChanged());
    this.#store.addEventListener("connection", () => this.#panels.forEach((p) => p.refreshBar()));
    this.#store.addEventListener("typing", each((panel) => panel.refreshBar()));
    this.#store.addEventListener("chat", each((panel) => panel.refresh()));
    this.#store.addEventListener("notice", ({ detail: event }) =>
      this.#panelsOf(event.person).forEach((panel) => panel.notice(event)));
  }

  #panelsOf(person) {
    return this.#panels.filter((panel) => panel.person === person);
  }

  #peopleChanged() {
    this.#people.refresh();
    const unread = this.#store.people.reduce((sum, { id }) => sum + this.#store.unread(id), 0);
    document.title = (unread ? `(${unread}) ` : "") + this.#store.bot.name;
    if (this.#ready && !this.#panels.length && this.#store.people.length) this.#showFirst();
  }

  #showFirst() {
    this.#wanted = this.#firstPeople();
    part(document, "nobody").hidden = this.#wanted.length > 0;
    this.#arrange();
  }

  /** From the address; else the first person, and beside him whoever works in the office. */
  #firstPeople() {
    const known = this.#store.people.map((person) => person.id);
    const asked = location.hash.slice(1).split(",").map(Number);
    const office = this.#store.people.find((person) => /admin|staf/i.test(person.about ?? ""));
    const order = [...asked.filter((id) => known.includes(id)), known[0], office?.id, ...known];
    return [...new Set(order)].filter((id) => id !== undefined).slice(0, 2);
  }

  /** As many panels as fit, each with its person. */
  #arrange() {
    const people = this.#wanted.slice(0, wideScreen.matches ? 2 : 1);
    while (this.#panels.length > people.length) this.#panels.pop().node.remove();
    while (this.#panels.length < people.length) this.#addPanel();
    this.#activate(Math.min(this.#active, Math.max(people.length - 1, 0)));
    people.forEach((id, at) => this.#panels[at].person === id || this.#panels[at].open(id));
    this.#remember();
  }

  #addPanel() {
    const panel = new Panel(this.#store, {
      pickPerson: (from) => {
        this.#activate(this.#panels.indexOf(from));
        this.#people.open();
      },
      openAs: (payload, from) => this.#openAs(payload, from),
    });
    const activate = () => this.#activate(this.#panels.indexOf(panel));
    panel.node.addEventListener("focusin", activate);
    panel.node.addEventListener("pointerdown", activate);
    this.#panels.push(panel);
    part(document, "panels").append(panel.node);
  }

  #activate(at) {
    this.#active = at;
    this.#panels.forEach((panel, index) => panel.node.classList.toggle("active", index === at));
  }

  #remember() {
    const shown = this.#panels.map((panel) => panel.person);
    history.replaceState(null, "", `#${this.#wanted.join(",")}`);
    this.#store.show(shown);
  }

  /** Show a person in the active panel; one who is on the screen already is only activated. */
  #choose(id) {
    const there = this.#panels.findIndex((panel) => panel.person === id);
    if (there >= 0) return this.#activate(there);
    this.#put(id, this.#active);
  }

  #beside(id) {
    this.#put(id, 1 - this.#active);
  }

  #put(id, at) {
    const other = this.#wanted.filter((known) => known !== id);
    this.#wanted = at === 0 ? [id, other[1] ?? other[0]] : [this.#wanted[0], id];
    this.#wanted = this.#wanted.filter((known) => known !== undefined);
    this.#arrange();
  }

  async #openAs(payload, from) {
    const person = await askPerson(this.#store.people, from.person);
    if (person === null) return;
    const text = payload ? `/start ${payload}` : "/start";
    try {
      await api.send(person, "text", { text });
      this.#choose(person);
    } catch (error) {
      from.say(`Tidak berhasil: ${error.message}`);
    }
  }
}

new Page().start().catch((error) =>
  alertBox("Simulator tidak menjawab", `Muat ulang halaman ini nanti. (${error.message})`));
