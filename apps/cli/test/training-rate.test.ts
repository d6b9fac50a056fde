import t from 'tap';
import { TrainingRate } from '../src/display/training-rate.js';

t.test('the rate is images by the time of training, whenever its news comes', (t) => {
  const rate = new TrainingRate();
  t.equal(rate.imagesPerSecond, undefined);
  rate.add({ images: 0, trainSeconds: 0 });
  rate.add({ images: 100, trainSeconds: 0.1 });
  t.equal(rate.imagesPerSecond, undefined, 'too little to tell');
  rate.add({ images: 600, trainSeconds: 0.6 });
  t.equal(rate.imagesPerSecond, 1000);
  // An evaluation of a minute is between these two, and both come at the same moment.
  rate.add({ images: 700, trainSeconds: 0.7 });
  rate.add({ images: 800, trainSeconds: 0.8 });
  t.equal(rate.imagesPerSecond, 1000);
  t.end();
});

t.test('it is that of late, and begins anew when the run goes back', (t) => {
  const rate = new TrainingRate();
  for (let second = 0; second <= 20; second++) rate.add({ images: 100 * second, trainSeconds: second });
  for (let second = 21; second <= 30; second++) rate.add({ images: 2000 + 500 * (second - 20), trainSeconds: second });
  t.equal(rate.imagesPerSecond, 500);
  rate.add({ images: 1000, trainSeconds: 10 });
  t.equal(rate.imagesPerSecond, undefined);
  rate.add({ images: 1200, trainSeconds: 11 });
  t.equal(rate.imagesPerSecond, 200);
  t.end();
});
