/**
 * What the page knows: people, their chats and unread counts, kept current by the event stream.
 * Tells listeners by events: "people", "chat", "notice", "typing" (detail: person id),
 * "connection", and "restarted" when another server answers than the one that was loaded.
 */

import * as api from "./api.js";

const PREVIEWED = 24; // chats loaded at once for the list, the others when they are opened
const REMEMBERED = 500; // recent events, replayed onto a chat whose snapshot is older
const TYPING_MS = 5000; // how long Telegram shows one chat action

/** People, chats and the live connection. */
export class Store extends EventTarget {
  bot = null;
  people = [];
  connected = false;
  #chats = new Map();
  #unread = new Map();
  #typing = new Map();
  #recent = [];
  #shown = new Set();
  #source = null;
  #run = null;
  #seq = 0;

  /** Load everything, then follow what happens. */
  async start() {
    await this.#loadPeople();
    await this.#loadAll();
    this.#follow();
  }

  /** A loaded chat, or undefined. */
  chat(person) {
    return this.#chats.get(person);
  }

  /** The person with this id, or undefined. */
  person(id) {
    return this.people.find((person) => person.id === id);
  }

  /** Bot messages that came while the chat was not on the screen. */
  unread(person) {
    return this.#unread.get(person) ?? 0;
  }

  /** Whether the bot is shown as typing to this person. */
  typing(person) {
    return this.#typing.has(person);
  }

  /** Say which chats are on the screen; they are loaded and count as read. */
  async show(ids) {
    this.#shown = new Set(ids);
    ids.forEach((id) => this.#unread.delete(id));
    this.#tell("people");
    await Promise.all(ids.filter((id) => !this.#chats.has(id)).map((id) => this.#load(id)));
  }

  /** Add a person and know him. */
  async addPerson(name, about) {
    const person = await api.addPerson(name, about);
    await this.#loadPeople();
    return person;
  }

  #tell(kind, detail = null) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }

  async #loadPeople() {
    const answer = await api.people();
    this.bot = answer.bot;
    this.#run ??= answer.run;
    this.people = answer.people;
    this.#tell("people");
  }

  async #loadAll() {
    const ids = this.people.slice(0, PREVIEWED).map((person) => person.id);
    await Promise.all(ids.map((id) => this.#load(id)));
    const known = [...this.#chats.values()].map((chat) => chat.seq);
    this.#seq = known.length ? Math.min(...known) : 0;
  }

  async #load(id) {
    const chat = await api.chat(id);
    this.#chats.set(id, chat);
    this.#recent.filter((event) => event.person === id).forEach((event) => apply(chat, event));
    this.#tell("chat", id);
    this.#tell("people");
  }

  #follow() {
    this.#source?.close();
    this.#source = api.events(this.#seq);
    this.#source.onmessage = (event) => this.#receive(JSON.parse(event.data));
    this.#source.addEventListener("run", (event) => this.#greeted(JSON.parse(event.data)));
    this.#source.onerror = () => this.#setConnected(false);
  }

  /** Every connection begins with the server's name for its present run: its numbers hold in it. */
  #greeted(run) {
    if (run !== this.#run) this.#tell("restarted");
    else this.#setConnected(true);
  }

  #setConnected(connected) {
    this.connected = connected;
    this.#tell("connection");
  }

  #receive(event) {
    if (event.seq <= this.#seq) return;
    this.#seq = event.seq;
    this.#recent = [...this.#recent.slice(1 - REMEMBERED), event];
    if (event.person < 0) return; // a group: the page shows private chats
    if (!this.person(event.person)) this.#loadPeople();
    if (event.kind === "notice") return this.#tell("notice", event);
    if (event.kind === "typing") return this.#showTyping(event.person);
    this.#receiveChange(event);
  }

  #receiveChange(event) {
    const chat = this.#chats.get(event.person);
    if (chat) apply(chat, event);
    const fresh = event.kind === "message" && !event.message.mine;
    if (fresh) this.#stopTyping(event.person);
    if (fresh && !this.#shown.has(event.person)) {
      this.#unread.set(event.person, this.unread(event.person) + 1);
    }
    this.#tell("chat", event.person);
    this.#tell("people");
  }

  #showTyping(person) {
    clearTimeout(this.#typing.get(person));
    this.#typing.set(person, setTimeout(() => this.#stopTyping(person), TYPING_MS));
    this.#tell("typing", person);
  }

  #stopTyping(person) {
    clearTimeout(this.#typing.get(person));
    this.#typing.delete(person);
    this.#tell("typing", person);
  }
}

/** Bring one event into a chat, unless the chat has seen it. */
function apply(chat, event) {
  if (event.seq <= chat.seq) return;
  chat.seq = event.seq;
  CHANGES[event.kind]?.(chat, event);
}

const CHANGES = {
  message: (chat, event) => upsert(chat, event.message),
  edit: (chat, event) => upsert(chat, event.message),
  delete: (chat, { message_id: gone }) => {
    chat.messages = chat.messages.filter((message) => message.message_id !== gone);
  },
  keyboard: (chat, { keyboard, keyboard_placeholder }) =>
    Object.assign(chat, { keyboard, keyboard_placeholder }),
  commands: (chat, { commands }) => Object.assign(chat, { commands }),
  blocked: (chat, { blocked }) => Object.assign(chat, { blocked }),
};

function upsert(chat, message) {
  const at = chat.messages.findIndex((known) => known.message_id === message.message_id);
  if (at >= 0) chat.messages[at] = message;
  else chat.messages.push(message);
  if (message.mine) chat.started = true;
}
