/** The parts of a static page: bytes in scripts beside it, which `page/folder.py` writes. */

import { make } from "./dom.js";

/** Run one of the page's own scripts, which stores its parts. A page on disk cannot use fetch. */
function load(file) {
  return new Promise((resolve, reject) => {
    const script = make("script", { src: file, async: true });
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${file} could not be read`));
    document.head.append(script);
  });
}

/** The bytes of a part: base64 of a gzip file. */
async function unzipped(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

/** A promise of all parts of some scripts by name, each an ArrayBuffer. */
export function loadParts(files) {
  const unzip = async ([name, text]) => [name, await unzipped(text)];
  return Promise.all(files.map(load))
    .then(() => Promise.all(Object.entries(globalThis.procgenParts).map(unzip)))
    .then(Object.fromEntries);
}
