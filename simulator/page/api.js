/** The simulator's JSON API, one function per call; a refusal becomes an Error with its words. */

async function answer(response) {
  const body = await response.text();
  const data = parsed(body);
  if (response.ok) return data;
  throw new Error(data?.description ?? data?.error ?? `${response.status} ${response.statusText}`);
}

function parsed(body) {
  try {
    return JSON.parse(body);
  } catch {
    return null; // a proxy or a crash may answer with something that is not JSON
  }
}

async function call(path, options) {
  const response = await fetch(path, options).catch(() => {
    throw new Error("simulator tidak dapat dihubungi");
  });
  return answer(response);
}

const get = (path) => call(path, { cache: "no-store" });

const post = (path, data) =>
  call(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(data),
  });

/** The bot and everybody who can talk to it. */
export const people = () => get("/sim/people");

/** Add a person. */
export const addPerson = (name, about) => post("/sim/people", { name, about });

/** One person's private chat as it is now. */
export const chat = (person) => get(`/sim/chat/${person}`);

/** Send something as a person; `fields` may hold text, latitude, longitude, duration. */
export function send(person, kind, fields = {}, files = []) {
  const form = new FormData();
  Object.entries({ person, kind, ...fields }).forEach(([name, value]) => form.append(name, value));
  files.forEach((file) => form.append("file", file, file.name));
  return call("/sim/send", { method: "POST", body: form });
}

/** Press an inline button. */
export const tap = (person, message_id, data) => post("/sim/tap", { person, message_id, data });

/** Change an own text message. */
export const edit = (person, message_id, text) => post("/sim/edit", { person, message_id, text });

/** Block or unblock the bot. */
export const block = (person, blocked) => post("/sim/block", { person, blocked });

/** Address of a file's bytes. */
export const fileUrl = (fileId) => `/sim/file/${encodeURIComponent(fileId)}`;

/** The stream of everything that happens after event `since`. */
export const events = (since) => new EventSource(`/sim/events?since=${since}`);
