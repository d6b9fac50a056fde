/** `node check-addon.js ADDON`: computes with an addon, in a process of its own as it may crash; prints its version. */
import * as tf from '@tensorflow/tfjs-core';
import { startTensorflow } from '../tensorflow.js';

tf.enableProdMode();
process.stdout.write(`${startTensorflow(process.argv[2] ?? '', 1)}\n`);
