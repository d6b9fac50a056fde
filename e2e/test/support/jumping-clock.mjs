// For `node --import`: the wall clock of the process jumps by up to a day, forwards and backwards, each time it is read.
const DAY_MS = 86_400_000;
const now = Date.now;
Date.now = () => now() + Math.round((Math.random() - 0.5) * 2 * DAY_MS);
