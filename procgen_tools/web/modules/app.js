// The page of the app: a chooser around one widget, whose Python object is on the server.
//
// A wish is {view, world, agent, other, seed, scene, edit}. Its scene and edit may be null, and
// `other` is an agent to compare with, or null. The seed decides an episode. The address of the page
// has the wish that is fulfilled.

import { fragmentOf, wishOf } from "./address.js";
import { make } from "./dom.js";
import { editOf, restore } from "./edits.js";
import { Connection, Remote } from "./remote.js";

const SETTLED = 300; // milliseconds without a change before the address is written
const NOTICED = 1000; // milliseconds in which the loss of a server is noticed after that of an upload
const TRIES = 4; // of an upload whose server is lost each time
const GONE = 410; // the status of an upload to a server that does not know this visitor any more

class Page {
  constructor() {
    this.part = (id) => document.getElementById(id);
    this.offer = null; // what the server has
    this.waiting = []; // who waits for a server
    this.chosen = null; // {view, world, agent, other, seed}: what the visitor asked for last
    this.shown = null; // the same of the widget that is open
    this.asked = 0; // the number of the last wish, which its answer repeats
    this.wanted = null; // {scene, edit} of a wish that is not answered yet
    this.own = null; // the world of the checkpoint that was uploaded
    this.model = null;
    this.reached = false; // whether there is a server now
    this.offered = new Map(); // what each chooser offers
    this.close = () => {};
    const url = new URL("socket", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.search = "";
    url.hash = "";
    this.connection = new Connection(url, {
      hear: (message) => this.hear(message),
      lost: (text, again) => this.lost(text, again),
    });
    for (const kind of ["maze", "checkpoint"]) {
      this.part(`${kind}-file`).addEventListener("change", () => this.upload(kind));
      this.part(kind).addEventListener("click", () => this.part(`${kind}-file`).click());
    }
    this.part("download").addEventListener("click", () => this.connection.send({ type: "download" }));
    this.part("again").addEventListener("click", () => this.connection.open());
    const seed = this.part("seed");
    seed.addEventListener("change", () => this.choose({ seed: seed.valueAsNumber }));
    this.part("next").addEventListener("click", () => this.choose({ seed: this.chosen.seed + 1 }));
    window.addEventListener("hashchange", () => {
      if (this.offer) this.wish(this.addressed());
    });
  }

  hear(message) {
    if (message.type === "hello") this.begin(message);
    else if (message.type === "widget") this.show(message);
    else if (message.type === "refused") this.refused(message);
    else if (message.type === "file") save(message.name, message.text);
    else if (this.model && message.widget === this.model.number) this.model.hear(message);
  }

  // A server that was lost has forgotten everything: it gets the level that is on the page.
  begin(offer) {
    const first = this.offer === null;
    this.offer = offer;
    this.own = null;
    this.part("lost").hidden = true;
    this.part("widget").inert = false;
    this.reached = true;
    this.say("");
    this.wish(first ? this.addressed() : { ...this.chosen, scene: this.scene(), edit: this.edit() });
    for (const go of this.waiting.splice(0)) go();
  }

  // What the server has, once there is one.
  async server() {
    if (!this.reached) await new Promise((go) => this.waiting.push(go));
    return this.offer;
  }

  // --- wishes

  // Open what the visitor wishes for, and what comes nearest where the server does not have it.
  wish({ view, world, agent, other, seed, scene, edit }) {
    const { views, worlds } = this.offer;
    const known = views.find(({ name }) => name === view) || views[0];
    if (!worlds.some(([name]) => name === world)) world = null;
    if (world !== null && !known.worlds.includes(world)) {
      this.say(known.reason);
      world = null;
    }
    world ||= known.worlds[0];
    const agents = this.agentsOf(world);
    const first = agents.includes(agent) ? agent : this.offer.first[world];
    const second = agents.includes(other) && other !== first ? other : null;
    const episode = Number.isInteger(seed) && seed >= 0 ? seed : 0;
    this.chosen = { view: known.name, world, agent: first, other: second, seed: episode };
    this.choosers();
    this.asked += 1;
    this.wanted = { scene: scene && scene.world === world ? scene : null, edit };
    this.connection.send({
      type: "open", ...this.chosen, scene: this.wanted.scene, asked: this.asked,
    });
    this.part("widget").setAttribute("aria-busy", "true");
  }

  // Another view, world, agent, episode or scene. The level and the edit are kept where they can be;
  // the time of one episode means nothing in another.
  choose(change) {
    this.say("");
    const same = !change.world || change.world === this.chosen.world;
    const kept = same ? this.edit() : null;
    const edit = kept && "time" in kept ? null : kept;
    this.wish({ ...this.chosen, scene: this.scene(), edit, ...change });
  }

  // The level that the visitor sees, or will see in a moment.
  scene() {
    if (this.wanted) return this.wanted.scene;
    return this.model && this.model.get("_scene");
  }

  edit() {
    if (this.wanted) return this.wanted.edit;
    return this.model && editOf(this.model);
  }

  agentsOf(world) {
    return [...(this.own === world ? [this.offer.uploaded] : []), ...this.offer.agents[world]];
  }

  // A wish that cannot be fulfilled changes nothing.
  refused({ text, asked }) {
    this.say(text);
    if (asked !== this.asked) return;
    this.wanted = null;
    this.part("widget").setAttribute("aria-busy", "false");
    if (this.shown) {
      this.chosen = this.shown;
      this.choosers();
    } else if (location.hash) {
      history.replaceState(null, "", location.pathname); // the first wish is from the address
      this.wish(this.addressed());
    }
  }

  // --- the address

  addressed() {
    try {
      return wishOf(location.hash.slice(1));
    } catch (error) {
      this.say(error.message);
      return wishOf("");
    }
  }

  // Keep the address of what is shown, for bookmarks, for other people and for a reload. A
  // checkpoint of the visitor's own cannot be in it.
  address() {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      const named = (name) => (name === this.offer.uploaded ? null : name);
      const [agent, other] = [named(this.chosen.agent), named(this.chosen.other)];
      const wish = { ...this.chosen, agent, other, scene: this.scene(), edit: this.edit() };
      history.replaceState(null, "", `#${fragmentOf(wish)}`);
    }, SETTLED);
  }

  // --- the parts of the page

  choosers() {
    this.buttons();
    const { view, world, agent, other, seed } = this.chosen;
    const { worlds, agents, sampled } = this.offer.views.find(({ name }) => name === view);
    const names = this.offer.worlds.filter(([name]) => worlds.includes(name));
    this.select("world", names, world, (value) => this.choose({ world: value }));
    const known = this.agentsOf(world).map((name) => [name, name]);
    this.select("agent", known, agent, (value) => this.choose({ agent: value }));
    const others = known.filter(([name]) => name !== agent);
    const pick = (value) => this.choose({ other: value || null });
    this.select("other", [["", "no other"], ...others], other || "", pick);
    this.part("agents").hidden = !agents;
    this.part("other").parentElement.hidden = agents < 2;
    this.part("episodes").hidden = !sampled.includes(world);
    const field = this.part("seed");
    if (document.activeElement !== field) field.value = seed; // somebody may be typing
  }

  // Whether a chooser offers something else than before, which is remembered. Only then its buttons
  // or options are replaced: a press on a button that was replaced is lost, and an open list closes.
  offersAnew(element, what) {
    const key = JSON.stringify(what);
    const anew = this.offered.get(element) !== key;
    this.offered.set(element, key);
    return anew;
  }

  buttons() {
    const nav = this.part("views");
    const { views } = this.offer;
    if (this.offersAnew(nav, views)) {
      const button = ({ name, title }) => {
        const onclick = () => this.choose({ view: name });
        const made = make("button", { className: "pt-button", textContent: title, onclick });
        made.dataset.view = name;
        return made;
      };
      nav.replaceChildren(...(views.length > 1 ? views.map(button) : []));
    }
    for (const each of nav.children) {
      each.setAttribute("aria-pressed", String(each.dataset.view === this.chosen.view));
    }
  }

  select(id, options, value, change) {
    const select = this.part(id);
    if (this.offersAnew(select, options)) {
      select.replaceChildren(
        ...options.map(([key, text]) => make("option", { value: key, textContent: text })),
      );
    }
    if (select.value !== value) select.value = value;
    select.onchange = () => change(select.value);
  }

  async show({ widget, view, world, asked, state }) {
    this.close();
    this.close = () => {};
    let edit = null;
    if (asked === this.asked || asked === null) {
      edit = this.wanted && this.wanted.edit;
      this.wanted = null;
      this.chosen = { ...this.chosen, view, world };
      this.shown = this.chosen;
      this.choosers();
      this.part("widget").setAttribute("aria-busy", "false");
    } // otherwise the visitor already wishes for something else
    const model = new Remote(this.connection, widget, state);
    this.model = model;
    this.part("style").href = `/views/${view}.css`;
    const { default: front } = await import(`/views/${view}.js`);
    if (this.model !== model) return; // the visitor has opened another one
    const element = make("div");
    this.part("widget").replaceChildren(element);
    this.close = front.render({ model, el: element }) || (() => {});
    for (const name of ["_scene", "_chosen", "_looking", "_now"]) {
      model.on(`change:${name}`, () => this.address());
    }
    this.address();
    restore(model, edit);
  }

  lost(text, again) {
    this.reached = false;
    this.part("widget").inert = true;
    this.part("lost").hidden = false;
    this.part("reason").textContent = text;
    this.part("again").hidden = again;
  }

  say(text) {
    this.part("said").textContent = text;
  }

  async upload(kind) {
    const input = this.part(`${kind}-file`);
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    await this.server();
    const { world } = this.chosen;
    this.say("Uploading …");
    const answer = await this.answered(kind, world, file);
    if (answer === null) {
      this.say("The upload did not reach the server, or was too large for it.");
      return;
    }
    const { text, scene, refused } = answer;
    if (scene) this.choose({ view: this.viewOf(scene.world), world: scene.world, scene });
    else if (text) {
      this.own = world;
      this.choose({ world, agent: this.offer.uploaded });
    }
    this.say(text || refused);
  }

  // What the server answers to a file, or null. A server that is lost meanwhile has forgotten the
  // file, so the next one gets it again. The page may notice later than the upload that it is lost.
  async answered(kind, world, file) {
    for (let left = TRIES - 1; ; left -= 1) {
      const offer = await this.server();
      let known = true;
      let answer = null;
      try {
        const headers = { "X-Session": offer.session, "X-World": world };
        const heard = await fetch(`/upload/${kind}`, { method: "POST", headers, body: file });
        known = heard.status !== GONE;
        answer = await heard.json();
      } catch {
        await new Promise((go) => setTimeout(go, NOTICED));
      }
      if (left === 0) return answer;
      if (!known && this.reached && this.offer === offer) this.connection.closed(null);
      if ((await this.server()) === offer) return answer;
    }
  }

  // A view that shows a world; the one that is open, if it does.
  viewOf(world) {
    const fits = ({ worlds }) => worlds.includes(world);
    const open = this.offer.views.find(({ name }) => name === this.chosen.view);
    return fits(open) ? open.name : this.offer.views.find(fits).name;
  }
}

// Give the visitor a text as a file.
function save(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

new Page();
