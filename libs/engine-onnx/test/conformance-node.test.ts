import { conformance } from '@layerline/engine/conformance';
import t from 'tap';
import { openOnnxEngine } from '../src/index.js';

await conformance(t, 'onnx node', (options) => openOnnxEngine(options, 'node'));
