// Elements, and the pictures of a kit.

// An element with properties and children. Names with a dash are attributes.
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.includes("-") || name === "role") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function choice(label, options, value, change) {
  const select = make("select", { className: "pt-select", "aria-label": label });
  for (const [key, text] of options) {
    select.append(make("option", { value: JSON.stringify(key), textContent: text }));
  }
  select.value = JSON.stringify(value);
  select.addEventListener("change", () => change(JSON.parse(select.value)));
  return make("label", { className: "pt-field" }, make("span", { textContent: label }), select);
}

const pictures = new Map();

// The picture behind a data URL, or null until it is loaded; `then` is called once it is.
export function pictureOf(url, then) {
  if (!pictures.has(url)) {
    const image = new Image();
    pictures.set(url, { image, ready: false, waiting: new Set() });
    image.onload = () => {
      const entry = pictures.get(url);
      entry.ready = true;
      for (const each of entry.waiting) each();
      entry.waiting.clear();
    };
    image.src = url;
  }
  const entry = pictures.get(url);
  if (entry.ready) return entry.image;
  entry.waiting.add(then);
  return null;
}

export function isPicture(text) {
  return text.startsWith("data:");
}
