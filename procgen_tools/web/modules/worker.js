/**
 * What a worker of `agent.js` does: it draws frames, and runs the two parts of the network on them.
 *
 * It answers each message {id, kind, ...} with {id, ...} or {id, error}. Activations and unedited
 * answers of the latest maze are kept, so that another edit needs the second part only.
 */

import { FRAME_BYTES, SIDE, drawFrames, readTables } from "./observe.js";
import { openSquares } from "./maze.js";

const KEPT_BYTES = 128e6;

let network = null;
let kept = { maze: "", entries: new Map(), bytes: 0 };

const answers = {
  /** Start the runtime and read the network and the tables. */
  async start({ runtime, wasm, before, after, tables, shape }) {
    const url = URL.createObjectURL(new Blob([runtime], { type: "text/javascript" }));
    const ort = await import(url);
    URL.revokeObjectURL(url);
    // A page that is opened from disk can neither load files nor share memory between threads.
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmBinary = wasm;
    const options = { executionProviders: ["wasm"] };
    network = {
      ort,
      shape,
      before: await ort.InferenceSession.create(new Uint8Array(before), options),
      after: await ort.InferenceSession.create(new Uint8Array(after), options),
      tables: Object.fromEntries(
        Object.entries(tables).map(([size, buffer]) => [size, readTables(buffer)]),
      ),
    };
    return {};
  },

  /** What the cheese adds to the activation, with the mouse in place. */
  async vector({ maze }) {
    const [shown, hidden] = [maze, { ...maze, cheese: -1 }].map((each) =>
      drawFrames(network.tables[each.worldSize], each, [each.mouse]),
    );
    const frames = new Uint8Array(2 * FRAME_BYTES);
    frames.set(shown);
    frames.set(hidden, FRAME_BYTES);
    const { data } = await activationOf(frames);
    const length = data.length / 2;
    return { vector: data.slice(0, length).map((value, i) => value - data[length + i]) };
  },

  /** Logits and values at open squares `from` to `to`, for each of several edits. */
  async squares({ maze, name, mirrored, from, to, edits }) {
    const began = performance.now();
    if (kept.maze !== name) kept = { maze: name, entries: new Map(), bytes: 0 };
    const key = `${mirrored} ${from} ${to}`;
    let entry = kept.entries.get(key);
    if (!entry) {
      const squares = openSquares(maze).slice(from, to);
      const frames = drawFrames(network.tables[maze.worldSize], maze, squares, mirrored);
      entry = { activation: await activationOf(frames), unedited: null };
      kept.bytes += entry.activation.data.byteLength;
      if (kept.bytes < KEPT_BYTES) kept.entries.set(key, entry);
    }
    const parts = [];
    for (const edit of edits) {
      if (edit) parts.push(await answerTo(entry.activation, edit));
      else parts.push((entry.unedited ??= await answerTo(entry.activation, zeros())));
    }
    return { parts, milliseconds: performance.now() - began };
  },
};

async function activationOf(frames) {
  const dimensions = [frames.length / FRAME_BYTES, SIDE, SIDE, 3];
  const given = new network.ort.Tensor("uint8", frames, dimensions);
  return (await network.before.run({ frames: given })).activation;
}

async function answerTo(activation, numbers) {
  const edit = new network.ort.Tensor("float32", numbers, network.shape);
  const { logits, values } = await network.after.run({ activation, edit });
  return { logits: logits.data, values: values.data };
}

function zeros() {
  return new Float32Array(network.shape.reduce((size, axis) => size * axis, 1));
}

self.onmessage = async ({ data }) => {
  try {
    self.postMessage({ id: data.id, ...(await answers[data.kind](data)) });
  } catch (error) {
    self.postMessage({ id: data.id, error: String(error?.message ?? error) });
  }
};
