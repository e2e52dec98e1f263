// The page of the app: a chooser around one widget, whose Python object is on the server.

import { make } from "./dom.js";
import { Connection, Remote } from "./remote.js";

class Page {
  constructor() {
    this.part = (id) => document.getElementById(id);
    this.offer = null; // what the server has
    this.chosen = null; // {view, world, agent}: what the visitor asked for last
    this.shown = null; // the same of the widget that is open
    this.asked = 0; // the number of the last wish, which its answer repeats
    this.wanted = null; // the scene of a wish that is not answered yet
    this.own = null; // the world of the checkpoint that was uploaded
    this.model = null;
    this.close = () => {};
    const url = new URL("socket", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.search = "";
    this.connection = new Connection(url, {
      hear: (message) => this.hear(message),
      lost: (text, again) => this.lost(text, again),
    });
    for (const kind of ["maze", "checkpoint"]) {
      this.part(`${kind}-file`).addEventListener("change", () => this.upload(kind));
      this.part(kind).addEventListener("click", () => this.part(`${kind}-file`).click());
    }
    this.part("again").addEventListener("click", () => this.connection.open());
  }

  hear(message) {
    if (message.type === "hello") this.begin(message);
    else if (message.type === "widget") this.show(message);
    else if (message.type === "refused") this.refused(message);
    else if (this.model && message.widget === this.model.number) this.model.hear(message);
  }

  // A server that was lost has forgotten everything: it gets the level that is on the page.
  begin(offer) {
    this.offer = offer;
    this.own = null;
    if (!this.chosen || this.chosen.agent === offer.uploaded) {
      this.chosen = { view: offer.views[0].name, world: "maze", ...this.chosen, agent: offer.agent };
    }
    this.part("lost").hidden = true;
    this.part("widget").inert = false;
    this.say("");
    this.choosers();
    this.open(this.scene());
  }

  open(scene) {
    this.asked += 1;
    this.wanted = scene;
    this.connection.send({ type: "open", ...this.chosen, scene, asked: this.asked });
  }

  // The level that the visitor sees, or will see in a moment.
  scene() {
    return this.wanted || (this.model && this.model.get("_scene"));
  }

  // A wish that cannot be fulfilled changes nothing.
  refused({ text, asked }) {
    this.say(text);
    if (asked !== this.asked) return;
    this.wanted = null;
    if (!this.shown) return;
    this.chosen = this.shown;
    this.choosers();
  }

  choosers() {
    const views = this.offer.views.map(({ name, title }) => {
      const pick = () => this.choose({ view: name });
      const button = make("button", { className: "pt-button", textContent: title, onclick: pick });
      button.setAttribute("aria-pressed", String(name === this.chosen.view));
      return button;
    });
    this.part("views").replaceChildren(...(views.length > 1 ? views : []));
    const { view, world, agent } = this.chosen;
    const { worlds, agents } = this.offer.views.find(({ name }) => name === view);
    const names = this.offer.worlds.filter(([name]) => worlds.includes(name));
    this.select("world", names, world, (value) => this.choose({ world: value, agent: null }));
    const own = this.own === world ? [this.offer.uploaded] : [];
    const known = [...own, ...this.offer.agents[world]].map((name) => [name, name]);
    this.select("agent", known, agent, (value) => this.choose({ agent: value }));
    this.part("agents").hidden = !agents;
  }

  select(id, options, value, change) {
    const select = this.part(id);
    select.replaceChildren(
      ...options.map(([key, text]) => make("option", { value: key, textContent: text })),
    );
    select.value = value;
    select.onchange = () => change(select.value);
  }

  // Another view, world, agent or scene. The level is kept where it can be.
  choose(change, scene = null) {
    const before = this.chosen;
    this.chosen = { ...before, ...change };
    const { views } = this.offer;
    const { worlds } = views.find(({ name }) => name === this.chosen.view);
    if (!worlds.includes(this.chosen.world)) this.chosen.world = worlds[0];
    const known = this.offer.agents[this.chosen.world];
    const own = this.own === this.chosen.world && this.chosen.agent === this.offer.uploaded;
    if (!own && !known.includes(this.chosen.agent)) {
      this.chosen.agent = known.includes(this.offer.agent) ? this.offer.agent : known[0];
    }
    this.say("");
    this.choosers();
    const same = this.chosen.world === before.world;
    this.open(scene || (same ? this.scene() : null));
  }

  async show({ widget, view, world, asked, state }) {
    this.close();
    if (asked === this.asked || asked === null) {
      this.wanted = null;
      this.chosen = { ...this.chosen, view, world };
      this.shown = this.chosen;
      this.choosers();
    } // otherwise the visitor already wishes for something else
    const model = new Remote(this.connection, widget, state);
    this.model = model;
    this.part("style").href = `/views/${view}.css`;
    const { default: front } = await import(`/views/${view}.js`);
    if (this.model !== model) return; // the visitor has opened another one
    const element = make("div");
    this.part("widget").replaceChildren(element);
    const close = await front.render({ model, el: element });
    this.close = close || (() => {});
  }

  lost(text, again) {
    this.part("widget").inert = true;
    this.part("lost").hidden = false;
    this.part("reason").textContent = text;
    this.part("again").hidden = again;
  }

  say(text) {
    this.part("said").textContent = text;
  }

  // A view that shows a world; the one that is open, if it does.
  viewOf(world) {
    const fits = ({ worlds }) => worlds.includes(world);
    const open = this.offer.views.find(({ name }) => name === this.chosen.view);
    return fits(open) ? open.name : this.offer.views.find(fits).name;
  }

  async upload(kind) {
    const input = this.part(`${kind}-file`);
    const [file] = input.files;
    input.value = "";
    if (!file || !this.offer) return;
    const { world } = this.chosen;
    this.say("Uploading …");
    try {
      const answer = await fetch(`/upload/${kind}`, {
        method: "POST",
        headers: { "X-Session": this.offer.session, "X-World": world },
        body: file,
      });
      const { text, scene, refused } = await answer.json();
      if (scene) this.choose({ view: this.viewOf(scene.world), world: scene.world }, scene);
      else if (text) {
        this.own = world;
        this.choose({ world, agent: this.offer.uploaded });
      }
      this.say(text || refused);
    } catch {
      this.say("The upload did not reach the server, or was too large for it.");
    }
  }
}

new Page();
