export { fileLines, jsonObject, jsonObjects } from './file-lines.js';
export type { FileLine, Stretch } from './file-lines.js';
export { JsonLines } from './json-lines.js';
export type { OpenOptions } from './json-lines.js';
export { openLog } from './log.js';
export type { Logger } from './log.js';
export { Meter } from './meter.js';
export type { Activity, MeterReading } from './meter.js';
