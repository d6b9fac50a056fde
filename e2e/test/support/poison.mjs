// For `node --import`: a stage of this name ends as soon as it has begun to work, whenever it is started.
const POISONED = 'layerline layer-2';
const EXIT_CODE = 66;

const watch = setInterval(() => {
  if (process.title === POISONED) process.exit(EXIT_CODE);
}, 20);
watch.unref();
