import { conformance } from '@layerline/engine/conformance';
import t from 'tap';
import { openTfjsEngine } from '../src/index.js';

await conformance(t, 'tfjs wasm', (options) => openTfjsEngine(options, 'wasm'));
