/** A document in a frame of a notebook: as high as its content, and light or dark as the notebook. */

/** Whether a page says that it is dark; null if it does not say. */
function saysDark(page) {
  const { body, documentElement } = page;
  const { jpThemeLight } = body.dataset;
  if (jpThemeLight !== undefined) return jpThemeLight === "false";
  const names = `${body.className} ${documentElement.getAttribute("theme")}`;
  const [name] = names.match(/\b(vscode-)?(light|dark)\b/) ?? [null];
  return name === null ? null : name.endsWith("dark");
}

/** The frame of a notebook around this document; null if there is none, or it cannot be asked. */
function frameAround() {
  const frame = globalThis.parent === globalThis ? null : globalThis.frameElement;
  return frame?.srcdoc ? frame : null;
}

/** Keep a state as plain JSON: a frame that a notebook moves loads its document again. */
export function keep(state) {
  const frame = frameAround();
  if (frame) frame.dataset.kept = JSON.stringify(state);
}

/** The state that was kept before the document was loaded again; null at first. */
export function kept() {
  const text = frameAround()?.dataset.kept;
  return text === undefined ? null : JSON.parse(text);
}

/** Fit the frame around this document, from now on; nothing if it is not in a notebook. */
export function fitFrame() {
  const frame = frameAround();
  if (!frame) return;
  const { body, documentElement: root } = document;
  const page = frame.ownerDocument;
  new ResizeObserver(() => {
    // A hidden frame has no width, and its content no height that is worth keeping.
    if (globalThis.innerWidth) frame.style.height = `${Math.ceil(body.offsetHeight)}px`;
  }).observe(body);
  const follow = () => {
    const dark = saysDark(page);
    root.style.colorScheme = dark === null ? "" : ["light", "dark"][Number(dark)];
    if (dark === null) delete root.dataset.jpThemeLight;
    else root.dataset.jpThemeLight = String(!dark);
  };
  const watch = new MutationObserver(follow);
  watch.observe(page.body, { attributes: true });
  watch.observe(page.documentElement, { attributes: true });
  follow();
}
