/**
 * ONNX Runtime's library reports its use to its makers, and keeps files for that in the user's cache folder, unless
 * this is set before it is loaded: import this module before anything that loads it.
 */
process.env['ORT_DISABLE_TELEMETRY'] = '1';
