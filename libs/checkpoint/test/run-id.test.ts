import t from 'tap';
import { idsMeant, nameOf, newRunId } from '../src/run-id.js';

t.test('a name ends the id of a run, and is found in it', (t) => {
  t.match(newRunId('wide-net'), /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-[0-9a-f]{4}-wide-net$/);
  t.equal(nameOf(newRunId('wide-net')), 'wide-net');
  t.equal(nameOf(newRunId()), undefined);
  t.equal(nameOf('moved-by-hand'), undefined);
  t.end();
});

t.test('a name stands for its run, and else any beginning or end of an id that is long enough', (t) => {
  const ids = [
    '2026-01-31T12-00-00-1a2b-net',
    '2026-01-31T12-00-01-3c4d-wide-net',
    '2026-02-01T12-00-00-cafe',
    '2026-02-01T12-00-00-5e6f-cafe',
  ];
  t.same(idsMeant('net', ids), [ids[0]], 'not the one whose name ends so');
  t.same(idsMeant('ide-net', ids), [ids[1]]);
  t.same(idsMeant('cafe', ids), [ids[3]], 'not the one whose id ends so');
  t.same(idsMeant('2026-01', ids), [ids[0], ids[1]]);
  t.same(idsMeant('5e6f-cafe', ids), [ids[3]]);
  t.same(idsMeant('et', ids), []);
  t.same(idsMeant('12-00', ids), []);
  t.end();
});
