import t from 'tap';
import { settingValue, widthsOf } from '../src/display/format.js';

t.test('equal neighbours in a network are counted', (t) => {
  t.equal(widthsOf([784, 128, 10]), '784-128-10');
  t.equal(widthsOf([500, 500]), '500×2');
  t.equal(widthsOf([784, 1000, 1000, 1000, 784]), '784-1000×3-784');
  t.equal(widthsOf([]), '');
  t.end();
});

t.test('a setting is shown as an option takes it', (t) => {
  t.equal(settingValue('relu'), 'relu');
  t.equal(settingValue([500, 500]), '500,500');
  t.equal(settingValue(0.003), '0.003');
  t.equal(settingValue(true), 'true');
  t.equal(settingValue({ 'layer-1': 'box' }), '{"layer-1":"box"}');
  t.equal(settingValue([{}, { units: 5 }]), '[{},{"units":5}]');
  t.equal(settingValue(undefined), '');
  t.end();
});
