import { expect, test } from '@jest/globals';
import { VirtualClock } from '@millrace/testing/virtual-clock';
import { Deadline, Timers } from './timers.ts';

test('timers fire once, unless they are cancelled, alone or together', async () => {
  const clock = new VirtualClock();
  const timers = new Timers(clock);
  const fired: string[] = [];
  timers.after(10, () => fired.push('a'));
  timers.after(5, () => fired.push('never')).cancel();
  await clock.until(clock.sleep(20));
  timers.after(10, () => fired.push('gone'));
  timers.cancelAll();
  timers.after(10, () => fired.push('b'));
  await clock.until(clock.sleep(20));
  expect(fired).toEqual(['a', 'b']);
});

test('a deadline that is put off expires at its last time; one that is drawn nearer, earlier', async () => {
  const clock = new VirtualClock();
  const expired: number[] = [];
  const deadline = new Deadline(new Timers(clock), () => expired.push(clock.monotonic()));
  deadline.set(10);
  await clock.until(clock.sleep(8));
  deadline.set(10);
  await clock.until(clock.sleep(100));
  deadline.set(50);
  deadline.set(5);
  await clock.until(clock.sleep(100));
  deadline.set(10);
  deadline.clear();
  await clock.until(clock.sleep(100));
  expect(expired).toEqual([18, 113]);
});
