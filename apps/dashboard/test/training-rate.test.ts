import t from 'tap';
import { imagesPerSecond, withProgress } from '../src/data/training-rate.js';
import type { Progress } from '../src/data/training-rate.js';

const seen = (...points: (readonly [images: number, trainSeconds: number])[]): readonly Progress[] =>
  points.reduce<readonly Progress[]>((all, [images, trainSeconds]) => withProgress(all, { images, trainSeconds }), []);

t.test('averages over five seconds of training', async (t) => {
  t.equal(imagesPerSecond(seen([0, 0], [1000, 10], [3000, 15])), 400);
  t.equal(imagesPerSecond(seen([0, 0], [100, 0.2])), undefined, 'too little has been seen');
  t.equal(imagesPerSecond([]), undefined);
});

t.test('begins anew after a rewind', async (t) => {
  t.same(seen([5000, 5], [1000, 5.1]), [{ images: 1000, trainSeconds: 5.1 }]);
});
