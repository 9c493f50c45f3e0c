/** One chat on the screen: a person's private chat with the bot, live. */

import * as api from "./api.js";
import { Composer } from "./composer.js";
import { alertBox, toast } from "./dialogs.js";
import { avatar, el, icon, initials, part, stamp, wideScreen } from "./dom.js";
import { History } from "./history.js";
import { followable, startPayload } from "./links.js";
import { joinMenu } from "./menu.js";

const TAP_MS = 20_000; // how long a pressed button waits for the bot's answer

/** A panel; `host` has pickPerson(panel) and openAs(payload, panel). */
export class Panel {
  person = null;
  #store;
  #host;
  #history;
  #composer;
  #taps = [];
  #answered = new Set();

  constructor(store, host) {
    this.#store = store;
    this.#host = host;
    this.node = stamp("panel");
    this.#history = new History(this.node, this.#messageActions());
    this.#composer = new Composer(this.node, {
      send: (kind, fields, files) => this.#try(() => api.send(this.person, kind, fields, files)),
      edit: (message, text) => this.#try(() => api.edit(this.person, message.message_id, text)),
      unblock: () => this.#setBlocked(false),
    });
    this.#listen();
  }

  /** Show this person's chat. */
  open(person) {
    this.person = person;
    this.#taps = [];
    this.node.dataset.testid = `chat-${person}`;
    this.#history.reset();
    this.#composer.reset();
    this.refresh();
    this.#composer.focus();
  }

  /** Draw everything anew from the store. */
  refresh() {
    this.refreshBar();
    const chat = this.#store.chat(this.person);
    if (!chat) return;
    this.#history.show(chat.messages, this.#intro(chat));
    this.#composer.show(chat);
    part(this.node, "block-label").textContent = chat.blocked ? "Buka blokir bot" : "Blokir bot";
    this.#markTaps();
  }

  /** Draw the header only. */
  refreshBar() {
    const person = this.#store.person(this.person);
    const { bot } = this.#store;
    part(this.node, "bot-avatar").textContent = initials(bot.name);
    part(this.node, "bot-name").textContent = bot.name;
    part(this.node, "status").textContent = this.#status();
    this.node.setAttribute("aria-label", `Percakapan ${person?.name ?? ""} dengan ${bot.name}`);
    if (!person) return;
    part(this.node, "who").textContent = ` · Anda: ${person.name}`;
    const chip = part(this.node, "chip");
    chip.setAttribute("aria-label", `Anda: ${person.name}. Ganti orang`);
    chip.replaceChildren(
      avatar(person.name, person.avatar),
      el("span", { class: "chip-name" }, el("strong", {}, person.name),
        el("small", {}, person.about ?? "")),
      icon("down"),
    );
  }

  /** Say a short sentence over the chat. */
  say(text) {
    toast(this.node, text);
  }

  /** The bot answered a tap: end its spinner and show the notice, if it has words. */
  notice(event) {
    const { id, text, alert } = event.notice;
    this.#answered.add(id); // the answer may overtake the response to the tap itself
    this.#taps = this.#taps.filter((tap) => tap.id !== id);
    this.#markTaps();
    if (!text) return;
    if (alert) alertBox(this.#store.bot.name, text);
    else this.say(text);
  }

  #status() {
    if (!this.#store.connected) return "menyambung…";
    return this.#store.typing(this.person) ? "sedang mengetik…" : "bot";
  }

  #listen() {
    const on = (name, act) => part(this.node, name).addEventListener("click", act);
    joinMenu(part(this.node, "more"), part(this.node, "more-menu"));
    on("chip", () => this.#host.pickPerson(this));
    on("about", () => this.#about());
    on("block", () => this.#setBlocked(!this.#store.chat(this.person).blocked));
  }

  #about() {
    const { name, username, short_description, description } = this.#store.bot;
    const text = [`@${username}`, short_description, description].filter(Boolean).join("\n\n");
    alertBox(name, text);
  }

  #messageActions() {
    return {
      send: (text) => this.#try(() => api.send(this.person, "text", { text })),
      follow: (href) => this.#follow(href),
      tap: (message, button) => this.#press(message, button),
      edit: (message) => this.#composer.edit(message),
      jump: (messageId) => this.#history.jump(messageId),
    };
  }

  /** True when the link starts this bot and is therefore opened here. */
  #follow(href) {
    const payload = startPayload(href, this.#store.bot.username);
    if (payload === null) return false;
    this.#host.openAs(payload, this);
    return true;
  }

  async #press(message, button) {
    if (button.url) return this.#open(button.url);
    if (button.copy_text) return this.#copy(button.copy_text.text);
    if (!button.callback_data) return this.say("Tombol ini tidak berfungsi di simulator.");
    await this.#tap(message.message_id, button.callback_data);
  }

  #open(address) {
    const href = followable(address);
    if (!href) this.say("Tautan ini tidak bisa dibuka.");
    else if (!this.#follow(href)) window.open(href, "_blank", "noopener");
  }

  async #copy(text) {
    if (await this.#try(() => navigator.clipboard.writeText(text))) this.say("Teks disalin.");
  }

  async #tap(messageId, data) {
    const tap = { messageId, data, id: null };
    this.#taps.push(tap);
    this.#markTaps();
    const sent = await this.#try(async () => {
      tap.id = (await api.tap(this.person, messageId, data)).callback_query_id;
    });
    if (!sent || this.#answered.has(tap.id)) return this.#endTap(tap);
    setTimeout(() => this.#endTap(tap) && this.say("Bot belum menjawab tombol ini."), TAP_MS);
  }

  /** Stop a spinner; true when it was still turning. */
  #endTap(tap) {
    const waiting = this.#taps.includes(tap);
    this.#taps = this.#taps.filter((other) => other !== tap);
    this.#markTaps();
    return waiting;
  }

  #markTaps() {
    this.node.querySelectorAll("[data-key]").forEach((key) => {
      const id = Number(key.closest("[data-message-id]").dataset.messageId);
      const busy = this.#taps.some((tap) => tap.messageId === id && tap.data === key.dataset.key);
      key.setAttribute("aria-busy", String(busy));
    });
  }

  #setBlocked(blocked) {
    return this.#try(() => api.block(this.person, blocked));
  }

  /** Do something that may be refused; the refusal is shown. True when it worked. */
  async #try(act) {
    try {
      await act();
      return true;
    } catch (error) {
      this.say(`Tidak berhasil: ${error.message}`);
      return false;
    }
  }

  /** For somebody who sees the page for the first time: who he is here, and how to be another. */
  #whoAmI() {
    const { name, about } = this.#store.person(this.person);
    const how = wideScreen.matches ? "Pilih di daftar kiri." : "Ketuk lingkaran di kanan atas.";
    return el("p", { class: "service", testid: "who-am-i" },
      "Di sini Anda adalah ", el("strong", {}, name), about ? ` (${about}). ` : ". ",
      `Ketuk Mulai di bawah. Ingin menjadi orang lain? ${how}`);
  }

  #intro(chat) {
    const { bot } = this.#store;
    const hints = [el("p", { class: "service" },
      "Simulator: pesan di sini tidak keluar ke Telegram.")];
    if (!chat.messages.length) hints.push(this.#whoAmI());
    if (bot.description && !chat.messages.length) {
      hints.push(el("div", { class: "description", testid: "description" },
        el("strong", {}, "Apa yang bisa dilakukan bot ini?"), el("p", {}, bot.description)));
    }
    return hints;
  }
}
