export { LAYER_MEASURES, LAYER_TEST_ERROR } from './measures/layer.js';
export { LINK_MEASURES } from './measures/link.js';
export type { LinkFigures } from './measures/link.js';
export type { Measure, MeasureKind } from './measures/measure.js';
export { RUN_MEASURES, TEST_ERROR, VALIDATION_ERROR } from './measures/run.js';
export type { RunFigures } from './measures/run.js';
export { STAGE_MEASURES } from './measures/stage.js';
export type { StageFigures } from './measures/stage.js';
