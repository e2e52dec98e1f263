// A model of a widget over a websocket: what anywidget gives to the module of a widget.

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;
const PATIENCE = 15000; // until the server has said hello
const BEATS = 5; // that may be missing before the server counts as lost

// A websocket that is opened again when it is lost. `hear(message)` gets what the server says, and
// `lost(text, again)` is called when nothing reaches the server any more, with the reason.
export class Connection {
  constructor(url, { hear, lost }) {
    this.url = url;
    this.hear = hear;
    this.lost = lost;
    this.wait = FIRST_WAIT;
    this.open();
  }

  open() {
    this.drop();
    this.last = null; // the reason that the server gave
    this.patience = PATIENCE;
    this.socket = new WebSocket(this.url);
    this.socket.onmessage = (event) => this.heard(JSON.parse(event.data));
    this.socket.onclose = ({ code }) => this.closed(code);
    this.expect();
  }

  // Leave the socket, if there is one.
  drop() {
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    if (!this.socket) return;
    this.socket.onmessage = null;
    this.socket.onclose = null;
    this.socket.close();
  }

  // Browsers do not notice when a network silently swallows everything, so the server sends beats.
  expect() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.closed(null), this.patience);
  }

  heard(message) {
    if (message.type === "hello") {
      this.wait = FIRST_WAIT;
      this.patience = 1000 * BEATS * message.beat;
      this.most = message.message_bytes;
    }
    this.expect();
    if (message.type === "ended") this.last = message.text;
    else if (message.type !== "beat") this.hear(message);
  }

  closed(code) {
    this.drop();
    if (this.last !== null) {
      this.lost(this.last, false); // the server wants it so: only the visitor opens it again
      return;
    }
    const why = code === 1009 ? "A message was too large for the server." : "The server was lost.";
    this.lost(`${why} Trying to reach it again …`, true);
    this.timer = setTimeout(() => this.open(), this.wait);
    this.wait = Math.min(2 * this.wait, LONGEST_WAIT);
  }

  // Messages to a server that is lost are lost. One that is too large would end the connection, so
  // it is refused here.
  send(message) {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    const text = JSON.stringify(message);
    if (new TextEncoder().encode(text).length <= this.most) this.socket.send(text);
    else this.hear({ type: "refused", asked: message.asked, text: "This is too large for the app." });
  }
}

// The model of one widget. Its traits are set by Python alone, and the page sends messages.
export class Remote {
  constructor(connection, number, state) {
    this.connection = connection;
    this.number = number;
    this.state = state;
    this.heard = new Map();
  }

  get(name) {
    return this.state[name];
  }

  send(content) {
    this.connection.send({ type: "custom", widget: this.number, content });
  }

  on(name, does) {
    if (!this.heard.has(name)) this.heard.set(name, []);
    this.heard.get(name).push(does);
  }

  off(name, does) {
    const left = (this.heard.get(name) || []).filter((each) => does && each !== does);
    this.heard.set(name, left);
  }

  tell(name, ...what) {
    for (const each of this.heard.get(name) || []) each(...what);
  }

  // What the server says about this widget.
  hear(message) {
    const buffers = message.buffers.map(bytes);
    if (message.type === "custom") {
      this.tell("msg:custom", message.content, buffers);
      return;
    }
    message.paths.forEach((path, number) => put(message.state, path, buffers[number]));
    Object.assign(this.state, message.state);
    for (const name of Object.keys(message.state)) this.tell(`change:${name}`);
    this.tell("change");
  }
}

function bytes(text) {
  return new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
}

function put(state, path, value) {
  const [last, ...above] = [...path].reverse();
  above.reverse().reduce((inside, key) => inside[key], state)[last] = value;
}
