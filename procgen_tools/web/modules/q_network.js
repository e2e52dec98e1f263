/** The value network of crops and humans; equal to `q_network.py` of the Python package. */

/**
 * A network from its parameters: a Float32Array with the weights (output, input) and the biases of
 * each layer in turn. `sizes` are the numbers of inputs, of the units of each hidden layer, and of
 * outputs; `slope` is that of the leaky rectifiers below zero.
 */
export function readNetwork(numbers, { sizes, slope }) {
  let start = 0;
  const take = (count) => numbers.subarray(start, (start += count));
  const layers = sizes.slice(1).map((outputs, index) => ({
    weights: take(outputs * sizes[index]),
    biases: take(outputs),
  }));
  if (start !== numbers.length) {
    throw new RangeError(`${numbers.length} parameters are given, but the layers have ${start}`);
  }
  return { layers, slope };
}

/** The outputs of a network for one input. */
export function outputsOf({ layers, slope }, inputs) {
  let values = inputs;
  layers.forEach(({ weights, biases }, index) => {
    const count = values.length;
    const next = new Float64Array(biases.length);
    for (let unit = 0; unit < next.length; unit += 1) {
      let sum = biases[unit];
      for (let from = 0; from < count; from += 1) sum += weights[unit * count + from] * values[from];
      next[unit] = sum < 0 && index < layers.length - 1 ? slope * sum : sum;
    }
    values = next;
  });
  return values;
}
