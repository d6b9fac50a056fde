/**
 * The layer whose learning step engines and machines are compared by, with as many inputs as units: so small that plain
 * JavaScript takes half a second a step. `rows` are those of a step, positive and negative.
 */
export const SAMPLE_LAYER = { units: 500, rows: 100 } as const;
