import { join } from 'node:path';
import t from 'tap';
import { ask } from '../src/examiner.js';

t.test('an examiner that hangs is ended, and the question has failed', async (t) => {
  const folder = t.testdir({ 'hangs.cjs': 'process.on("message", () => undefined)' });
  await t.rejects(ask({ type: 'engines' }, join(folder, 'hangs.cjs'), 1), {
    message: 'the examiner has not answered within 0.001 s',
  });
});
